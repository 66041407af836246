"""The console's table of a million rows."""
