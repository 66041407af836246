"""tui-importer: move a company's users into WorkOS from a CSV file."""

__version__ = "0.1.0"
