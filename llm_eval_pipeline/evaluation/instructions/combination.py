"""Instructions that set parts of an output together: the prompt repeated first, or two different answers."""

from __future__ import annotations

from llm_eval_pipeline.evaluation.instructions.arguments import Arguments

DIVIDER = "******"


def repeat_prompt(output: str, given: Arguments) -> bool:
    """The output begins with the request, word for word; the whole prompt where no part of it is given."""
    request = given.text("prompt_to_repeat") if given.values.get("prompt_to_repeat") else given.prompt
    return output.strip().lower().startswith(request.strip().lower())


def two_responses(output: str, given: Arguments) -> bool:
    """Exactly two different answers, divided by six asterisks."""
    parts = [part.strip() for part in output.split(DIVIDER)]
    if not all(parts[1:-1]):
        return False
    answers = [part for part in parts if part]
    return len(answers) == 2 and answers[0] != answers[1]
