"""The way back from the chain: canonical blocks and logs, and the rows that are projected from them."""
