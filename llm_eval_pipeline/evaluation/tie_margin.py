"""How far one quality score must be ahead of another to win: one rule for every table that counts wins."""

from __future__ import annotations

TIE_MARGIN = 0.05
"""One step of the rubric's scale: a score that is ahead by this or more wins, and by less it is a tie."""
WINS_FROM = TIE_MARGIN - 1e-9
"""The same for floats: 0.85 - 0.80 is a hair less than 0.05."""
