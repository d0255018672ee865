"""What users write: templates filled by lot, with the openings, slips and habits of people who type."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path

from llm_eval_pipeline.clients.sample_answerer.chance import Chance
from traffic import orders, story

HERE = Path(__file__).parent
_OPENINGS = (
    "",
    "",
    "",
    "",
    "Hi, ",
    "Hello, ",
    "Quick question: ",
    "Hi there, ",
    "Good morning, ",
    "Sorry to bother you, ",
)
_CLOSINGS = ("", "", "", "", "", " Thanks!", " Thank you.", " Please be brief.", " I could not see it in the app.")
_SUMMARIES = (
    "Summarise this in two sentences:",
    "Please summarise the text below in at most two sentences for a customer:",
    "Give me a summary of this in at most 50 words:",
    "Summarise the following in one sentence:",
    "Short summary please, two sentences:",
)
_LABELS = "billing, technical, delivery, account, other"
_CLASSIFICATIONS = (
    "Classify this message of a customer as one of: {labels}. Reply with the label only.\n\nMessage: ",
    "Which category does the message belong to? Choose one of: {labels}. Answer with the label only.\n\nMessage: ",
)
_PERSONAL = (
    " My e-mail is {name}@example.com.",
    " You can call me on +1 202 555 01{two}.",
    " My card is 4111 1111 1111 1111 if you need it.",
    " Please write to {name}.{two}@example.org or call (303) 555-01{two}.",
    " I paid with card 5555 5555 5555 4444.",
)
_NAMES = ("nora.lind", "samir.haddad", "ines.moreau", "tom.okafor", "julia.brandt", "wei.zhang")


@dataclass(frozen=True, slots=True)
class Request:
    """A user's prompt, and what a good answer rests on: a document, a label, or nothing that is known."""

    feature: str
    prompt: str
    expected: str | None


def request(feature: str, day: date, chance: Chance) -> Request:
    """A prompt for a feature, by the chance of one trace."""
    makers = {"question_answering": _question, "classification": _message, "summarisation": _text}
    if feature in makers:
        prompt, expected = makers[feature](chance)
    else:
        prompt, expected = orders.extraction(day, chance), None
    if chance.happens("personal data", story.PERSONAL_DATA_SHARE):
        two = f"{int(chance.uniform('digits') * 100):02d}"
        prompt += chance.pick("personal", _PERSONAL).format(name=chance.pick("who", _NAMES), two=two)
    return Request(feature, prompt, expected)


def _question(chance: Chance) -> tuple[str, str | None]:
    if chance.happens("harmful", story.HARMFUL_SHARE):
        return chance.pick("which harm", _lines("harmful.tsv")), None
    document, question = chance.pick("question", _lines("questions.tsv")).split("\t")
    if chance.happens("typo", 0.08):
        question = _mistyped(question, chance)
    opening = chance.pick("opening", _OPENINGS)
    if not opening and chance.happens("capital", 0.8):
        question = question[0].upper() + question[1:]
    mark = "?" if chance.happens("mark", 0.85) else ""
    return f"{opening}{question}{mark}{chance.pick('closing', _CLOSINGS)}", document


def _message(chance: Chance) -> tuple[str, str]:
    label, template = chance.pick("message", _lines("messages.tsv")).split("\t")
    text = orders.fill(template, chance)
    if chance.happens("typo", 0.06):
        text = _mistyped(text, chance)
    return chance.pick("ask", _CLASSIFICATIONS).format(labels=_LABELS) + chance.pick("opening", _OPENINGS) + text, label


def _text(chance: Chance) -> tuple[str, None]:
    if chance.happens("story", 0.3):
        text = orders.fill(chance.pick("which story", _lines("stories.txt")), chance)
    else:
        paragraphs = chance.pick("document", _documents())
        text = "\n\n".join(paragraphs[:2] if chance.happens("beginning", 0.5) else paragraphs[-2:])
    return f"{chance.pick('instruction', _SUMMARIES)}\n\n{text}", None


def _mistyped(text: str, chance: Chance) -> str:
    """The text with two letters of a long word swapped, or one left out."""
    words = text.split(" ")
    long = [i for i, word in enumerate(words) if len(word) > 5 and word.isalpha()]
    if not long:
        return text
    which = chance.pick("which word", long)
    word = words[which]
    at = 1 + int(chance.uniform("where") * (len(word) - 3))
    swapped = chance.happens("swap", 0.6)
    words[which] = word[:at] + (word[at + 1] + word[at] if swapped else word[at]) + word[at + 2 :]
    return " ".join(words)


@lru_cache
def _lines(name: str) -> tuple[str, ...]:
    return tuple(line for line in (HERE / name).read_text(encoding="utf-8").splitlines() if line)


@lru_cache
def _documents() -> tuple[tuple[str, ...], ...]:
    texts = [file.read_text(encoding="utf-8") for file in sorted((story.DATA / "documents").glob("*.md"))]
    return tuple(tuple(p.strip() for p in text.split("\n\n") if not p.startswith("#")) for text in texts)
