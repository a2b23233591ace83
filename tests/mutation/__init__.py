"""Mutation runs: seeded small defects planted in the kernel, each of which the test suite should notice. A tool, not a test module."""
