"""arize-phoenix-evals: answers from its ``LLM``, then a classifier over the data frame, 64 rows at a time.

Its rate limiter begins far above what the endpoint gives.
"""

import asyncio
import json
import sys

import pandas as pd
from phoenix.evals import LLM, async_evaluate_dataframe, create_classifier

TEMPLATE = "Question: {question}\nAnswer: {answer}\nExpected: {reference}\nIs the answer correct or incorrect?"


async def main(url: str, rows: list[dict[str, str]], concurrency: int) -> int:
    """Ask each example, then judge the frame."""
    llm = LLM(
        provider="openai",
        model="gpt-4o-mini",
        base_url=url,
        api_key="none",
        initial_per_second_request_rate=10_000,
    )
    places = asyncio.Semaphore(concurrency)

    async def ask(question: str) -> str:
        async with places:
            return await llm.async_generate_text(prompt=question)

    answers = await asyncio.gather(*(ask(row["question"]) for row in rows))
    judge = create_classifier(
        name="quality", llm=llm, prompt_template=TEMPLATE, choices={"correct": 1.0, "incorrect": 0.0}
    )
    judged = await async_evaluate_dataframe(
        dataframe=pd.DataFrame(rows).assign(answer=answers),
        evaluators=[judge],
        concurrency=concurrency,
        hide_tqdm_bar=True,
        exit_on_error=False,
    )
    return int(judged["quality_score"].notna().sum())


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as lines:
        examples = [json.loads(line) for line in lines]
    print(json.dumps({"scored": asyncio.run(main(sys.argv[1], examples, int(sys.argv[3])))}))
