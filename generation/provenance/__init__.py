"""Content credentials (C2PA): what a picture says of itself, signed, and what another picture says."""
