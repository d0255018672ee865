"""deepeval: answers from OpenAI's client, then ``evaluate`` with one GEval metric, 64 test cases at a time.

The metric's steps are given, so that it asks the judge once per case; its model is one without log-probabilities, which
the endpoint does not send.
"""

import asyncio
import json
import sys

from deepeval import evaluate
from deepeval.evaluate import AsyncConfig, CacheConfig, DisplayConfig, ErrorConfig
from deepeval.metrics import GEval
from deepeval.models import OpenAIModel
from deepeval.test_case import LLMTestCase, SingleTurnParams
from openai import AsyncOpenAI


async def answers(url: str, questions: list[str], concurrency: int) -> list[str]:
    """The endpoint's answers."""
    places = asyncio.Semaphore(concurrency)
    async with AsyncOpenAI(base_url=url, api_key="none") as client:

        async def ask(question: str) -> str:
            async with places:
                reply = await client.chat.completions.create(
                    model="gpt-4o-mini", messages=[{"role": "user", "content": question}]
                )
                return reply.choices[0].message.content or ""

        return await asyncio.gather(*(ask(question) for question in questions))


if __name__ == "__main__":
    url, concurrency = sys.argv[1], int(sys.argv[3])
    with open(sys.argv[2], encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    said = asyncio.run(answers(url, [row["question"] for row in rows], concurrency))
    metric = GEval(
        name="quality",
        evaluation_steps=["Compare the actual output with the expected output.", "Grade what matters."],
        evaluation_params=[SingleTurnParams.INPUT, SingleTurnParams.ACTUAL_OUTPUT, SingleTurnParams.EXPECTED_OUTPUT],
        model=OpenAIModel(model="gpt-4o-mini", base_url=url, api_key="none"),
    )
    result = evaluate(
        [
            LLMTestCase(input=row["question"], actual_output=text, expected_output=row["reference"])
            for row, text in zip(rows, said, strict=True)
        ],
        [metric],
        async_config=AsyncConfig(max_concurrent=concurrency),
        display_config=DisplayConfig(show_indicator=False, print_results=False, inspect_after_run=False),
        cache_config=CacheConfig(write_cache=False, use_cache=False),
        error_config=ErrorConfig(ignore_errors=True),
    )
    scored = [one for one in result.test_results if one.metrics_data and one.metrics_data[0].score is not None]
    print(json.dumps({"scored": len(scored)}))
