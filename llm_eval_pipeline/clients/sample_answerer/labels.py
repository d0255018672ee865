"""Classifying a message: the label whose words, and words that go with it, the message has most of."""

from __future__ import annotations

import re

from llm_eval_pipeline.clients.sample_answerer.chance import Chance
from llm_eval_pipeline.clients.sample_answerer.draft import Draft
from llm_eval_pipeline.clients.sample_answerer.releases import Behaviour
from llm_eval_pipeline.clients.sample_answerer.words import content_words

_LIST = re.compile(
    r"(?:one of|labels?|categories|category|classes|options|queues|teams|topics|as|into|between|from)\s*"
    r"(?:the following|these)?[^:\n]{0,30}?:\s*(.+)",
    re.I | re.S,
)
_INLINE = re.compile(r"\bas (?:either )?((?:[\w -]+, )*[\w -]+?,? or [\w -]+)", re.I)
_GOES_WITH = {
    "billing": "invoice charge charged payment pay paid card price cost fee bill refund money receipt debit twice "
    "double subscription tax discount expensive overcharged statement amount plan yearly credit month",
    "technical": "error offline wifi router app crash closes reset restart firmware update light blinks freeze slow "
    "bug sensor pairing broken reading wrong stopped working shows battery negative timeout webhook log hub plug warm "
    "thermostat solar noise connection gap chart",
    "delivery": "ship shipping shipped delivered parcel package courier tracking arrive arrived carrier late box depot "
    "ordered order express warehouse missing pallet post",
    "account": "password login log email sign signed profile member two factor code locked access delete name owner "
    "session invite guest authenticator phone hand data",
    "other": "suggest suggestion job positions press article team kind thanks school picture happy sell garden idea "
    "colour partnership love newsletter wish",
    "returns": "return send back exchange swap replacement wrong unopened label",
    "warranty": "warranty defective replacement repair faulty dead guarantee",
    "installation": "install installer electrician mount wiring clamp panel setup appointment visit",
    "cancellation": "cancel cancelling end stop terminate leave close quit unsubscribe",
    "complaint": "unacceptable angry disappointed terrible worst complaint ridiculous rude waited awful",
    "positive": "love great good happy excellent wonderful thank thanks easy perfect well fast recommend pleased",
    "negative": "bad broken terrible slow disappointed angry late worst waste refund never fails useless awful poor",
    "urgent": "urgent immediately now emergency smoke fire leak water asap burning smell sparks danger",
}
_LEFT_OVER = 0.5


def labels_of(instruction: str) -> list[str]:
    """The labels that an instruction offers, as it writes them; none where it offers no list."""
    listed = _LIST.search(instruction) or _INLINE.search(instruction)
    if listed is None:
        return []
    text = re.split(r"\n\s*\n|\.\s|\.$|\n(?![-*])", listed.group(1).strip(), maxsplit=1)[0]
    parts = re.split(r",\s*(?:or |and )?|\s+or\s+|\n\s*[-*]\s*|;\s*|\s\|\s|^[-*]\s*", text)
    return [label for part in parts if (label := re.sub(r"\s*\(.*?\)|[\"'`“”.]", "", part).strip())]


def classify(instruction: str, message: str, behaviour: Behaviour, chance: Chance) -> Draft:
    """Name the label that fits best; among equals the first."""
    labels = labels_of(instruction)
    if not labels:
        return Draft(output="I am not sure which categories to choose from.")
    ranked = sorted(labels, key=lambda label: -_likeness(label, message))
    label, mistakes = ranked[0], tuple[str, ...]()
    if len(ranked) > 1 and chance.happens("wrong label", behaviour.wrong_label):
        label, mistakes = ranked[1], ("wrong label",)
    if chance.happens("wordy label", behaviour.wordy_label):
        return Draft(output=f"I think this message belongs to {label}.", mistakes=(*mistakes, "wordy label"))
    return Draft(output=label, mistakes=mistakes)


def _likeness(label: str, message: str) -> float:
    """How many of the message's words go with the label; the label's own count twice, ``other`` has a head start."""
    own = set(content_words(re.sub(r"[_/-]", " ", label)))
    near = {w for key, words in _GOES_WITH.items() if set(content_words(key)) & own for w in content_words(words)}
    start = _LEFT_OVER if label.lower() in ("other", "others", "none", "general") else 0.0
    return start + sum(2.0 if word in own else 1.0 if word in near else 0.0 for word in content_words(message))
