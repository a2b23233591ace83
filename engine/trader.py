"""The pure trader: one event in, commands out. Live, paper and replay differ only in who feeds events and who executes commands."""
