"""Personal data leave no span, whoever made it, and a mask that fails lets nothing through."""

from importlib.util import find_spec

import orjson
import pytest
from opentelemetry.trace import Status, StatusCode

from llm_eval_pipeline import tracing
from llm_eval_pipeline.tracing.hub import provider
from llm_eval_pipeline_tests.tracing.answers import openai_chat
from llm_eval_pipeline_tests.tracing.receiving import Receiver

PLANTED = {
    "name": "My name is Jane Miller",
    "mail": "jane.miller@example.org",
    "phone": "212-555-0123",
    "card": "4111 1111 1111 1111",
}
TEXT = f"{PLANTED['name']}, write to {PLANTED['mail']}\nor call {PLANTED['phone']}; my card is {PLANTED['card']}."
SEEN = ("Jane", "Miller", "jane.miller", "555-0123", "4111")

needs_presidio = pytest.mark.skipif(find_spec("presidio_analyzer") is None, reason="presidio-analyzer is not installed")


def everywhere(spans):
    """All that spans say, in one text."""
    return "\n".join(span.to_json() for span in spans)


def planted_everywhere():
    @tracing.trace(kind="retrieval")
    def find(question):
        return [{"title": "note", "content": TEXT}]

    @tracing.trace(kind="chat")
    def ask(model, messages, system):
        return openai_chat(TEXT)

    @tracing.trace
    def failing(question):
        raise ValueError(TEXT)

    with tracing.user(PLANTED["mail"]), tracing.session(TEXT):
        find(TEXT)
        ask("claude-sonnet-4-5-20250929", [{"role": "user", "content": TEXT}], TEXT)
        with pytest.raises(ValueError, match="Jane"):
            failing(TEXT)
    with provider().get_tracer("openinference.instrumentation.any").start_as_current_span(TEXT) as span:
        said = {"messages": [{"content": TEXT}], "model": "gpt-4o", "card": 4111111111111111}
        span.set_attribute("openinference.span.kind", "LLM")
        span.set_attribute("input.value", orjson.dumps(said).decode())
        span.set_attribute("llm.input_messages.0.message.content", TEXT)
        span.set_attribute("tag.tags", [TEXT, "kept"])
        span.set_attribute("account", 4111111111111111)
        span.add_event(TEXT, {"said": TEXT})
        span.set_status(Status(StatusCode.ERROR, TEXT))


def test_without_a_mask_the_planted_data_are_seen():
    with tracing.recorded() as spans:
        planted_everywhere()
    assert all(each in everywhere(spans) for each in SEEN)


@needs_presidio
def test_no_planted_piece_leaves_in_any_span():
    with tracing.recorded(mask=True) as spans:
        planted_everywhere()
    assert len(spans) == 4
    told = everywhere(spans)
    assert [each for each in SEEN if each in told] == []
    assert all(kind in told for kind in ("<PERSON>", "<EMAIL_ADDRESS>", "<PHONE_NUMBER>", "<CREDIT_CARD>"))


@needs_presidio
def test_what_is_masked_is_still_json_and_models_keep_their_names():
    with tracing.recorded(mask=True) as spans:
        planted_everywhere()
    chat = next(span for span in spans if span.name == "ask")
    (message,) = orjson.loads(chat.attributes["gen_ai.input.messages"])
    assert message["role"] == "user"
    assert "<EMAIL_ADDRESS>\nor call <PHONE_NUMBER>" in message["parts"][0]["content"]
    assert chat.attributes["gen_ai.request.model"] == "claude-sonnet-4-5-20250929"
    assert chat.attributes["gen_ai.usage.input_tokens"] == 100
    other = spans[-1]
    assert orjson.loads(other.attributes["input.value"])["model"] == "gpt-4o"
    assert other.attributes["tag.tags"][1] == "kept"


@needs_presidio
def test_the_bytes_that_reach_a_receiver_hold_none_of_it():
    with Receiver() as receiver:
        tracing.init(otlp=receiver.address, mask=True)
        planted_everywhere()
        assert tracing.flush(20)
    sent = b"".join(receiver.bodies)
    assert len(receiver.spans()) == 4
    assert [each for each in SEEN if each.encode() in sent] == []


def test_a_mask_of_ones_own_is_applied_to_every_text():
    with tracing.recorded(mask=lambda text: text.replace("Jane", "J.")) as spans:
        planted_everywhere()
    assert "Jane" not in everywhere(spans)
    assert "J. Miller" in everywhere(spans)


@pytest.mark.parametrize("result", [ZeroDivisionError, None])
def test_a_mask_that_fails_drops_the_text(result, caplog):
    def mask(text):
        if result is not None:
            raise result(text)

    with tracing.recorded(mask=mask) as spans:
        planted_everywhere()
    told = everywhere(spans)
    assert [each for each in SEEN if each in told] == []
    assert "<dropped: the mask failed>" in told
    assert "Jane" not in caplog.text
    assert "its mask failed with" in caplog.text
