"""What leaves the site and needs it no more: a work to take home, an exhibition as files."""
