"""How the painter's networks learn: one resumable run for all of them, and a lesson for each."""
