"""What the painter can do and cannot: measured by a network that never met it, and shown on a fixed sheet."""
