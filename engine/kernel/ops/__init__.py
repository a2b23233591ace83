"""The ops: one small family file each. They import neither numba nor numpy; `engine.kernel.load` compiles them."""
