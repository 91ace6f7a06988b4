"""PostgreSQL, Redis and a chain for one machine, from wheels and packages, started and stopped by name."""
