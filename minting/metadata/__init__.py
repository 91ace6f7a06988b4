"""The document that a token points at: its schema and its canonical bytes."""
