"""The registry of actions, their conditions and their keys."""
