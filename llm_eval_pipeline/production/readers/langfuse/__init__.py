"""Exports of Langfuse: which files are its own, and what a record of theirs says."""
