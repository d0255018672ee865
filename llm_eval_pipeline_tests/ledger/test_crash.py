import asyncio
import os
import signal
import subprocess
import sys
import time
from decimal import Decimal
from pathlib import Path

import sqlalchemy as sa

from llm_eval_pipeline.clients.chat import ChatRequest, ChatResponse, Message, TokenUsage
from llm_eval_pipeline.ledger.asking import Asker
from llm_eval_pipeline.ledger.calls import Call
from llm_eval_pipeline.ledger.rules import AskingRules
from llm_eval_pipeline.ledger.store import Ledger
from llm_eval_pipeline.ledger.tables import CALLS

CALLS_WANTED = 60
AT_ONCE = 4


class Marking:
    """Answers after a while, and writes down each call as it begins."""

    provider = "marking"
    dated = False

    def __init__(self, marks: Path, takes_s: float) -> None:
        self._marks = os.open(marks, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        self._takes_s = takes_s

    async def complete(self, request: ChatRequest) -> ChatResponse:
        prompt = request.messages[0].content
        os.write(self._marks, f"{prompt}\n".encode())
        await asyncio.sleep(self._takes_s)
        return ChatResponse(
            output=prompt.upper(),
            model_resolved=request.model,
            finish_reason="stop",
            usage=TokenUsage(input_tokens=1, output_tokens=1),
            latency_ms=1.0,
        )


def calls():
    return [
        Call(
            request=ChatRequest(model="m", messages=(Message(role="user", content=f"question {i}"),)),
            provider="marking",
            purpose="generation",
            occasion="2026-03-30",
            label=f"example {i}",
        )
        for i in range(CALLS_WANTED)
    ]


def ask(folder, marks, takes_s):
    """Ask everything; also what the process that is killed does."""
    ledger = Ledger(f"sqlite:///{Path(folder) / 'ledger.sqlite'}")
    asker = Asker(ledger=ledger, price=lambda *_: Decimal("0.01"), rules=AskingRules(concurrency=AT_ONCE))
    answers = asker.ask(calls(), Marking(Path(folder) / marks, takes_s))
    ledger.close()
    return answers


def begun(file):
    return file.read_text().splitlines() if file.exists() else []


def stored(folder):
    engine = sa.create_engine(f"sqlite:///{folder / 'ledger.sqlite'}")
    with engine.connect() as connection:
        keys = list(connection.execute(sa.select(CALLS.c.key)).scalars())
    engine.dispose()
    return keys


def test_after_a_kill_only_calls_that_were_under_way_are_made_again(tmp_path):
    script = f"from {__name__} import ask; ask({str(tmp_path)!r}, 'before', 0.05)"
    process = subprocess.Popen([sys.executable, "-c", script], cwd=Path(__file__).parents[2])
    deadline = time.monotonic() + 20
    while len(begun(tmp_path / "before")) < 4 * AT_ONCE and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL

    kept = stored(tmp_path)
    assert 2 * AT_ONCE <= len(kept) < CALLS_WANTED

    answers = ask(tmp_path, "after", 0)

    prompts = {call.key: call.request.messages[0].content for call in calls()}
    before, after = begun(tmp_path / "before"), begun(tmp_path / "after")
    assert sorted(stored(tmp_path)) == sorted(prompts)
    assert {key for key, answer in answers.items() if answer.replayed} == set(kept)
    assert {key: answer.response.output for key, answer in answers.items()} == {
        key: prompt.upper() for key, prompt in prompts.items()
    }
    assert sorted(after) == sorted(set(prompts.values()) - {prompts[key] for key in kept})
    made_again = set(before) & set(after)
    assert made_again == set(before) - {prompts[key] for key in kept}
    assert len(made_again) <= AT_ONCE
