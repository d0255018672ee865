"""Mistakes that any kind of answer can have, and the notes that say which were made."""

from __future__ import annotations

import re

from llm_eval_pipeline.clients.sample_answerer.chance import Chance
from llm_eval_pipeline.clients.sample_answerer.releases import Behaviour

_NUMBER = re.compile(r"(?<![\w.,:/-])\d+(?:[.,]\d+)?(?![\w:/-]|[.,]\d)")
_SHORTEST_TO_CUT = 6


def misstate_number(text: str, chance: Chance, behaviour: Behaviour) -> tuple[str, tuple[str, ...]]:
    """The text with one of its numbers changed, on the share of occasions on which that happens."""
    numbers = list(_NUMBER.finditer(text))
    if not numbers or not chance.happens("altered number", behaviour.altered_number):
        return text, ()
    found = chance.pick("which number", numbers)
    return text[: found.start()] + _another(found.group(), chance) + text[found.end() :], ("altered number",)


def _another(number: str, chance: Chance) -> str:
    """A number of the same length and form that is another one."""
    digits = [place for place, character in enumerate(number) if character.isdigit()]
    place = digits[0] if len(digits) == 1 else chance.pick("which digit", digits[:2])
    lowest = 1 if place == 0 else 0
    others = [str(d) for d in range(lowest, 10) if str(d) != number[place]]
    return number[:place] + chance.pick("which other digit", others) + number[place + 1 :]


def cut_short(text: str, chance: Chance, behaviour: Behaviour) -> tuple[str, tuple[str, ...]]:
    """The text broken off after a third to a half of its words, on the share of occasions on which that happens."""
    words = text.split()
    if len(words) < _SHORTEST_TO_CUT or not chance.happens("truncated", behaviour.truncated):
        return text, ()
    kept = int(len(words) * (0.3 + 0.25 * chance.uniform("how much is left")))
    return " ".join(words[: max(3, kept)]), ("truncated",)
