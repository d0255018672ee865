"""Tests of the pipeline; the tree mirrors the package."""
