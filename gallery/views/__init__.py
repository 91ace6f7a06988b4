"""Pages and their small answers. A view reads through catalogue.py, asks rights.py, and calls one verb."""
