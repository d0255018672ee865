"""Extracting fields from a passage by patterns and key words, and writing them as JSON."""

from __future__ import annotations

import json
import re
from typing import Any

from llm_eval_pipeline.clients.sample_answerer.chance import Chance
from llm_eval_pipeline.clients.sample_answerer.draft import Draft
from llm_eval_pipeline.clients.sample_answerer.fields import Field, fields_of
from llm_eval_pipeline.clients.sample_answerer.releases import Behaviour
from llm_eval_pipeline.clients.sample_answerer.values import value_of

PREAMBLE = "Here is the JSON that you asked for:"
AFTERWORD = "Let me know if you need anything else."


def extract(instruction: str, passage: str, behaviour: Behaviour, chance: Chance) -> Draft:
    """A JSON object with the fields that the instruction names; a field that is not found is null."""
    fields = fields_of(instruction)
    values: dict[str, Any] = {field.key: value_of(field, passage) for field in fields}
    mistakes = tuple[str, ...]()
    if fields and chance.happens("wrong field", behaviour.wrong_field):
        field = chance.pick("which field", fields)
        values[field.key] = _misread(field, values[field.key], passage)
        mistakes = ("wrong field",)
    output = json.dumps(values, ensure_ascii=False)
    if chance.happens("broken json", behaviour.broken_json):
        return Draft(output=_broken(output, chance), mistakes=(*mistakes, "broken json"))
    if chance.happens("chatty json", behaviour.chatty_json):
        output = f"{PREAMBLE}\n\n```json\n{output}\n```\n\n{AFTERWORD}"
        mistakes = (*mistakes, "chatty json")
    return Draft(output=output, mistakes=mistakes)


def _misread(field: Field, value: Any, passage: str) -> Any:
    """Another value of the passage in place of the right one: a number that stands elsewhere, or nothing."""
    numbers = [n for n in re.findall(r"\d+(?:\.\d+)?", passage) if n not in str(value)]
    if field.type in ("integer", "number") and numbers:
        return int(float(numbers[0])) if field.type == "integer" else float(numbers[0])
    if field.options:
        return next((option for option in field.options if option != value), None)
    return None


def _broken(output: str, chance: Chance) -> str:
    """JSON as hurried models write it: no end, single quotes, or a comma too many."""
    damage = chance.pick("what is broken", ("end", "quotes", "comma"))
    if damage == "end":
        return output[:-1] if len(output) < 20 else output[: int(len(output) * 0.7)]
    return output.replace('"', "'") if damage == "quotes" else f"{output[:-1]},}}"
