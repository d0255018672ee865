import pytest

from llm_eval_pipeline.drift.direction import direction_of
from llm_eval_pipeline.drift.metrics import Metric

LATENCY = Metric(name="latency_ms", kind="continuous", better="lower")
QUALITY = Metric(name="quality", kind="ordinal", better="higher")


@pytest.mark.parametrize(
    ("metric", "shift", "aspect", "effect", "said"),
    [
        (LATENCY, 0.5, "wasserstein", 0.6, "degraded"),
        (LATENCY, -0.5, "wasserstein", -0.6, "improved"),
        (LATENCY, 0.1, "wasserstein", 0.6, "changed"),  # 0.1 is under a quarter of 0.6: the shape changed
        (LATENCY, -0.1, "p99", 0.9, "degraded"),  # the tail speaks for itself
        (QUALITY, -0.2, "cliffs_delta", -0.3, "degraded"),
        (QUALITY, 0.2, "cliffs_delta", 0.3, "improved"),
        (QUALITY, 0.1, "cliffs_delta", -0.1, "changed"),  # most pairs fell, the mean rose
        (QUALITY, -0.2, "ks", 0.3, "degraded"),
    ],
)
def test_the_direction_is_the_readers(metric, shift, aspect, effect, said):
    assert direction_of(metric, shift, aspect, effect) == said


def test_a_metric_without_a_better_way_only_changes():
    assert direction_of(Metric(name="tokens", kind="continuous"), 2.0, "wasserstein", 2.0) == "changed"
