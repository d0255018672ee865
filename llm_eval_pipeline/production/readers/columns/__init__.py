"""Rows of one's own, by a mapping: how a format holds rows, what a cell is, and a row as a span."""
