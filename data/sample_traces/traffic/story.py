"""What happens to the invented application, and when: the facts that the sample's reports should find again."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

from llm_eval_pipeline.clients.sample_answerer.chance import Chance

SEED = "larkspur-2026"
DATA = Path(__file__).resolve().parents[2]

FIRST_DAY = date(2026, 1, 5)
LAST_DAY = date(2026, 4, 26)
INDEX_LOST = (date(2026, 3, 9), date(2026, 3, 15))
"""Most documents cannot be found and many requests fail: production alone goes wrong, the models are as they were."""
LOST_SHARE = 0.85
LONG_PROMPT_FROM = date(2026, 3, 16)
"""From here on JSON extraction runs with prompt version v2, whose instructions cost as much as all the rest."""

FEATURES = {"question_answering": 0.45, "classification": 0.25, "summarisation": 0.20, "json_extraction": 0.10}
MODELS = {"sample/extractive-large": 0.6, "sample/extractive-mini": 0.4}
TRACES_PER_WEEKDAY, TRACES_PER_WEEKEND_DAY = 43, 22

FEEDBACK_SHARE = 0.15
LIKED = {True: 0.9, False: 0.15}
PERSONAL_DATA_SHARE = 0.02
HARMFUL_SHARE = 0.02
FAILED_SHARE = 0.01
FAILED_SHARE_WHILE_LOST = 0.1
LATE_SHARE = 0.01
DUPLICATE_SHARE = 0.005
MALFORMED = 25


def days() -> list[date]:
    """Every day of the sample."""
    return [FIRST_DAY + timedelta(days=i) for i in range((LAST_DAY - FIRST_DAY).days + 1)]


def traces_on(day: date) -> int:
    """How many traces a day has: fewer on weekends, and a little up and down."""
    usual = TRACES_PER_WEEKDAY if day.weekday() < 5 else TRACES_PER_WEEKEND_DAY
    return usual + round(6 * (Chance.of(SEED, "volume", day).uniform("traces") - 0.5))


def failed_share(day: date) -> float:
    """The share of requests that fail on a day."""
    return FAILED_SHARE_WHILE_LOST if INDEX_LOST[0] <= day <= INDEX_LOST[1] else FAILED_SHARE


def lost_documents(day: date) -> frozenset[str]:
    """The documents that retrieval cannot find on a day: none, or ``LOST_SHARE`` of them."""
    if not INDEX_LOST[0] <= day <= INDEX_LOST[1]:
        return frozenset()
    names = [file.stem for file in (DATA / "documents").glob("*.md")]
    by_lot = sorted(names, key=lambda name: Chance.of(SEED, "lost").uniform(name))
    return frozenset(by_lot[: round(len(by_lot) * LOST_SHARE)])


def prompt_version(feature: str, day: date) -> str:
    """The version of a feature's prompt on a day."""
    return "v2" if feature == "json_extraction" and day >= LONG_PROMPT_FROM else "v1"
