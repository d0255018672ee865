"""How many sentences a text has, by the marks that end them.

A sentence ends at ``.``, ``?`` or ``!`` before white space, and not at the point of an abbreviation, an initial, or a
numeral that heads a lower-case word. A line break alone ends none. These are the rules of the Punkt tokenizer (Kiss and
Strunk 2006), which IFEval counts with, here with a fixed list of abbreviations in place of its trained one.
"""

from __future__ import annotations

import re

_END = re.compile(r"""(?<![.?!])([.?!]++)["'”’)\]}*_]*+\s++(?=(\S{1,20}))""")
_LONGEST_ABBREVIATION = 20  # characters looked at before a mark
_DOTTED = re.compile(r"(?:[^\W\d_]\.)+[^\W\d_]")
_NUMERAL = re.compile(r"[(\[]?-?\d[\d.,]*")
_STARTERS = frozenset(
    re.findall(
        r"\w+", "the this that these those a an it he she we they you there in on for to if when while what how let"
    )
)
_OPENING = "\"'“‘([{*_#-"
_TITLES = frozenset(
    re.findall(r"\w+", "mr mrs ms messrs dr prof rev fr hon capt col lt sgt gen sen rep gov adm maj pres st mt ft")
)
_ABBREVIATIONS = _TITLES | frozenset(
    re.findall(
        r"\w+",
        "jr sr inc ltd co corp bros dept est vs etc al cf ca approx fig figs vol no nos pp ed eds univ assn ave blvd "
        "rd jan feb mar apr aug sept sep oct nov dec mon tue tues wed thu thurs fri",
    )
)
_ALSO_WORDS = frozenset({"no", "mar", "mon", "wed", "fri", "ft", "st", "fig", "al", "ed", "col", "gen", "ca"})


def count_sentences(text: str) -> int:
    """The number of sentences; 0 for a text of white space."""
    stripped = text.strip()
    if not stripped:
        return 0
    return 1 + sum(_ends_sentence(found) for found in _END.finditer(stripped))


def _ends_sentence(found: re.Match[str]) -> bool:
    before = found.string[max(0, found.start() - _LONGEST_ABBREVIATION) : found.start()]
    word = "" if before[-1:].isspace() else (before.split() or [""])[-1].lstrip(_OPENING)
    mark, follows = found[1], found[2].lstrip(_OPENING)
    if mark.strip(".") or not word:
        return bool(mark.strip(".")) or follows[:1].isupper()
    starts_lower, lowered = follows[:1].islower(), word.lower()
    if len(mark) > 1 or _NUMERAL.fullmatch(word):
        return not starts_lower
    if len(word) == 1 and word.isupper() and word != "I":
        heads_line = not before.rpartition("\n")[2].strip(" \t" + _OPENING + word)
        return heads_line or re.split(r"\W", follows.lower(), maxsplit=1)[0] in _STARTERS
    if lowered in _TITLES and lowered not in _ALSO_WORDS:
        return False
    if lowered in _ABBREVIATIONS:
        return lowered in _ALSO_WORDS and not (starts_lower or follows[:1].isdigit())
    if _DOTTED.fullmatch(word):
        return follows[:1].isupper() and lowered not in ("e.g", "i.e")
    return True
