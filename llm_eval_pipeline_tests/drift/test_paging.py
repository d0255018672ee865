from llm_eval_pipeline.drift import AttributedIncident, pages


def incident(metric, opened, closed=None, direction="degraded", attribution="model"):
    return AttributedIncident(
        metric=metric,
        direction=direction,
        began=opened - 1,
        opened=opened,
        closed=closed,
        attribution=attribution,
    )


def test_what_is_still_open_pages_once():
    (page,) = pages([incident("latency", 5)], newest=9)
    assert (page.attribution, page.opened, len(page.incidents)) == ("model", 5, 1)


def test_history_is_silent():
    assert pages([incident("latency", 5, closed=8)], newest=8) == []


def test_it_pages_until_the_window_that_closes_it():
    assert len(pages([incident("latency", 5, closed=8)], newest=7)) == 1


def test_what_opens_after_the_newest_window_is_not_known_yet():
    assert pages([incident("latency", 5)], newest=4) == []


def test_improvement_wakes_nobody():
    assert pages([incident("latency", 5, direction="improved"), incident("mix", 5, direction="changed")], 9) == []


def test_one_cause_is_one_page():
    (page,) = pages([incident("quality", 6), incident("latency", 5)], newest=9)
    assert [one.metric for one in page.incidents] == ["latency", "quality"]


def test_another_cause_is_another_page():
    found = pages([incident("latency", 5), incident("quality", 6, attribution="judge")], newest=9)
    assert [page.attribution for page in found] == ["model", "judge"]


def test_a_page_that_is_over_takes_nobody_in():
    (page,) = pages([incident("latency", 2, closed=4), incident("quality", 4)], newest=9)
    assert (page.opened, [one.metric for one in page.incidents]) == (4, ["quality"])


def test_a_page_lives_on_in_those_who_joined_it():
    members = [incident("latency", 2, closed=6), incident("quality", 5), incident("cost", 8)]
    (page,) = pages(members, newest=9)
    assert (page.opened, len(page.incidents)) == (2, 3)
