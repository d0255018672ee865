from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from llm_eval_pipeline.clients.chat import ChatError, ChatRequest, ChatResponse, Message
from llm_eval_pipeline.clients.clock import FakeClock
from llm_eval_pipeline.clients.sample_answerer import SampleAnswer, SampleAnswerer
from llm_eval_pipeline.clients.sample_answerer.documents import DocumentsError
from llm_eval_pipeline.clients.sample_answerer.refusing import REFUSALS
from llm_eval_pipeline.clients.sample_answerer.releases import ReleaseFileError
from llm_eval_pipeline.settings import REPOSITORY
from llm_eval_pipeline.windows import end_of_week

RELEASES = REPOSITORY / "data" / "answerer" / "releases.yaml"
LARGE, MINI = "sample/extractive-large", "sample/extractive-mini"
BEFORE, AFTER = datetime(2026, 1, 14, 12, tzinfo=UTC), datetime(2026, 4, 8, 12, tzinfo=UTC)
DOCUMENTS = {
    "kettle": "The kettle boils 2 liters in 4 minutes. The kettle costs 35 dollars.\n\nIts cord has 90 centimeters.",
    "toaster": "The toaster has 6 levels. Level 3 is for fresh bread.\n\nCrumbs of the toaster fall into a tray.",
    "fridge": "The fridge cools to 4 degrees. Its door alarm sounds after a minute.\n\nThe fridge weighs 52 kilograms.",
}
QUESTIONS = [
    f"{opening} {question}"
    for opening in ("Hi,", "Hello,", "Please,", "Well,", "So,", "And", "Now,", "Oh,", "Once more,", "Sorry,")
    for question in ("how many minutes does the kettle need?", "how many levels are on the toaster?")
]
TEXT = (
    "The fair opened on 3 May with 40 stands. Most visitors came for the new kettle of the firm. "
    "The kettle of the firm was sold out by noon. It rained in the evening."
)
SCHEMA = {
    "type": "object",
    "properties": {
        "order_number": {"type": "string", "pattern": "^LK-[0-9]{5}$"},
        "quantity": {"type": "integer"},
        "express": {"type": "boolean"},
    },
}


@pytest.fixture
def documents(tmp_path: Path) -> Path:
    folder = tmp_path / "documents"
    folder.mkdir()
    for name, text in DOCUMENTS.items():
        (folder / f"{name}.md").write_text(f"# {name.title()}\n\n{text}\n", encoding="utf-8")
    return folder


@pytest.fixture
def answerer(documents: Path) -> SampleAnswerer:
    return SampleAnswerer(documents, RELEASES)


def ask(answerer: SampleAnswerer, prompt: str, as_of: datetime | None, model: str = LARGE) -> ChatResponse:
    request = ChatRequest(model=model, messages=(Message(role="user", content=prompt),), as_of=as_of)
    return asyncio.run(answerer.complete(request))


def over_days(answerer: SampleAnswerer, prompt: str, first: datetime, model: str = LARGE) -> list[SampleAnswer]:
    return [answerer.answer(model, prompt, first + timedelta(days=i % 7, weeks=i // 7 % 3)) for i in range(21)]


def usual(answers: list[SampleAnswer]) -> str:
    outputs = [answer.response.output for answer in answers]
    return max(set(outputs), key=outputs.count)


def test_a_question_is_answered_with_the_sentence_that_fits_best(answerer: SampleAnswerer) -> None:
    answers = over_days(answerer, "How much does the kettle cost?", BEFORE)
    assert usual(answers) == "The kettle costs 35 dollars."
    assert answers[0].kind == "question"
    assert answers[0].retrieved[0].sentence.document == "kettle"


def test_a_question_that_no_document_speaks_of_gets_no_invented_answer(answerer: SampleAnswerer) -> None:
    assert "could not find" in answerer.answer(LARGE, "Who won the chess match?", BEFORE).response.output


def test_a_lost_document_is_not_retrieved(answerer: SampleAnswerer) -> None:
    answer = answerer.answer(LARGE, "How much does the kettle cost?", BEFORE, lost={"kettle"})
    assert "kettle" not in {hit.sentence.document for hit in answer.retrieved}


def test_a_summary_has_as_many_sentences_as_were_asked_for(answerer: SampleAnswerer) -> None:
    text = usual(over_days(answerer, f"Summarise in one sentence:\n\n{TEXT}", BEFORE))
    assert text in TEXT
    assert text.count(".") == 1


def test_a_message_is_given_one_of_the_labels(answerer: SampleAnswerer) -> None:
    prompt = "Classify the message as one of: billing, delivery, other. Answer with the label only.\n\nMessage: {}"
    parcel = over_days(answerer, prompt.format("The parcel has not arrived."), BEFORE)
    greeting = over_days(answerer, prompt.format("Happy birthday!"), BEFORE)
    assert (usual(parcel), usual(greeting)) == ("delivery", "other")


def test_fields_are_extracted_as_the_schema_has_them(answerer: SampleAnswerer) -> None:
    message = "Order LK-12345 with 3 x Hub Mini leaves today, not by express."
    prompt = f"Extract the order as JSON.\n\nSchema: {json.dumps(SCHEMA)}\n\nMessage: {message}"
    found = json.loads(usual(over_days(answerer, prompt, BEFORE)))
    assert found == {"order_number": "LK-12345", "quantity": 3, "express": False}


def test_fields_can_be_named_in_words(answerer: SampleAnswerer) -> None:
    prompt = "Extract the fields error_code and firmware from this as JSON.\n\nMessage: E31 again, firmware 5.2."
    assert json.loads(usual(over_days(answerer, prompt, BEFORE))) == {"error_code": "E31", "firmware": "5.2"}


def test_a_harmful_prompt_is_refused_and_a_harmless_one_is_not(answerer: SampleAnswerer) -> None:
    harmful = over_days(answerer, "How do I poison my boss with the kettle?", BEFORE)
    harmless = over_days(answerer, "How do I kill the alarm of the fridge door?", BEFORE)
    assert usual(harmful) in REFUSALS
    assert not any(answer.retrieved for answer in harmful)
    assert "alarm" in usual(harmless)


def test_the_same_question_on_the_same_day_has_the_same_answer(documents: Path, answerer: SampleAnswerer) -> None:
    again = SampleAnswerer(documents, RELEASES)
    for prompt in ("How much does the kettle cost?", f"Summarise in one sentence:\n\n{TEXT}"):
        assert ask(answerer, prompt, AFTER, MINI) == ask(again, prompt, AFTER, MINI)


def test_answers_vary_a_little_from_week_to_week(answerer: SampleAnswerer) -> None:
    latencies = {answer.response.latency_ms for answer in over_days(answerer, "What does the kettle cost?", BEFORE)}
    assert len(latencies) > 1


@pytest.mark.parametrize("model", [LARGE, MINI])
def test_the_second_release_makes_more_mistakes(answerer: SampleAnswerer, model: str) -> None:
    shares = []
    for first in (BEFORE, AFTER):
        answers = [answer for prompt in QUESTIONS for answer in over_days(answerer, prompt, first, model)]
        shares.append(sum(bool(answer.mistakes) for answer in answers) / len(answers))
    assert shares[1] > shares[0] + 0.15


def test_mini_makes_more_mistakes_than_large(answerer: SampleAnswerer) -> None:
    large, mini = (
        sum(bool(a.mistakes) for prompt in QUESTIONS for a in over_days(answerer, prompt, BEFORE, model))
        for model in (LARGE, MINI)
    )
    assert mini > large


def test_a_week_is_asked_as_of_its_end_and_still_has_its_own_release(answerer: SampleAnswerer) -> None:
    # The release of 2026-03-30 starts at the very instant at which the week before ends.
    assert ask(answerer, "Hello?", end_of_week("2026-03-23")).model_resolved == f"{LARGE}@r1"
    assert ask(answerer, "Hello?", end_of_week("2026-03-30")).model_resolved == f"{LARGE}@r2"


def test_shifted_weeks_move_the_whole_calendar(documents: Path, answerer: SampleAnswerer) -> None:
    shifted = SampleAnswerer(documents, RELEASES, shift_weeks=30)
    for as_of in (BEFORE, AFTER):
        prompt = "How much does the kettle cost?"
        assert ask(shifted, prompt, as_of + timedelta(weeks=30)) == ask(answerer, prompt, as_of)


def test_without_a_date_the_clock_is_asked(documents: Path) -> None:
    answerer = SampleAnswerer(documents, RELEASES, clock=FakeClock(AFTER))
    assert ask(answerer, "Hello?", None).model_resolved.endswith("@r2")


def test_an_unknown_model_is_an_error_that_names_the_known_ones(answerer: SampleAnswerer) -> None:
    with pytest.raises(ChatError, match=rf"'sample/huge'; it has {LARGE}, {MINI}"):
        ask(answerer, "Hello?", BEFORE, "sample/huge")


def test_a_request_without_a_question_is_an_error(answerer: SampleAnswerer) -> None:
    with pytest.raises(ChatError, match="no message of a user"):
        answerer.answer(LARGE, [Message(role="system", content="Be kind.")], BEFORE)


def test_tokens_count_instructions_messages_and_passages(answerer: SampleAnswerer) -> None:
    prompt = "How much does the kettle cost?"
    plain = answerer.answer(LARGE, prompt, BEFORE).response.usage
    system = Message(role="system", content="x" * 399)
    longer = answerer.answer(LARGE, [system, Message(role="user", content=prompt)], BEFORE).response.usage
    # 399 characters and the line break are 400 characters, 100 tokens.
    assert longer.input_tokens - plain.input_tokens == 100
    assert 0 <= plain.cached_input_tokens < plain.input_tokens


def test_an_answer_that_breaks_off_says_so(answerer: SampleAnswerer) -> None:
    cut = [a for p in QUESTIONS for a in over_days(answerer, p, AFTER, MINI) if "truncated" in a.mistakes]
    assert cut
    assert {answer.response.finish_reason for answer in cut} == {"length"}


def test_an_answer_is_no_longer_than_allowed(answerer: SampleAnswerer) -> None:
    messages = (Message(role="user", content="How much does the kettle cost?"),)
    request = ChatRequest(model=LARGE, messages=messages, params={"max_tokens": 3}, as_of=BEFORE)
    response = asyncio.run(answerer.complete(request))
    assert (response.usage.output_tokens, response.finish_reason) == (3, "length")


def test_documents_that_are_missing_are_named(tmp_path: Path) -> None:
    with pytest.raises(DocumentsError, match=r"holds no \.md file"):
        SampleAnswerer(tmp_path, RELEASES)


def test_a_bad_release_file_names_file_and_field(documents: Path, tmp_path: Path) -> None:
    bad = tmp_path / "releases.yaml"
    bad.write_text(
        RELEASES.read_text(encoding="utf-8").replace("broken_json: 0.01", "broken_json: 7", 1), encoding="utf-8"
    )
    with pytest.raises(
        ReleaseFileError, match=rf"{bad}: releases\.0\.models\.{LARGE}\.broken_json: .*less than or equal"
    ):
        SampleAnswerer(documents, bad)


def test_a_missing_release_file_is_named(documents: Path, tmp_path: Path) -> None:
    with pytest.raises(ReleaseFileError, match=r"nowhere\.yaml: the file of releases cannot be read"):
        SampleAnswerer(documents, tmp_path / "nowhere.yaml")
