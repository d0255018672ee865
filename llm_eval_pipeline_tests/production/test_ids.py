"""Ids of sources that do not follow OpenTelemetry."""

import hashlib

import pytest

from llm_eval_pipeline.production.ids import span_identifier, trace_identifier
from llm_eval_pipeline.production.spans import BadSpanError

UUID = "0190F3A1-5C2B-7d00-8000-0123456789ab"


def test_a_uuid_is_its_digits():
    assert trace_identifier(UUID) == "0190f3a15c2b7d0080000123456789ab"


def test_an_id_of_opentelemetry_stays():
    assert trace_identifier("A" * 32) == "a" * 32
    assert span_identifier("00000000000000aB") == "00000000000000ab"


@pytest.mark.parametrize("text", ["run-17", "é" * 40, "0" * 16, "\ud800"])
def test_any_other_text_is_its_digest(text):
    digest = hashlib.blake2b(text.encode(errors="surrogatepass"), digest_size=8).hexdigest()
    assert span_identifier(text) == digest
    assert len(trace_identifier(text)) == 32


def test_a_number_is_the_text_that_it_is_written_as():
    assert span_identifier(17) == span_identifier("17")


@pytest.mark.parametrize("nothing", [None, "", "  ", True, 1.5, ["a"]])
def test_no_id_is_an_error(nothing):
    with pytest.raises(BadSpanError, match="span id is missing"):
        span_identifier(nothing)
