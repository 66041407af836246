"""How things are drawn: colours, glyphs, numbers, masking."""
