"""The job screen: panels, tables, dialogs."""
