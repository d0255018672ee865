"""What people run in a terminal beside Dagster, a file per command: it reads, calls one function, and shows."""
