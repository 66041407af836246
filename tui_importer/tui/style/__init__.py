"""Themes, glyphs, number formats and masking."""
