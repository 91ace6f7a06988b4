"""Sales on site: the book that staff keep, donations promised and paid, and the buyer's later claim of the token."""
