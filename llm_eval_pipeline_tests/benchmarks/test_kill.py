import subprocess

import orjson

from benchmarks import ours
from benchmarks.kill import reconcile
from benchmarks.loopback.process import ROOT, Loopback
from benchmarks.loopback.tally import Script


def test_a_call_that_was_under_way_may_come_twice():
    found = reconcile(before={"a": 1, "b": 1}, held={"a"}, total={"a": 1, "b": 2, "c": 1, "d": 1}, scored=2)
    assert (found.calls, found.finished, found.surplus, found.complete) == (1, 0, 0, True)


def test_a_finished_call_that_comes_again_is_told_apart():
    found = reconcile(before={"a": 1, "b": 1}, held={"a", "b"}, total={"a": 2, "b": 1}, scored=1)
    assert (found.calls, found.finished) == (1, 1)


def test_a_prompt_that_comes_a_third_time_and_a_missing_score_are_told():
    found = reconcile(before={"a": 1}, held=set(), total={"a": 3, "b": 1}, scored=0)
    assert (found.calls, found.surplus, found.complete) == (2, 1, False)


def test_the_ledger_is_read_under_the_names_that_the_endpoint_counts_by(tmp_path):
    with Loopback() as server:
        server.script("ours/held", Script(delay_s=0.0))
        command = ours.command(server.url("ours/held"), tmp_path, examples=3)
        done = subprocess.run(command, cwd=ROOT, capture_output=True, check=True)
        seen = server.stats("ours/held", prompts=True)
    told = orjson.loads(done.stdout)
    # three questions and three judgements
    assert ours.held(tmp_path) == set(seen["prompts"])
    assert (len(seen["prompts"]), told["scored"], told["lowest"]) == (6, 3, 0.75)
