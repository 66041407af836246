"""Reading a source: bytes, encodings, records, blocks."""
