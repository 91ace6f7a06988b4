"""`make demo`: everything on one machine, from an empty folder to an exhibition with works that were really sold."""
