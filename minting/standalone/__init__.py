"""What leaves this site and works without it: programs of one file, of the standard library alone."""
