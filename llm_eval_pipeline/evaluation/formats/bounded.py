"""Regular expressions of other people's, matched in bounded time.

Python's ``re`` cannot be stopped, and ``(a+)+b`` takes longer than anybody waits; the ``regex`` module stops.
"""

from __future__ import annotations

import regex

from llm_eval_pipeline.evaluation.formats.seam import UndecidedError, quoted

LONGEST_S = 1.0


def fullmatches(pattern: str, text: str) -> bool:
    """Whether the whole of ``text`` matches.

    Raises:
        UndecidedError: when it is not known after ``LONGEST_S`` seconds.
    """
    return _bounded(pattern, text, whole=True)


def occurs(pattern: str, text: str) -> bool:
    """Whether ``pattern`` matches somewhere in ``text``.

    Raises:
        UndecidedError: when it is not known after ``LONGEST_S`` seconds.
    """
    return _bounded(pattern, text, whole=False)


def _bounded(pattern: str, text: str, *, whole: bool) -> bool:
    compiled = regex.compile(pattern)
    match = compiled.fullmatch if whole else compiled.search
    try:
        return match(text, timeout=LONGEST_S) is not None
    except TimeoutError as error:
        raise UndecidedError(
            f"the pattern {quoted(pattern)} was not done with {len(text)} characters in {LONGEST_S:g} s"
        ) from error
