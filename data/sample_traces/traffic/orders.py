"""Invented orders, tickets, returns, reports and visits, and the prompts that ask for their data as JSON."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from llm_eval_pipeline.clients.sample_answerer.chance import Chance

PRODUCTS = ("Hub Mini", "Hub One", "Hub Pro", "smart plug", "Larkspur Dial", "leak sensor")
HUBS = PRODUCTS[:3]
_PRICES = {"Hub Mini": 89, "Hub One": 149, "Hub Pro": 249, "smart plug": 24, "Larkspur Dial": 119, "leak sensor": 29}
_MONTHS = ("January", "February", "March", "April", "May", "June", "October", "November", "December")
_CITIES = ("Graz", "Ghent", "Turku", "Bergen", "Porto", "Lyon", "Cork", "Aarhus")
_ERRORS = ("E11", "E12", "E21", "E22", "E31", "E41", "E51", "E61", "E71")
_ORDER: dict[str, Any] = {
    "order_number": {"type": "string", "pattern": "^LK-[0-9]{5}$"},
    "product": {"type": "string", "enum": list(PRODUCTS)},
    "quantity": {"type": "integer", "minimum": 1},
    "total_usd": {"type": "number"},
    "express": {"type": "boolean"},
}
_TICKET: dict[str, Any] = {
    "model": {"type": "string", "enum": list(HUBS)},
    "error_code": {"type": ["string", "null"], "pattern": "^E[0-9]{2}$"},
    "firmware": {"type": ["string", "null"]},
    "restarted": {"type": "boolean"},
}
_VISIT: dict[str, Any] = {
    "visit_number": {"type": "string", "pattern": "^V[0-9]{4}$"},
    "date": {"type": "string", "pattern": "^[0-9]{4}-[0-9]{2}-[0-9]{2}$"},
    "start": {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$"},
    "end": {"type": "string", "pattern": "^[0-9]{2}:[0-9]{2}$"},
    "devices": {"type": "array", "items": {"type": "string"}, "minItems": 1},
}
_KINDS: tuple[tuple[str, dict[str, Any], tuple[str, ...]], ...] = (
    (
        "order",
        _ORDER,
        (
            "Please confirm {order}: {n} x {product}, {total} dollars in total, standard shipping.",
            "We received order {order}, {n} x {product}. It goes out by express today, {total} dollars were charged.",
            "Order {order} is packed. It holds {n} x {product}. The total is {total} dollars and shipping is standard.",
        ),
    ),
    (
        "support ticket",
        _TICKET,
        (
            "Since this morning my {hub} shows {error}. It runs firmware 5.{minor}. I have restarted it once.",
            "The {hub} in the cellar reports {error}, firmware 5.{minor}, and I have not restarted it.",
            "There is no code on the display of the {hub}, it is just slow. We restarted it. Firmware 5.{minor}.",
        ),
    ),
    (
        "installation visit",
        _VISIT,
        (
            "Visit {visit} is planned for {day} from {start} to {end}. We bring the Hub Pro and the water valve.",
            "Your appointment {visit} on {day} starts at {start} and ends at {end}. The car charger will be fitted.",
        ),
    ),
)


def extraction(day: date, chance: Chance) -> str:
    """A prompt that asks for the data of one invented message."""
    name, properties, templates = chance.pick("kind of message", _KINDS)
    schema = {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False}
    message = fill(chance.pick("which message", templates), chance, day)
    ask = f"Extract the {name} from this message. Reply with one JSON object that follows the schema and nothing else."
    return f"{ask}\n\nSchema: {json.dumps(schema)}\n\nMessage: {message}"


def fill(template: str, chance: Chance, day: date = date(2026, 1, 5)) -> str:
    """A template with its gaps filled by lot."""
    product, count = chance.pick("product", PRODUCTS), 1 + int(chance.uniform("count") * 6)
    hour = 8 + int(chance.uniform("hour") * 6)
    return template.format(
        product=product,
        hub=chance.pick("hub", HUBS),
        n=count,
        total=count * _PRICES[product],
        amount=4 + int(chance.uniform("amount") * 180),
        order=f"LK-{30000 + int(chance.uniform('order') * 60000)}",
        visit=f"V{2000 + int(chance.uniform('visit') * 7000)}",
        error=chance.pick("error", _ERRORS),
        minor=chance.pick("minor", (1, 2, 3)),
        month=chance.pick("month", _MONTHS),
        city=chance.pick("city", _CITIES),
        day=(day + timedelta(days=2 + int(chance.uniform("ahead") * 20))).isoformat(),
        start=f"{hour:02d}:30",
        end=f"{hour + 2:02d}:00",
    )
