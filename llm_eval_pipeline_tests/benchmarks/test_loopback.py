import time
from http.client import HTTPConnection

import orjson
import pytest

from benchmarks.loopback.process import Loopback
from benchmarks.loopback.replies import QUESTION, SCORE, prompt_key
from benchmarks.loopback.tally import Script, Tally

QUIET = Script(delay_s=0.0)


@pytest.fixture(scope="module")
def server():
    with Loopback() as started:
        yield started


def ask(server, run, content):
    connection = HTTPConnection("127.0.0.1", server.port, timeout=10)
    body = {"model": "m", "messages": [{"role": "user", "content": content}]}
    connection.request("POST", f"/{run}/v1/chat/completions", orjson.dumps(body))
    reply = connection.getresponse()
    read = orjson.loads(reply.read())
    connection.close()
    return reply, read


def text(read):
    return read["choices"][0]["message"]["content"]


def test_a_question_is_answered_and_a_judge_is_told_the_score(server):
    server.script("ours/answers", QUIET)
    _, answered = ask(server, "ours/answers", f"{QUESTION}1: why?")
    _, judged = ask(server, "ours/answers", '{"prompt": "Question 1: why?"}')
    assert "tariff" in text(answered)
    assert orjson.loads(text(judged))["score"] == SCORE
    seen = server.stats("ours/answers")
    assert (seen["answered"], seen["judged"]) == (2, 1)


@pytest.mark.parametrize(
    ("caller", "expected"),
    [
        ("inspect_ai", "GRADE: C"),
        ("promptfoo", '"pass":true'),
        ("phoenix", '"label":"correct"'),
        ("mlflow", '"result"'),
    ],
)
def test_each_tools_judge_reply_is_in_the_form_that_it_reads(server, caller, expected):
    _, judged = ask(server, f"{caller}/1", "Grade this.")
    assert expected in text(judged)


def test_calls_are_counted_by_run_and_prompt(server):
    for run in ("ours/one", "ours/other"):
        server.script(run, QUIET)
    for content in ("a", "a", "b"):
        ask(server, "ours/one", content)
    counted = server.stats("ours/one", prompts=True)["prompts"]
    assert counted == {prompt_key([("user", "a")]): 2, prompt_key([("user", "b")]): 1}
    assert server.stats("ours/other")["received"] == 0


def test_a_script_begins_the_counts_anew(server):
    ask(server, "ours/anew", "a")
    server.script("ours/anew", QUIET)
    assert server.stats("ours/anew")["received"] == 0


def test_an_answer_comes_after_the_delay_and_a_429_at_once_with_what_it_asks(server):
    server.script("ours/slow", Script(delay_s=0.2))
    started = time.perf_counter()
    ask(server, "ours/slow", "a")
    assert time.perf_counter() - started >= 0.2

    server.script("ours/refused", Script(delay_s=0.2, share_429=1.0, retry_after_s=3))
    reply, _ = ask(server, "ours/refused", "a")
    assert (reply.status, reply.getheader("Retry-After")) == (429, "3")


def test_wait_returns_when_the_call_comes(server):
    server.script("ours/awaited", QUIET)
    ask(server, "ours/awaited", "a")
    server.wait_for("ours/awaited", 1, timeout_s=5)
    with pytest.raises(TimeoutError):
        server.wait_for("ours/awaited", 2, timeout_s=0.2)


def test_the_shares_of_failures_are_those_of_the_script():
    tally = Tally(script=Script(share_429=0.05, share_500=0.01))
    statuses = [tally.receive(str(number), 0.0) for number in range(20_000)]
    # three standard deviations of a share p of n are 3 · sqrt(p(1 − p)/n): 0.0046 and 0.0021
    assert statuses.count(429) / 20_000 == pytest.approx(0.05, abs=0.0046)
    assert statuses.count(500) / 20_000 == pytest.approx(0.01, abs=0.0021)


def test_waits_that_overlap_run_once():
    tally = Tally(script=Script(share_429=1.0, retry_after_s=2))
    for now in (10.0, 11.0, 20.0):
        tally.receive("a", now)
    # 10 to 12 and 11 to 13 are 10 to 13, three seconds; 20 to 22 are two more
    assert (tally.asked_to_wait_s, tally.waits_running_s) == (6.0, 5.0)
