import pytest
from hypothesis import given
from hypothesis import strategies as st

from llm_eval_pipeline.clients.event_stream import EventParser


def events(*pieces):
    """The data of the events in these pieces, the one at the end of the stream among them."""
    parser = EventParser()
    found = [event.data for piece in pieces for event in parser.feed(piece)]
    return [*found, *(event.data for event in parser.end())]


@pytest.mark.parametrize(
    ("stream", "data"),
    [
        (b"data: a\n\ndata: b\n\n", [b"a", b"b"]),
        (b"data: a\r\n\r\ndata: b\r\n\r\n", [b"a", b"b"]),
        (b"data: a\r\rdata: b\r\r", [b"a", b"b"]),
        (b"data:a\n\n", [b"a"]),
        (b"data:  a \n\n", [b" a "]),
        (b"data: a\ndata: b\n\n", [b"a\nb"]),
        (b"data: a: b\n\n", [b"a: b"]),
        (b": a comment\n\ndata: a\n: another\n\n", [b"a"]),
        (b"event: x\nid: 7\nretry: 9\ndata: a\n\n", [b"a"]),
        (b"event: ping\n\n", []),
        (b"\n\n\n\ndata: a\n\n\n\n", [b"a"]),
        (b"\xef\xbb\xbfdata: a\n\n", [b"a"]),
        (b"data: a\n", [b"a"]),
        (b"data: a\r", [b"a"]),
        (b"dat", []),
        (b"database: a\n\n", []),
        (b"", []),
    ],
)
def test_events_are_read_as_the_standard_has_them(stream, data):
    assert events(stream) == data


def test_half_a_line_is_no_event_and_is_told():
    parser = EventParser()
    assert [event.data for event in parser.feed(b'data: {"a": 1}\n\ndata: {"a"')] == [b'{"a": 1}']
    assert parser.half_line == b'data: {"a"'


def test_an_event_has_the_time_of_the_piece_that_completed_it():
    parser = EventParser()
    assert list(parser.feed(b"data: a", 1.0)) == []
    assert [event.at_ms for event in parser.feed(b"\n\ndata: b\n\n", 2.0)] == [2.0, 2.0]


@given(st.data())
def test_it_does_not_matter_where_the_stream_is_cut(data):
    stream = "data: é😀\r\n\r\n: x\r\ndata: a\rdata: b\n\r\n\ndata: [DONE]\r\n\r\n".encode()
    cuts = sorted(data.draw(st.sets(st.integers(0, len(stream)), max_size=12)))
    pieces = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]
    assert events(*pieces) == events(stream) == ["é😀".encode(), b"a\nb", b"[DONE]"]


def test_a_long_line_in_many_pieces_is_put_together_once():
    parser = EventParser()
    for _ in range(2000):
        assert list(parser.feed(b"data: " if not parser.half_line else b"x" * 4096)) == []
    (event,) = parser.feed(b"\n\n")
    assert len(event.data) == 1999 * 4096
