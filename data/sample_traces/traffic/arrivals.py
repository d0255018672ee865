"""What a day's file holds: the day's spans, late ones of days before, duplicates, and records that are damaged."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from datetime import date, timedelta

from llm_eval_pipeline.clients.sample_answerer.chance import Chance
from traffic import otlp, spans, story

_SPANS_PER_LINE = 14
_DAY = timedelta(days=1)


def file_name(day: date) -> str:
    """The name of a day's file."""
    return f"{day.isoformat()}.otlp.jsonl.gz"


def file_bytes(day: date) -> bytes:
    """A day's file, the same bytes each time."""
    text = "".join(f"{line}\n" for line in lines_of(day))
    return gzip.compress(text.encode(), compresslevel=9, mtime=0)


def lines_of(day: date) -> list[str]:
    """The lines of a day's file."""
    own = [span for span in spans.spans_of(day) if days_late(span, day) == 0]
    lines = [otlp.batch(group) for group in _groups(own)]
    earlier = [(day - n * _DAY, n) for n in (1, 2) if day - n * _DAY >= story.FIRST_DAY]
    late = [span for before, n in earlier for span in spans.spans_of(before) if days_late(span, before) == n]
    again = [span for before, n in earlier if n == 1 for span in spans.spans_of(before) if comes_twice(span, before)]
    lines += [otlp.batch([span]) for span in (*late, *again)]
    for number in damaged_on(day):
        place = int(Chance.of(story.SEED, "damage", number).uniform("place") * (len(lines) + 1))
        lines.insert(place, _damaged(number, own))
    return lines


def days_late(span: otlp.SpanJson, day: date) -> int:
    """How many days after its own a span is received: 0, 1 or 2, and never after the last day of the sample."""
    chance = Chance.of(story.SEED, "late", span["spanId"])
    late = chance.pick("days", (1, 1, 2)) if chance.happens("late", story.LATE_SHARE) else 0
    return late if day + late * _DAY <= story.LAST_DAY else 0


def comes_twice(span: otlp.SpanJson, day: date) -> bool:
    """Whether a span that was received on its day is received again on the next."""
    twice = Chance.of(story.SEED, "again", span["spanId"]).happens("twice", story.DUPLICATE_SHARE)
    return twice and days_late(span, day) == 0


def damaged_on(day: date) -> list[int]:
    """The numbers of the damaged records that a day's file holds."""
    days = story.days()
    return [n for n in range(story.MALFORMED) if Chance.of(story.SEED, "damage", n).pick("day", days) == day]


def _groups(spans: Sequence[otlp.SpanJson]) -> list[list[otlp.SpanJson]]:
    """Batches of whole traces, each of about so many spans."""
    groups: list[list[otlp.SpanJson]] = [[]]
    for span in spans:
        new_trace = not groups[-1] or groups[-1][-1]["traceId"] != span["traceId"]
        if new_trace and len(groups[-1]) >= _SPANS_PER_LINE:
            groups.append([])
        groups[-1].append(span)
    return groups


def _damaged(number: int, spans: Sequence[otlp.SpanJson]) -> str:
    """One line with one record that cannot be used; the kinds of damage take turns."""
    chance = Chance.of(story.SEED, "damage", number)
    span = dict(chance.pick("span", spans), spanId=f"{number + 1:016x}", traceId=f"{number + 1:032x}")
    kinds: tuple[Callable[[otlp.SpanJson], str], ...] = (
        lambda s: (line := otlp.batch([s]))[: len(line) * 2 // 3],
        lambda s: otlp.batch([s | {"traceId": "not-a-trace-id"}]),
        lambda s: otlp.batch(
            [s | {"startTimeUnixNano": s["endTimeUnixNano"], "endTimeUnixNano": s["startTimeUnixNano"]}]
        ),
        lambda s: otlp.batch([{key: value for key, value in s.items() if key != "startTimeUnixNano"}]),
        lambda s: otlp.batch([s | {"spanId": s["spanId"][:7]}]),
        lambda s: otlp.batch([s | {"endTimeUnixNano": "yesterday"}]),
        lambda _: json.dumps("exporter restarted"),
    )
    return kinds[number % len(kinds)](span)
