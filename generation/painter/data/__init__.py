"""Pictures and captions to learn from: drawings, scenes, styles, words, and the table that holds them."""
