"""The page: one file that loads nothing, and that no text in the data can break."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from llm_eval_pipeline.dashboards import charts
from llm_eval_pipeline.dashboards.overview import write_dashboard
from llm_eval_pipeline.dashboards.page import Section, Tile, render
from llm_eval_pipeline.drift.schema import DRIFT_INCIDENTS, WEEKLY_DRIFT_REPORT
from llm_eval_pipeline.storage.warehouse import Warehouse

EVIL = "</script><script>alert(1)</script><!--\u2028\"'&<b>"
LOADS = {"src", "srcset", "poster", "data", "action", "background", "manifest"}


class Seen(HTMLParser):
    """Every element with its attributes, and the text of each script, as a browser finds them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.text: list[str] = []
        self._in_script = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self._in_script = tag == "script"

    def handle_endtag(self, tag: str) -> None:
        self._in_script = False

    def handle_data(self, data: str) -> None:
        (self.scripts if self._in_script else self.text).append(data)


def page(text: str = "plain", incidents: Sequence[Mapping[str, str]] = ()) -> str:
    frame = pd.DataFrame({"week": ["2026-W14"], "value": [0.8], "series": [text]})
    chart = charts.over_weeks(frame, title=text, value="value", unit="u", series="series")
    sections = [Section(name="quality", says=text, charts=(chart, chart), wide=(1,))]
    tiles = [Tile(label=text, value=text, mood="bad")]
    return render(title=text, subtitle=text, tiles=tiles, incidents=incidents, sections=sections)


@pytest.fixture(scope="module")
def plain() -> str:
    return page()


def specs(html: str) -> dict[str, Any]:
    script = "".join(Seen(html).scripts[1:])
    found, _ = json.JSONDecoder().raw_decode(script.partition("const charts = ")[2])
    return dict(found)


def assert_loads_nothing(html: str) -> None:
    seen = Seen(html)
    for tag, attributes in seen.elements:
        assert tag not in ("link", "iframe", "img", "object", "embed", "base"), (tag, attributes)
        assert not LOADS & set(attributes), (tag, attributes)
        assert (attributes.get("href") or "#").startswith("#"), (tag, attributes)
    own = html.replace(seen.scripts[0], "")
    assert "@import" not in own
    assert "url(" not in own
    addresses = [part.split('"')[0] for part in own.split("http")[1:] if part.startswith(("://", "s://"))]
    assert {address for address in addresses if "vega.github.io/schema/" not in address} == set()


def test_the_page_loads_nothing(plain: str) -> None:
    assert_loads_nothing(plain)
    assert "vegaEmbed" in Seen(plain).scripts[0]


def test_every_chart_has_its_place_and_its_data(plain: str) -> None:
    places = [attributes["id"] for _, attributes in Seen(plain).elements if attributes.get("class") == "chart"]
    assert places == list(specs(plain)) == ["quality-0", "quality-1"]
    (rows,) = specs(plain)["quality-0"]["datasets"].values()
    assert rows == [{"week": "2026-W14", "value": 0.8, "series": "plain"}]


def test_a_chart_is_wide_where_its_section_says_so(plain: str) -> None:
    cards = [attributes["class"] for _, attributes in Seen(plain).elements if "card" in str(attributes.get("class"))]
    assert cards == ["card", "card", "card wide"]


def test_text_in_the_data_cannot_break_out(plain: str) -> None:
    evil = page(EVIL, [dict.fromkeys(("metric", "direction", "attribution", "began", "opened", "closed"), EVIL)])
    seen = Seen(evil)
    assert len([tag for tag, _ in seen.elements if tag == "script"]) == 2
    assert [tag for tag, _ in Seen(page(EVIL)).elements] == [tag for tag, _ in Seen(plain).elements]
    assert specs(evil)["quality-0"]["title"] == EVIL
    assert "".join(seen.text).count("alert(1)") >= 4
    assert evil.count("</script") == plain.count("</script")
    assert "\u2028" not in "".join(seen.scripts[1:])


def test_incidents_are_a_table_and_without_one_the_page_says_so(plain: str) -> None:
    assert "No incident in these weeks." in plain
    html = page(incidents=[{"metric": "latency_ms (canary)", "paged": "yes"}])
    assert "No incident" not in html
    assert "<td>latency_ms (canary)</td>" in html


def test_an_empty_warehouse_has_a_page(tmp_path: Path) -> None:
    written = write_dashboard(Warehouse(str(tmp_path)), tmp_path / "dashboard" / "index.html")
    html = written.path.read_text(encoding="utf-8")
    assert (written.weeks, written.size) == (0, written.path.stat().st_size)
    assert "no week yet" in html
    assert_loads_nothing(html)
    assert [file.name for file in written.path.parent.iterdir()] == ["index.html"]


def test_a_draft_of_another_run_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "index.draft").write_text("another run's")
    write_dashboard(Warehouse(str(tmp_path / "warehouse")), tmp_path / "index.html")
    assert (tmp_path / "index.draft").read_text() == "another run's"
    assert sorted(file.name for file in tmp_path.glob("index*")) == ["index.draft", "index.html"]


def test_a_week_with_an_open_incident_says_so_at_the_top(tmp_path: Path) -> None:
    warehouse = Warehouse(str(tmp_path))
    drifted = {"window": "2026-03-30", "instrument": "canary", "metric": "latency_ms", "slice": "all"}
    warehouse.write(WEEKLY_DRIFT_REPORT, "2026-03-30", [{**drifted, "verdict": "drifted", "direction": "degraded"}])
    incident = {"incident_id": "i", "metric": "latency_ms", "instrument": "canary", "direction": "degraded"}
    times = {"attribution": "model", "began": "2026-03-23", "opened": "2026-03-30", "leads": True, "pages": True}
    warehouse.write(DRIFT_INCIDENTS, None, [incident | times])
    html = write_dashboard(warehouse, tmp_path / "index.html").path.read_text(encoding="utf-8")
    assert "degraded, cause: model" in html
    assert "2026-W14 to 2026-W14, 1 weeks" in html
    assert "<td>open</td><td>yes</td>" in html
    assert_loads_nothing(html)
