"""One week's evaluation as Dagster runs it, in this process, its models a Python callable; the memory after each asset.

Prints a line of JSON for each asset: its seconds, and the most memory that the process had meanwhile. Where the system
can begin that mark anew (Linux), it is the asset's own; elsewhere it is the process's so far::

    python -m benchmarks.whole_evaluation --folder /tmp/run --week 2026-01-05
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

import dagster as dg
import orjson

from benchmarks.loopback.replies import ANSWER, judgement
from llm_eval_pipeline import assembly
from llm_eval_pipeline.clients.chat import ChatRequest, ChatResponse, TokenUsage
from llm_eval_pipeline.costs.prices import call_price, price_book
from llm_eval_pipeline.defs.evaluation import assets
from llm_eval_pipeline.evaluation.generation import ModelsUnderTest
from llm_eval_pipeline.evaluation.judging import Judge
from llm_eval_pipeline.evaluation.rubrics import load_rubric
from llm_eval_pipeline.ledger.asking import Asker, AskingRules
from llm_eval_pipeline.ledger.store import Ledger
from llm_eval_pipeline.settings import Settings

MODEL = "gpt-4o-mini"
IN_ORDER = (
    assets.model_outputs,
    assets.judge_scores,
    assets.safety_scores,
    assets.text_scores,
    assets.prediction_table,
    assets.failure_table,
    assets.aggregate_metrics,
)


class Callable:
    """A model that is a function: everyone who asks gets the same text."""

    dated = True

    def __init__(self, provider: str, output: str) -> None:
        self.provider, self._output = provider, output

    async def complete(self, request: ChatRequest) -> ChatResponse:
        """Answer at once."""
        return ChatResponse(
            output=self._output,
            model_resolved=request.model,
            finish_reason="stop",
            usage=TokenUsage(input_tokens=100, output_tokens=100),
            latency_ms=50.0,
        )


def resources(folder: Path) -> dict[str, object]:
    """What the assets are given: a new ledger and warehouse below ``folder``."""
    settings = Settings.load().model_copy(update={"warehouse": str(folder / "warehouse")})
    client = Callable("bench/judge", judgement("ours"))
    return {
        "settings": settings,
        "warehouse": assembly.warehouse(settings),
        "models": ModelsUnderTest(
            client=Callable("bench/model", ANSWER), names=(MODEL,), params={"temperature": 0, "max_tokens": 512}
        ),
        "judge": Judge(client=client, model=MODEL, rubrics=(load_rubric(settings.shipped("rubrics/quality.yaml")),)),
        "moderator": None,
        "embedder": None,
        "asker": Asker(
            ledger=Ledger(f"sqlite:///{folder / 'ledger.sqlite'}"),
            price=call_price(price_book(settings.prices)),
            rules=AskingRules(),
        ),
    }


def begin_mark() -> None:
    """Let the most memory so far be what is used now, where the system can."""
    marks = Path("/proc/self/clear_refs")
    if marks.exists():
        marks.write_text("5")


def most_memory() -> int:
    """The most resident memory since the mark, in bytes.

    Linux tells ``getrusage`` the parent's peak as well, where a process was forked from it; ``VmHWM`` is this one's.
    """
    status = Path("/proc/self/status")
    if status.exists():
        line = next(line for line in status.read_text().splitlines() if line.startswith("VmHWM:"))
        return int(line.split()[1]) * 1024
    import resource

    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else most * 1024


def main() -> None:
    """Materialise the assets one after the other."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--week", required=True)
    given = parser.parse_args()
    shared = resources(given.folder)
    quiet = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
    told = {"asset": "before the first asset", "seconds": 0.0, "bytes": most_memory()}
    sys.stdout.write(orjson.dumps(told).decode() + "\n")
    with dg.DagsterInstance.ephemeral() as instance:
        for asset in IN_ORDER:
            begin_mark()
            started = time.perf_counter()
            needed = {name: shared[name] for name in asset.required_resource_keys if name in shared}
            dg.materialize([asset], partition_key=given.week, resources=needed, instance=instance, run_config=quiet)
            told = {
                "asset": asset.key.to_user_string(),
                "seconds": time.perf_counter() - started,
                "bytes": most_memory(),
            }
            sys.stdout.write(orjson.dumps(told).decode() + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    main()
