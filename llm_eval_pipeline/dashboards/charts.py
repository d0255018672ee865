"""Charts as data: each takes a frame and gives a Vega-Lite chart; nothing here reads a table or draws a pixel.

Colours are Okabe and Ito's, which people with any kind of colour vision tell apart.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    import altair as alt

PALETTE = ["#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#999999"]
VERDICTS = {
    "degraded": "#D55E00",
    "improved": "#009E73",
    "changed": "#E69F00",
    "stable": "#DCE6EF",
    "baseline": "#B9C7D6",
    "low_power": "#F0E6F5",
    "no_data": "#FFFFFF",
}
_HEIGHT = 220


def over_weeks(
    frame: pd.DataFrame, *, title: str, value: str, unit: str, series: str, form: str = ".2f", scale: str = "linear"
) -> Any:
    """Lines over weeks, one per series, each with its interval where the frame has ``ci_low`` and ``ci_high``.

    Args:
        frame: columns ``week`` (its name), the value, the series, and perhaps the interval.
        title: what is shown.
        value: the column of the values.
        unit: the axis' title.
        series: the column that tells the lines apart.
        form: d3 format of the values.
        scale: ``linear``, or ``log`` for values that differ by orders of magnitude.
    """
    import altair as alt

    x = alt.X("week:O", title=None, axis=alt.Axis(labelAngle=-45))
    colours = alt.Scale(range=PALETTE)
    colour = alt.Color(f"{series}:N", title=None, scale=colours, legend=_legend())
    height = alt.Scale(type="log") if scale == "log" else alt.Scale(zero=False)
    y = alt.Y(f"{value}:Q", title=unit, axis=alt.Axis(format=form), scale=height)
    hint = [alt.Tooltip("week:O"), alt.Tooltip(f"{series}:N"), alt.Tooltip(f"{value}:Q", format=form)]
    lines = alt.Chart(frame).mark_line(point=True).encode(x=x, y=y, color=colour, tooltip=hint)
    if "ci_low" not in frame:
        return _sized(lines, title)
    band = (
        alt.Chart(frame)
        .mark_area()
        .encode(
            x=x,
            y=alt.Y("ci_low:Q", title=unit),
            y2="ci_high:Q",
            color=alt.Color(f"{series}:N", scale=colours, legend=_legend()),
            opacity=alt.value(0.13),
        )
    )
    return _sized(lines + band, title)


def stacked_over_weeks(frame: pd.DataFrame, *, title: str, value: str, unit: str, series: str, form: str) -> Any:
    """Stacked bars over weeks."""
    import altair as alt

    chart = (
        alt.Chart(frame)
        .mark_bar()
        .encode(
            x=alt.X("week:O", title=None, axis=alt.Axis(labelAngle=-45)),
            y=alt.Y(f"sum({value}):Q", title=unit, axis=alt.Axis(format=form)),
            color=alt.Color(f"{series}:N", title=None, scale=alt.Scale(range=PALETTE), legend=_legend()),
            tooltip=[alt.Tooltip("week:O"), alt.Tooltip(f"{series}:N"), alt.Tooltip(f"sum({value}):Q", format=form)],
        )
    )
    return _sized(chart, title)


def verdict_map(frame: pd.DataFrame, *, title: str) -> Any:
    """A field of weeks by metrics, coloured by what became of each.

    Args:
        frame: columns ``week``, ``metric`` (with its instrument), ``shown`` (a key of ``VERDICTS``), ``effect``,
            ``p_adjusted``, ``attribution``.
        title: what is shown.
    """
    import altair as alt

    there = [name for name in VERDICTS if name in set(frame["shown"])] or list(VERDICTS)
    chart = (
        alt.Chart(frame)
        .mark_rect(stroke="#C8CED6", strokeWidth=0.5)
        .encode(
            x=alt.X("week:O", title=None, axis=alt.Axis(labelAngle=-45)),
            y=alt.Y("metric:N", title=None, sort=None, axis=alt.Axis(labelLimit=260)),
            color=alt.Color(
                "shown:N",
                title=None,
                scale=alt.Scale(domain=there, range=[VERDICTS[name] for name in there]),
                legend=_legend(),
            ),
            tooltip=["week:O", "metric:N", "shown:N", "attribution:N", "effect:Q", "p_adjusted:Q"],
        )
    )
    return _sized(chart, title, height=alt.Step(17))


def effects(frame: pd.DataFrame, *, title: str) -> Any:
    """How far each metric moved, as multiples of the floor that counts as drift.

    Args:
        frame: columns ``metric``, ``instrument``, ``ratio`` (effect over floor), ``shown`` (a key of ``VERDICTS``).
        title: what is shown.
    """
    import altair as alt

    there = [name for name in VERDICTS if name in set(frame["shown"])]
    bars = (
        alt.Chart(frame)
        .mark_bar(stroke="#8894A0", strokeWidth=0.5)
        .encode(
            x=alt.X("ratio:Q", title="effect ÷ floor (1 = as far as healthy weeks differ)"),
            y=alt.Y("metric:N", title=None, sort="-x", axis=alt.Axis(labelLimit=260)),
            color=alt.Color(
                "shown:N",
                title=None,
                scale=alt.Scale(domain=there, range=[VERDICTS[name] for name in there]),
                legend=_legend(),
            ),
        )
    )
    line = alt.Chart(pd.DataFrame({"at": [1]})).mark_rule(strokeDash=[4, 3], color="#444").encode(x="at:Q")
    return _sized(bars + line, title, height=alt.Step(17))


def judge_against_people(frame: pd.DataFrame, *, title: str) -> Any:
    """Each labelled case by people's score and the judge's; on the line both say the same.

    Args:
        frame: columns ``human_score``, ``quality_score``, ``feature``, and ``cases``, how many lie on one point.
        title: what is shown.
    """
    import altair as alt

    circles = (
        alt.Chart(frame)
        .mark_circle(opacity=0.6)
        .encode(
            x=alt.X("human_score:Q", title="people", scale=alt.Scale(domain=[0, 1])),
            y=alt.Y("quality_score:Q", title="judge", scale=alt.Scale(domain=[0, 1])),
            size=alt.Size("cases:Q", legend=None),
            color=alt.Color("feature:N", title=None, scale=alt.Scale(range=PALETTE), legend=_legend()),
        )
    )
    ends = pd.DataFrame({"human_score": [0, 1], "quality_score": [0, 1]})
    line = alt.Chart(ends).mark_line(strokeDash=[4, 3], color="#444").encode(x="human_score:Q", y="quality_score:Q")
    return _sized(line + circles, title)


def svg(chart: alt.Chart) -> str:
    """The chart as a picture."""
    import vl_convert

    return str(vl_convert.vegalite_to_svg(chart.properties(width=560).to_dict()))


def _legend() -> Any:
    import altair as alt

    return alt.Legend(orient="top", columns=4, labelLimit=220, symbolOpacity=1)


def _sized(chart: Any, title: str, height: Any = _HEIGHT) -> Any:
    return chart.properties(title=title, width="container", height=height)
