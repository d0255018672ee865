"""Where alerts go: one file per channel, each behind the seam in ``seam.py``."""
