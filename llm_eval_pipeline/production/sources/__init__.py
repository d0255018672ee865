"""Where spans are fetched from: one file per system that keeps traces, each behind the seam in ``seam.py``.

A source writes what is new into files below the landing folder, and knows nothing of what they say (``readers/``).
"""
