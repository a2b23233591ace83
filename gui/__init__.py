"""The app. Today one placeholder page (`gui.page`): NiceGUI comes with the app itself, and talks to the engine through its API only."""
