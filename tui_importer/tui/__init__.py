"""The Textual console: screens, widgets and the registry of actions."""
