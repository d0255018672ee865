"""The page: tiles, incidents and charts in one HTML file that needs no network."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import orjson

_GLOBALS = "window.vegaEmbed = vegaEmbed;"
"""What the bundled script leaves behind for the page's own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """One number at the top; ``mood`` is ``good``, ``bad`` or empty."""

    label: str
    value: str
    mood: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A heading, one sentence, and charts; those at the places ``wide`` take the whole width."""

    name: str
    says: str
    charts: tuple[Any, ...]
    wide: tuple[int, ...] = ()


def render(
    *,
    title: str,
    subtitle: str,
    tiles: Sequence[Tile],
    incidents: Sequence[Mapping[str, str]],
    sections: Sequence[Section],
) -> str:
    """The whole page as HTML."""
    from jinja2 import Environment, select_autoescape
    from markupsafe import Markup

    template = Environment(autoescape=select_autoescape(default=True)).from_string(
        Path(__file__).with_name("page.html.jinja").read_text(encoding="utf-8")
    )
    specs, shown = dict[str, Any](), []
    for section in sections:
        charts = []
        for number, chart in enumerate(section.charts):
            name = f"{section.name}-{number}"
            specs[name] = chart.to_dict()
            charts.append({"id": name, "wide": number in section.wide})
        shown.append({"name": section.name, "says": section.says, "charts": charts})
    return template.render(
        title=title,
        subtitle=subtitle,
        tiles=tiles,
        incidents=incidents,
        sections=shown,
        library=Markup(_library()),  # noqa: S704 - the library's own text
        specs=Markup(_script_safe(specs)),  # noqa: S704 - made safe on this line
    )


@cache
def _library() -> str:
    """Vega, Vega-Lite and Vega-Embed in one script."""
    import vl_convert

    return str(vl_convert.javascript_bundle(_GLOBALS)).replace("</script", "<\\/script")


def _script_safe(value: Any) -> str:
    """JSON that may stand inside a script element, whatever the texts in it are."""
    return orjson.dumps(value).decode().replace("<", "\\u003c").replace("\u2028", "\\u2028")
