"""Whether an output follows an instruction: the 25 types by id, judged strictly or loosely.

Not here: what each instruction means (one file per family).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from llm_eval_pipeline.evaluation.instructions import (
    change_case,
    combination,
    detectable_content,
    detectable_format,
    keywords,
    language,
    length_constraints,
    punctuation,
    startend,
)
from llm_eval_pipeline.evaluation.instructions.arguments import Arguments, InstructionError

INSTRUCTIONS: Mapping[str, Callable[[str, Arguments], bool]] = MappingProxyType(
    {
        "change_case:capital_word_frequency": change_case.capital_word_frequency,
        "change_case:english_capital": change_case.english_capital,
        "change_case:english_lowercase": change_case.english_lowercase,
        "combination:repeat_prompt": combination.repeat_prompt,
        "combination:two_responses": combination.two_responses,
        "detectable_content:number_placeholders": detectable_content.number_placeholders,
        "detectable_content:postscript": detectable_content.postscript,
        "detectable_format:constrained_response": detectable_format.constrained_response,
        "detectable_format:json_format": detectable_format.json_format,
        "detectable_format:multiple_sections": detectable_format.multiple_sections,
        "detectable_format:number_bullet_lists": detectable_format.number_bullet_lists,
        "detectable_format:number_highlighted_sections": detectable_format.number_highlighted_sections,
        "detectable_format:title": detectable_format.title,
        "keywords:existence": keywords.existence,
        "keywords:forbidden_words": keywords.forbidden_words,
        "keywords:frequency": keywords.frequency,
        "keywords:letter_frequency": keywords.letter_frequency,
        "language:response_language": language.response_language,
        "length_constraints:nth_paragraph_first_word": length_constraints.nth_paragraph_first_word,
        "length_constraints:number_paragraphs": length_constraints.number_paragraphs,
        "length_constraints:number_sentences": length_constraints.number_sentences,
        "length_constraints:number_words": length_constraints.number_words,
        "punctuation:no_comma": punctuation.no_comma,
        "startend:end_checker": startend.end_checker,
        "startend:quotation": startend.quotation,
    }
)


def follows(
    instruction_id: str, kwargs: Mapping[str, Any] | None, prompt: str, output: str, loose: bool = False
) -> bool:
    """Whether ``output`` follows an instruction. An empty output follows none.

    Args:
        instruction_id: ``family:type``, one of ``INSTRUCTIONS``.
        kwargs: the instruction's arguments by IFEval's names; null values and unused names are ignored.
        prompt: what was asked.
        output: what was answered.
        loose: also accept the answer after the relaxations of the IFEval paper (section 2.2): without its first
            line, its last line, its asterisks, and every combination of these.

    Raises:
        InstructionError: for an unknown id or an argument that is missing or wrong; a ``ValueError``.
    """
    if (check := INSTRUCTIONS.get(instruction_id)) is None:
        raise InstructionError(f"unknown instruction {instruction_id!r}; known are {', '.join(sorted(INSTRUCTIONS))}")
    given = Arguments(instruction_id=instruction_id, values=kwargs or {}, prompt=prompt)
    variants = relaxed(output) if loose else iter((output,))
    return any(check(variant, given) for variant in variants if variant.strip())


def relaxed(output: str) -> Iterator[str]:
    """The eight forms of an output: with and without first line, last line, and asterisks."""
    lines = output.split("\n")
    for kept in (lines, lines[1:], lines[:-1], lines[1:-1]):
        text = "\n".join(kept).strip() if kept is not lines else output
        yield text
        yield text.replace("*", "")
