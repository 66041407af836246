"""Actions: what keys, footer, help and palette can do."""
