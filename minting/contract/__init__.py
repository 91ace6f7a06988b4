"""What Ninefold knows of its two contracts: calldata in, events and refusals out."""
