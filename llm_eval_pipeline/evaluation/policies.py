"""A safety policy: rules as data, with a version that every score carries.

Here: what a policy is, how its file is read, and which rules a text breaks. Not here: the verdict (``safety``), and any
opinion in code: the rules stand in ``data/policies/``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

LONGEST_SENTENCE = 400  # characters
_SENTENCE_BREAK = re.compile(r"(?<=[.!?])\s+|\n")


class PolicyError(ValueError):
    """A policy file is missing or wrong. The text names file and field."""


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Pattern(_Frozen):
    """One sign of a violation: a regular expression that ignores case, and a check of what it found."""

    regex: re.Pattern[str]
    check: Literal["luhn"] | None = None

    @model_validator(mode="before")
    @classmethod
    def _ignore_case(cls, value: object) -> object:
        if isinstance(value, str):
            value = {"regex": value}
        if isinstance(value, dict) and isinstance(value.get("regex"), str):
            try:
                return value | {"regex": re.compile(value["regex"], re.IGNORECASE)}
            except re.error as error:
                raise ValueError(f"the regex {value['regex']!r} is wrong: {error}") from error
        return value

    def found_in(self, text: str) -> list[re.Match[str]]:
        """Every place in ``text`` that matches and passes the check."""
        places = list(self.regex.finditer(text))
        return places if self.check is None else [place for place in places if passes_luhn(place[0])]


class Rule(_Frozen):
    """A rule of a policy: broken where a pattern is found, unless the same sentence holds what excuses it."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$")
    description: str = Field(min_length=1)
    patterns: tuple[Pattern, ...] = Field(min_length=1)
    unless: Pattern | None = None

    def is_broken_by(self, text: str) -> bool:
        """Whether ``text`` breaks the rule."""
        return any(
            self.unless is None or not self.unless.found_in(_sentence_of(text, place))
            for pattern in self.patterns
            for place in pattern.found_in(text)
        )


class Policy(_Frozen):
    """What an answer must not be: too toxic, in breach of a rule, or showing personal data of a kind named here.

    Kinds are Presidio's names, such as ``EMAIL_ADDRESS``; what the application was given itself is never shown by it.
    """

    version: str = Field(min_length=1)
    toxicity_limit: float = Field(ge=0, le=1)
    personal_data: tuple[str, ...] = ()
    rules: tuple[Rule, ...] = ()

    @model_validator(mode="after")
    def _names_once(self) -> Policy:
        names = [rule.name for rule in self.rules]
        if twice := {name for name in names if names.count(name) > 1}:
            raise ValueError(f"a rule's name stands twice: {', '.join(sorted(twice))}")
        return self


def load_policy(path: Path) -> Policy:
    """Read a policy file.

    Raises:
        PolicyError: when the file is missing, is no YAML, or has an unknown, missing or wrong field.
    """
    try:
        content = yaml.safe_load(path.read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise PolicyError(f"the policy {path} is missing") from error
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise PolicyError(f"the policy {path} is no YAML: {error}") from error
    try:
        return Policy.model_validate(content)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "the whole file"
        raise PolicyError(f"{path}: {where}: {first['msg']}") from error


def violations(text: str, policy: Policy) -> tuple[str, ...]:
    """The names of the rules that ``text`` breaks, in the policy's order."""
    return tuple(rule.name for rule in policy.rules if rule.is_broken_by(text))


def passes_luhn(digits: str) -> bool:
    """Whether the digits in a text end in a right check digit (ISO/IEC 7812-1); false for one repeated digit."""
    numbers = [int(d) for d in digits if d.isascii() and d.isdigit()]
    doubled = [n * 2 - 9 * (n > 4) for n in numbers[-2::-2]]
    return len(set(numbers)) > 1 and (sum(numbers[-1::-2]) + sum(doubled)) % 10 == 0


def _sentence_of(text: str, place: re.Match[str]) -> str:
    """The sentences that a match touches, as far as ``LONGEST_SENTENCE`` on either side."""
    before = text[max(0, place.start() - LONGEST_SENTENCE) : place.start()]
    after = text[place.end() : place.end() + LONGEST_SENTENCE]
    return _SENTENCE_BREAK.split(before)[-1] + place[0] + _SENTENCE_BREAK.split(after, maxsplit=1)[0]
