"""``make examples``: runs each example, lands what it sent, and prints the spans that arrived.

It fails when any is missing: an example must arrive as one trace per question, each with a retrieval and one call of a
model with tokens, a cost and the feature, and no call twice.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

from examples.around import QUESTIONS
from llm_eval_pipeline.costs.prices import price_book
from llm_eval_pipeline.production.conventions import BILLED_CALLS, MODEL_CALLS
from llm_eval_pipeline.production.landing import land
from llm_eval_pipeline.production.schema import PRODUCTION_TRACES
from llm_eval_pipeline.production.traces import compile_days
from llm_eval_pipeline.settings import Settings
from llm_eval_pipeline.storage.warehouse import Warehouse

EXAMPLES = {"rag_plain": "plain-rag", "rag_langchain": "langchain-rag", "rag_llama_index": "llama-index-rag"}
_LONGEST_S = 300


def main() -> int:
    """Run all, and return how many are not as they must be."""
    failed = 0
    for example, feature in EXAMPLES.items():
        with tempfile.TemporaryDirectory() as folder:
            print(f"\n{example}")
            spans = spans_of(example, Path(folder))
            for trace in by_trace(spans):
                print_tree(trace, None, "  ")
            problems = missing(spans, feature)
            for problem in problems:
                print(f"  MISSING: {problem}")
            failed += bool(problems)
    print(f"\n{len(EXAMPLES) - failed} of {len(EXAMPLES)} examples arrived as they must")
    return failed


def spans_of(example: str, folder: Path) -> list[dict[str, Any]]:
    """Run an example in a process of its own, and read what it sent as the daily ingest does."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LLM_EVAL_TRACING_")}
    environment["LLM_EVAL_TRACING_FILE"] = str(folder / "landing")
    environment["PYTHONWARNINGS"] = "ignore"  # the frameworks warn of each other
    subprocess.run([sys.executable, "-m", f"examples.{example}"], env=environment, check=True, timeout=_LONGEST_S)
    warehouse = Warehouse(str(folder / "warehouse"))
    report = land(folder / "landing", warehouse, price_book(Settings.load().prices).price)
    if report.quarantined:
        raise SystemExit(f"{example}: {report.quarantined} records cannot be read")
    compile_days(report.days, warehouse)
    return [row for day in report.days for row in warehouse.read(PRODUCTION_TRACES, day).to_pylist()]


def missing(spans: list[dict[str, Any]], feature: str) -> list[str]:
    """What an example's spans lack, in sentences."""
    problems = []
    calls = [span for span in spans if span["operation"] in MODEL_CALLS]
    retrievals = [span for span in spans if span["operation"] == "retrieval"]
    if len(calls) != len(QUESTIONS):
        problems.append(f"{len(QUESTIONS)} questions must be {len(QUESTIONS)} calls of the model, not {len(calls)}")
    if len({span["trace_id"] for span in calls} & {span["trace_id"] for span in retrievals}) != len(QUESTIONS):
        problems.append("each question must have a retrieval in its trace")
    for call in calls:
        for column in ("model_requested", "input_uncached_tokens", "output_tokens", "output"):
            if not call[column]:
                problems.append(f"the call {call['span_id']} has no {column}")
        if call["parent_span_id"] is None:
            problems.append(f"the call {call['span_id']} stands alone")
    unpriced = [span for span in spans if span["operation"] in BILLED_CALLS and not span["cost_usd"]]
    problems += [f"the {span['operation']} {span['span_id']} has no cost" for span in unpriced]
    problems += [f"{span['name']} has the feature {span['feature']}" for span in spans if span["feature"] != feature]
    return problems


def by_trace(spans: list[dict[str, Any]]) -> list[list[dict[str, Any]]]:
    """The spans of each trace, in the order in which they began."""
    traces = defaultdict(list)
    for span in sorted(spans, key=lambda each: each["started_at"]):
        traces[span["trace_id"]].append(span)
    return list(traces.values())


def print_tree(spans: list[dict[str, Any]], parent: str | None, indent: str) -> None:
    """A line for each span below a parent; with no parent, for each whose parent is not among them."""
    here = {span["span_id"] for span in spans}
    for span in spans:
        above = span["parent_span_id"] if span["parent_span_id"] in here else None
        if above == parent:
            counts = [span[name] for name in ("input_uncached_tokens", "output_tokens") if span[name] is not None]
            tokens = f"{' + '.join(map(str, counts))} tokens" if counts else ""
            cost = "" if span["cost_usd"] is None else f"${span['cost_usd']:.8f}"
            told = [span["operation"], span["model_requested"], tokens, cost, span["feature"]]
            print(f"{indent}{span['name']}  {'  '.join(str(each) for each in told if each)}")
            print_tree(spans, span["span_id"], f"{indent}  ")


if __name__ == "__main__":
    sys.exit(main())
