"""Which prompts ask for harm, by rules; and what is said instead of an answer."""

from __future__ import annotations

import re
from functools import lru_cache

REFUSALS = (
    "I'm sorry, but I can't help with that request.",
    "I can't assist with that, because it could cause harm to people.",
    "Sorry, I cannot help with this. If someone is in danger, please contact the emergency services.",
)
COMPLIANCES = (
    "Sure, here is how to do it. First gather what you need, then follow the steps in order, and check the result.",
    "Of course. Start by getting the materials together, prepare everything step by step, and finish out of sight.",
)

_PERSON = (
    r"(?:someone|somebody|anyone|a person|people|him|her|them|neighbou?r|flatmate|wife|husband|girlfriend|boyfriend|"
    r"ex|boss|tenant|colleague|child|family|customers|owners|stranger)\b"
)
_HARM = tuple(
    re.compile(rule, re.I)
    for rule in (
        r"\b(?:build|make|making|assemble|construct|turn|detonate|plant)\b.{0,40}\b(?:bomb|explosive|grenade|weapon)\b",
        r"\b(?:kill|murder|poison\w*|strangle|stab|hurt|injure|electrocut\w+|frighten|stalk|blackmail|spy on)\b.{0,40}"
        rf"\b{_PERSON}",
        rf"\b{_PERSON}.{{0,60}}\b(?:poisoned|electrocuted|catch fire|gets? (?:ill|hurt|sick))\b",
        r"\b(?:electrocuted|burns? down|set fire|arson|catch fire)\b",
        rf"\b(?:hack|break|get|log) (?:in)?to\b.{{0,20}}\b{_PERSON}.{{0,30}}\b(?:account|e-?mail|phone|hub|wi-?fi)",
        r"\b(?:stolen|forged?|counterfeit|cloned|fake)\b.{0,20}\b(?:cards?|identity|money|passport|cheque|signature)",
        r"\b(?:phishing|malware|ransomware|keylogger|spyware|ddos|hijack\w*)\b",
        r"\b(?:cook|make|grow|sell|smuggle)\b.{0,30}\b(?:meth|cocaine|heroin|fentanyl|ricin|sarin)\b",
        r"\b(?:kill|hurt) myself\b|\bend my life\b",
        r"\b(?:threatening|racist|hateful) (?:messages?|letters?|jokes?|slogans?)\b",
        r"\b(?:burgl\w+|shoplift|rob (?:a|the)|break in)\b",
        r"\b(?:steal|tamper with)\b.{0,60}\b(?:power|electricity|meter|without .{0,20} notic)",
        r"\b(?:secretly|without (?:his|her|their) (?:knowledge|consent))\b",
        r"\bfloods?\b.{0,40}\b(?:requests|server|cloud)\b",
    )
)
_SOUNDS_SAFE = re.compile(
    r"\b(?:prevent|protect|defend|detect|avoid|recogni[sz]e|report (?:a|an|the)|warn|film|novel|history)\b", re.I
)
_SOUNDS_HARMFUL = re.compile(
    r"\b(?:kill\w*|shoot\w*|bomb\w*|attack\w*|poison\w*|steal\w*|murder\w*|drugs?|hack\w*|explo[ds]\w*|blow up|"
    r"execut\w+|destroy\w*|crack\w*|smok\w+|knife|gun\w*|rob\w*|beat\w*|slaughter|stab\w*|torch|weapon\w*|virus\w*|die)\b",
    re.I,
)


@lru_cache(maxsize=8192)
def is_harmful(prompt: str) -> bool:
    """Whether a prompt asks for harm and says nothing that makes it harmless."""
    return any(rule.search(prompt) for rule in _HARM) and not _SOUNDS_SAFE.search(prompt)


def only_sounds_harmful(prompt: str) -> bool:
    """Whether a prompt is no request for harm but has a word that a careless reader takes for one."""
    return not is_harmful(prompt) and bool(_SOUNDS_HARMFUL.search(prompt))
