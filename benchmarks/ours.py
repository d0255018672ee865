"""Our engine as a script drives it: generation, then the judge, every call through a ledger. Run as a process.

This is the one file that knows how the engine is called; the benchmarks start it, and read what it prints::

    python -m benchmarks.ours --url http://127.0.0.1:8000/ours/1/v1 --folder /tmp/run --examples 1000
"""

from __future__ import annotations

import argparse
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

ROOT = Path(__file__).parents[1]
MODEL = "gpt-4o-mini"


def command(url: str, folder: Path, *, examples: int, concurrency: int = 64) -> list[str]:
    """The command line of one evaluation; the same line again goes on where it stopped."""
    arguments = ("--url", url, "--folder", str(folder), "--examples", str(examples), "--concurrency", str(concurrency))
    return [sys.executable, "-m", "benchmarks.ours", *arguments]


def held(folder: Path) -> set[str]:
    """The keys of the prompts whose answers are in the ledger, as the loopback server counts prompts."""
    import sqlite3

    import orjson

    from benchmarks.loopback.replies import prompt_key

    if not (folder / "ledger.sqlite").exists():
        return set()
    connection = sqlite3.connect(folder / "ledger.sqlite")
    try:
        rows = connection.execute("SELECT request FROM calls").fetchall()
    except sqlite3.OperationalError:
        return set()  # killed before the table was made
    finally:
        connection.close()
    return {prompt_key((role, text) for role, text in orjson.loads(request)["messages"]) for (request,) in rows}


def evaluate(url: str, folder: Path, examples: int, concurrency: int) -> dict[str, float]:
    """Evaluate, and say how long the calls took and what came of them.

    ``calls_s`` runs from before the ledger is opened until every judge reply is a parsed score.
    """
    from pydantic import SecretStr

    from benchmarks.examples import pairs
    from llm_eval_pipeline.clients.openai_compatible import OpenAICompatibleClient
    from llm_eval_pipeline.costs.prices import call_price, price_book
    from llm_eval_pipeline.datasets.examples import Example
    from llm_eval_pipeline.evaluation.evaluate import evaluate as evaluated
    from llm_eval_pipeline.evaluation.generation import ModelsUnderTest
    from llm_eval_pipeline.evaluation.judging import Judge
    from llm_eval_pipeline.evaluation.rubrics import load_rubric
    from llm_eval_pipeline.ledger.asking import Asker
    from llm_eval_pipeline.ledger.rules import AskingRules
    from llm_eval_pipeline.ledger.store import Ledger

    rows = [Example(prompt=q, reference=r, feature="qa").row("bench") for q, r in pairs(examples)]
    client = OpenAICompatibleClient(url, SecretStr("none"))
    models = ModelsUnderTest(client=client, names=(MODEL,), params={"temperature": 0, "max_tokens": 512})
    judge = Judge(client=client, model=MODEL, rubrics=(load_rubric(ROOT / "data" / "rubrics" / "quality.yaml"),))
    price = call_price(price_book(ROOT / "data" / "prices.yaml"))
    due = datetime.now(UTC) + timedelta(days=1)

    started = time.perf_counter()
    ledger = Ledger(f"sqlite:///{folder / 'ledger.sqlite'}")
    asker = Asker(ledger=ledger, price=price, rules=AskingRules(concurrency=concurrency))
    found = evaluated(rows, models, judge, asker, occasion="bench", due=due)
    calls_s = time.perf_counter() - started
    ledger.close()
    known = [score.quality_score for _, _, score in found if score.quality_score is not None]
    return {
        "calls_s": calls_s,
        "rows": len(found),
        "answered": sum(output["error"] is None for _, output, _ in found),
        "scored": len(known),
        "lowest": min(known, default=-1.0),
        "highest": max(known, default=-1.0),
        "replayed": sum(output["replayed"] for _, output, _ in found),
    }


def main() -> None:
    """Evaluate once, and print what came of it as a line of JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", required=True)
    parser.add_argument("--folder", type=Path, required=True)
    parser.add_argument("--examples", type=int, default=1000)
    parser.add_argument("--concurrency", type=int, default=64)
    given = parser.parse_args()
    import orjson

    said = evaluate(given.url, given.folder, given.examples, given.concurrency)
    sys.stdout.write(orjson.dumps(said).decode() + "\n")


if __name__ == "__main__":
    main()
