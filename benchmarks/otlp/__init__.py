"""Spans sent to a receiver in a process of its own."""
