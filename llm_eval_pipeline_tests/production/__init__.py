"""Production spans."""
