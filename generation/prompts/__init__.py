"""Prompts: the words an artist types, and what the painter is given to read."""
