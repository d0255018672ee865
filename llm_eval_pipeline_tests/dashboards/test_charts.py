"""Charts: valid Vega-Lite, with and without data, in colours that mean one thing."""

from __future__ import annotations

from typing import Any

import altair as alt
import pandas as pd
import pytest
import vl_convert

from llm_eval_pipeline.dashboards import charts

WEEKS = pd.DataFrame({"week": ["2026-W14", "2026-W15"], "value": [0.8, 0.5], "series": ["a", "b"]})
INTERVALS = WEEKS.assign(ci_low=[0.7, None], ci_high=[0.9, None])
VERDICTS = pd.DataFrame(
    {
        "week": "2026-W14",
        "metric": ["m1", "m2", "m3"],
        "shown": ["degraded", "stable", "no_data"],
        "attribution": ["model", "", ""],
        "effect": [0.3, None, None],
        "p_adjusted": [0.001, None, None],
    }
)
EFFECTS = pd.DataFrame(
    {"metric": ["m1", "m2"], "instrument": "canary", "ratio": [3.0, 0.5], "shown": ["degraded", "stable"]}
)

JUDGED = pd.DataFrame(
    {"human_score": [0.0, 0.5, 1.0], "quality_score": [0.1, 0.5, 0.9], "feature": ["f", "g", "f"], "cases": [3, 1, 2]}
)


def lines(frame: pd.DataFrame) -> Any:
    return charts.over_weeks(frame, title="Lines", value="value", unit="u", series="series")


def bars(frame: pd.DataFrame) -> Any:
    return charts.stacked_over_weeks(frame, title="Bars", value="value", unit="u", series="series", form="d")


def field(frame: pd.DataFrame) -> Any:
    return charts.verdict_map(frame, title="Field")


def effects(frame: pd.DataFrame) -> Any:
    return charts.effects(frame, title="Effects")


def against_people(frame: pd.DataFrame) -> Any:
    return charts.judge_against_people(frame, title="Judge")


ALL = [
    *((lines, WEEKS), (lines, INTERVALS), (bars, WEEKS), (field, VERDICTS), (effects, EFFECTS)),
    (against_people, JUDGED),
]


@pytest.mark.parametrize(("draw", "frame"), ALL)
def test_a_chart_is_valid_and_can_be_compiled(draw: Any, frame: pd.DataFrame) -> None:
    spec = draw(frame).to_dict()
    alt.Chart.from_dict(spec, validate=True)
    assert vl_convert.vegalite_to_vega(spec)["$schema"].startswith("https://vega.github.io/schema/vega/")


@pytest.mark.parametrize(("draw", "frame"), ALL)
def test_a_chart_without_rows_is_valid_too(draw: Any, frame: pd.DataFrame) -> None:
    empty = draw(frame.iloc[:0]).to_dict()
    assert alt.Chart.from_dict(empty, validate=True).to_dict()["title"] == draw(frame).to_dict()["title"]


@pytest.mark.parametrize(("draw", "frame"), ALL)
def test_a_chart_holds_its_data_and_fills_its_place(draw: Any, frame: pd.DataFrame) -> None:
    spec = draw(frame).to_dict()
    assert spec["width"] == "container"
    assert max(len(rows) for rows in spec["datasets"].values()) == len(frame)
    assert "url" not in str(spec.get("data", {}))


def test_an_interval_is_drawn_where_it_is_known() -> None:
    assert [layer["mark"]["type"] for layer in lines(INTERVALS).to_dict()["layer"]] == ["line", "area"]
    assert lines(WEEKS).to_dict()["mark"]["type"] == "line"


def test_a_verdict_has_its_own_colour_whichever_others_are_there() -> None:
    for frame in (VERDICTS, VERDICTS.iloc[1:]):
        scale = field(frame).to_dict()["encoding"]["color"]["scale"]
        assert set(scale["domain"]) == set(frame["shown"])
        assert scale["range"] == [charts.VERDICTS[name] for name in scale["domain"]]
    assert len(set(charts.VERDICTS.values())) == len(charts.VERDICTS)


def test_effects_are_held_against_the_floor() -> None:
    _, line = effects(EFFECTS).to_dict()["layer"]
    assert (line["mark"]["type"], line["encoding"]["x"]["field"]) == ("rule", "at")


def test_a_picture_is_an_svg_that_says_what_it_shows() -> None:
    picture = charts.svg(effects(EFFECTS))
    assert picture.startswith("<svg")
    assert ">m1<" in picture
