"""The way of a wish to the chain: an outbox that sends each once, whatever is killed when."""
