from benchmarks.endpoint import Run, cause
from benchmarks.table import COLUMNS, Row, line, markdown, seconds
from benchmarks.throttled import by_accident

SEEN = {"answered": 4, "judged": 2, "first_at": 1.0, "last_at": 2.5}


def test_a_row_is_shown_as_text_and_as_markdown():
    row = Row(what="calls", who="ours", result="1.00 s", note="a|b")
    assert line(row).split() == ["calls", "ours", "1.00", "s", "a|b"]
    head, rule, shown = markdown([row]).splitlines()
    assert head.count("|") == rule.count("|") == len(COLUMNS) + 1
    assert shown == "| calls | ours | 1.00 s |  |  | a\\|b |"


def test_seconds_are_a_median_with_its_range():
    assert seconds([1.0]) == "1.00 s"
    assert seconds([3.0, 1.0, 1.5]) == "1.50 s (1.00 to 3.00)"


def test_calls_alone_are_what_the_engine_says_or_else_what_the_endpoint_saw():
    assert Run(process_s=9.0, told={"calls_s": 1.25}, seen=SEEN).calls_s == 1.25
    run = Run(process_s=9.0, told={"scored": 2}, seen=SEEN)
    assert (run.calls_s, run.questions, run.judged) == (1.5, 2, 2)


def test_a_score_is_one_by_accident_when_the_judge_did_not_give_it():
    given = {"scored": 2, "lowest": 0.75, "highest": 0.75}
    assert by_accident(Run(process_s=1.0, told=given, seen=SEEN)) == 0
    assert by_accident(Run(process_s=1.0, told=given | {"scored": 3}, seen=SEEN)) == 1
    assert by_accident(Run(process_s=1.0, told=given | {"lowest": 0.0}, seen=SEEN)) == 2


def test_the_cause_of_a_failure_is_the_last_line_that_names_an_error():
    assert cause(b"ValueError: no\n\nNode.js v20\n") == "ValueError: no"
    assert cause(b"killed\n") == "killed"
