"""inspect_ai: a task with ``generate()`` and its model-graded scorer, 64 connections and 64 samples at a time.

The endpoint always says that the answer is right; a grade that says otherwise came about by accident.
With ``resume`` as the fourth argument, its own ``eval_retry`` goes on from the newest log.
"""

import json
import sys

from inspect_ai import Task, eval, eval_retry, task  # noqa: A004
from inspect_ai.dataset import Sample
from inspect_ai.log import list_eval_logs
from inspect_ai.model import get_model
from inspect_ai.scorer import model_graded_qa
from inspect_ai.solver import generate

MODEL = "openai/gpt-4o-mini"


@task
def bench(url: str, examples: str) -> Task:
    """Each example asked, its answer graded against the reference by the same endpoint."""
    with open(examples, encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    judge = get_model(MODEL, base_url=url, api_key="none")
    return Task(
        dataset=[Sample(id=number, input=row["question"], target=row["reference"]) for number, row in enumerate(rows)],
        solver=generate(),
        scorer=model_graded_qa(model=judge),
    )


if __name__ == "__main__":
    url, examples, concurrency = sys.argv[1], sys.argv[2], int(sys.argv[3])
    how = {"display": "none", "log_dir": "logs", "max_connections": concurrency, "max_samples": concurrency}
    if sys.argv[4:] == ["resume"]:
        [log] = eval_retry(list_eval_logs("logs")[:1], **how)
    else:
        [log] = eval(bench(url, examples), model=MODEL, model_base_url=url, model_args={"api_key": "none"}, **how)
    grades = [score.value for one in log.samples or () for score in (one.scores or {}).values()]
    known = [grade for grade in grades if grade in ("C", "I")]
    print(json.dumps({"scored": len(known), "by_accident": known.count("I"), "status": log.status}))
