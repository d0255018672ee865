import asyncio

from benchmarks.otlp.load import send
from benchmarks.otlp.process import ReceiverProcess
from benchmarks.otlp.requests import request
from benchmarks.receiver import on_disk


def test_every_request_of_a_held_load_is_answered_and_its_spans_are_counted_on_disk(tmp_path):
    with ReceiverProcess(tmp_path) as receiver:
        before = receiver.cpu_s()
        answers = asyncio.run(send(receiver.port, lambda: request(3), seconds=1, connections=4, per_s=40))
        assert receiver.cpu_s() >= before
        assert receiver.peak_mb() > 10
    assert 35 <= answers.statuses[200] <= 41  # 40 a second for a second
    assert answers.statuses.total() == len(answers.took) == answers.statuses[200]
    assert on_disk(tmp_path) == 3 * answers.statuses[200]


def test_more_than_is_let_in_is_refused_and_what_was_sent_is_answered(tmp_path):
    with ReceiverProcess(tmp_path, RECEIVER_REQUESTS=2) as receiver:
        answers = asyncio.run(send(receiver.port, lambda: request(1), seconds=1, connections=8))
    assert set(answers.statuses) == {200, 429}
    assert on_disk(tmp_path) == answers.statuses[200]
