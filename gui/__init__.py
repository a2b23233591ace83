"""The app: one NiceGUI process that shows what the engine's API answers. It computes nothing and reads no file of the user's.

__main__  starts it          engine     the client of the API      guard   who may talk to it
page      the page           editor, chart  the two elements with scripts of their own (static/)
panels    problems, rules, why not, backtest
"""
