"""Read and write one partition of one table; nothing here knows what a table means."""
