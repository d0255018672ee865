"""How often healthy deployments would page, and how soon four shifts are seen: the drift rules on simulated years.

Calls nothing but the public ``assess`` and ``incidents``. Two worlds: ``still``, where only sampling moves, and
``benign``, where each week's level follows an AR(1) and half the rows come in sessions of four alike. A shift starts at
week 27 (index 26). From the root of the project::

    PYTHONPATH=. python benchmarks/drift_simulator.py --deployments 20 --rows 200 2000 50000
"""

from __future__ import annotations

import argparse
import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from llm_eval_pipeline.drift import assess, incidents
from llm_eval_pipeline.drift.streaks import Incident

WEEKS = 52
SHIFT_FROM = 26
METRICS: dict[str, dict[str, str | None]] = {
    "latency": {"kind": "continuous", "better": "lower"},
    "quality": {"kind": "ordinal", "better": "higher"},
    "violations": {"kind": "rate", "better": "lower"},
    "output_tokens": {"kind": "continuous", "better": None},
    "category": {"kind": "category", "better": None},
}
SHIFTS = {
    "P99 doubles": "latency",
    "20 % fall to 0.20": "quality",
    "quality -0.02": "quality",
    "-0.005 a week": "quality",
}
Cells = tuple[list[object], list[int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Standard deviations of the weeks' levels (an AR(1)), and the share of rows in sessions."""

    serial: float = 0.5
    latency: float = 0.0
    latency_spread: float = 0.0
    quality: float = 0.0
    violations: float = 0.0
    output_tokens: float = 0.0
    category: float = 0.0
    in_sessions: float = 0.0


WORLDS = {
    "still": World(),
    "benign": World(
        latency=0.03,
        latency_spread=0.01,
        quality=0.003,
        violations=0.1,
        output_tokens=0.02,
        category=0.03,
        in_sessions=0.5,
    ),
}
_Z = np.linspace(-4.2, 4.2, 421)
_Z_SHARE = np.exp(-(_Z**2) / 2) / np.exp(-(_Z**2) / 2).sum()
_SCORES = np.round(np.linspace(0.0, 1.0, 51), 2)


def year(seed: int, rows: int, world: World, shift: str | None) -> list[dict[str, Cells]]:
    """One deployment's 52 weeks as profiles."""
    generator = np.random.default_rng(seed)

    def levels(deviation: float) -> np.ndarray:
        noise = generator.normal(size=WEEKS)
        level = np.empty(WEEKS)
        level[0] = noise[0]
        for week in range(1, WEEKS):
            level[week] = world.serial * level[week - 1] + np.sqrt(1 - world.serial**2) * noise[week]
        return deviation * level

    slow, spread, good = levels(world.latency), levels(world.latency_spread), levels(world.quality)
    bad, long = levels(world.violations), levels(world.output_tokens)
    mix = np.stack([levels(world.category) for _ in range(5)], axis=1)
    weeks = []
    for week in range(WEEKS):
        now = shift if week >= SHIFT_FROM else None
        size = round(rows * np.exp(generator.normal(0, 0.1)))
        drawn = {name: _counts(generator, size, world) for name in METRICS}
        weeks.append(
            {
                "latency": _cells(_latency(slow[week], spread[week], now), drawn["latency"](_Z_SHARE)),
                "quality": _cells(_SCORES, drawn["quality"](_quality(good[week], now, week - SHIFT_FROM + 1))),
                "violations": _cells(np.array([0.0, 1.0]), drawn["violations"](_rate(bad[week]))),
                "output_tokens": _cells(
                    np.round(np.exp(5.5 + long[week] + 0.5 * _Z)), drawn["output_tokens"](_Z_SHARE)
                ),
                "category": _cells(np.array(list("abcde")), drawn["category"](_mix(mix[week]))),
            }
        )
    return weeks


def _counts(generator: np.random.Generator, rows: int, world: World) -> Callable[[np.ndarray], np.ndarray]:
    sessions = round(rows * world.in_sessions / 4)

    def draw(shares: np.ndarray) -> np.ndarray:
        return generator.multinomial(rows - 4 * sessions, shares) + 4 * generator.multinomial(sessions, shares)

    return draw


def _latency(level: float, spread: float, shift: str | None) -> np.ndarray:
    values = 900.0 * np.exp(level + 0.6 * (1 + spread) * _Z)
    return values * 2 ** (np.maximum(0.0, _Z - 1.2816) / (2.3263 - 1.2816)) if shift == "P99 doubles" else values


def _quality(level: float, shift: str | None, weeks_in: int) -> np.ndarray:
    """Three quarters of the scores follow a beta, one quarter lies close to 0.94; the beta alone carries the shift."""
    moved = {"quality -0.02": -0.02, "-0.005 a week": -0.005 * weeks_in}.get(shift or "", 0.0)
    mean = max(0.78 + (level + moved) / 0.75, 0.2)
    inner = np.clip(_SCORES, 0.005, 0.995)
    bell = inner ** (mean * 8 - 1) * (1 - inner) ** ((1 - mean) * 8 - 1)
    high = np.exp(-0.5 * ((_SCORES - 0.94) / 0.02) ** 2)
    shares = 0.75 * bell / bell.sum() + 0.25 * high / high.sum()
    if shift == "20 % fall to 0.20":
        shares = shares - 0.2 * high / high.sum() + 0.2 * np.isclose(_SCORES, 0.20)
    return np.maximum(shares, 0.0) / np.maximum(shares, 0.0).sum()


def _rate(level: float) -> np.ndarray:
    rate = 0.01 * np.exp(level)
    return np.array([1 - rate, rate])


def _mix(level: np.ndarray) -> np.ndarray:
    weight = np.array([0.6, 0.2, 0.1, 0.07, 0.03]) * np.exp(level)
    return weight / weight.sum()


def _cells(values: np.ndarray, counts: np.ndarray) -> Cells:
    return values[counts > 0].tolist(), counts[counts > 0].tolist()


def alarm_weeks(found: Sequence[Incident]) -> int:
    """Weeks in which at least one incident is open."""
    return len({week for one in found for week in range(one.opened, WEEKS if one.closed is None else one.closed)})


def seen_after(found: Sequence[Incident], metric: str) -> int | None:
    """Weeks from the first shifted week to the one that opens its incident.

    None where none opens from then on, be it that nothing was seen or that a false one is open already.
    """
    opened = [
        one.opened for one in found if one.metric == metric and one.direction == "degraded" and one.opened >= SHIFT_FROM
    ]
    return min(opened) - SHIFT_FROM if opened else None


def healthy(deployments: int, rows: int, world: str, policy: str, baseline: int, seed: int) -> Mapping[str, float]:
    """Means over healthy deployment-years: weeks with an open incident, incidents, and degraded ones among them."""
    years = [
        incidents(assess(year(seed + one, rows, WORLDS[world], None), METRICS, baseline=baseline, policy=policy))
        for one in range(deployments)
    ]
    return {
        "alarm_weeks": statistics.fmean(alarm_weeks(found) for found in years),
        "incidents": statistics.fmean(len(found) for found in years),
        "pages": statistics.fmean(sum(one.direction == "degraded" for one in found) for found in years),
    }


def shifted(
    deployments: int, rows: int, world: str, policy: str, baseline: int, seed: int, shift: str
) -> tuple[float, float | None, dict[str, int]]:
    """Share of deployments in which the shift was seen, the median delay in weeks, and the shifted weeks' verdicts."""
    delays, verdicts = [], dict.fromkeys(("drifted", "stable", "low_power", "no_data"), 0)
    for one in range(deployments):
        assessed = assess(year(seed + one, rows, WORLDS[world], shift), METRICS, baseline=baseline, policy=policy)
        delays.append(seen_after(incidents(assessed), SHIFTS[shift]))
        for window in assessed[SHIFT_FROM:]:
            verdicts[window[SHIFTS[shift]].verdict] += 1
    known = [delay for delay in delays if delay is not None]
    return len(known) / deployments, statistics.median(known) if known else None, verdicts


def main() -> None:
    """Print one line for each world, number of rows and policy."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--deployments", type=int, default=20)
    parser.add_argument("--rows", type=int, nargs="+", default=[200, 2_000, 50_000])
    parser.add_argument("--worlds", nargs="+", choices=sorted(WORLDS), default=["still", "benign"])
    parser.add_argument("--policies", nargs="+", default=["calibrated", "strict"])
    parser.add_argument("--baseline", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-shifts", action="store_true")
    given = parser.parse_args()
    for policy in given.policies:
        for world in given.worlds:
            for rows in given.rows:
                started = time.perf_counter()
                rule = (given.deployments, rows, world, policy, given.baseline, given.seed)
                told = ", ".join(f"{name} {mean:.3f}" for name, mean in healthy(*rule).items())
                lines = [f"{policy} {world} {rows} rows: healthy, a deployment-year: {told}"]
                for shift in () if given.no_shifts else SHIFTS:
                    share, delay, verdicts = shifted(*rule, shift)
                    lines.append(f"    {shift}: seen {share:.0%}, median {delay} weeks after the first, {verdicts}")
                lines.append(f"    {time.perf_counter() - started:.0f} s\n")
                sys.stdout.write("\n".join(lines))
                sys.stdout.flush()


if __name__ == "__main__":
    main()
