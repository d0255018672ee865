"""OpenAI's own client, as it comes."""

import asyncio
import json
import sys
from collections.abc import Iterator

from openai import AsyncOpenAI


async def main(url: str, examples: Iterator[dict[str, str]], concurrency: int) -> int:
    """Ask each example, then have its answer judged; nothing is recorded, nothing checked."""
    scores: list[float] = []
    async with AsyncOpenAI(base_url=url, api_key="none") as client:

        async def ask(content: str) -> str:
            reply = await client.chat.completions.create(
                model="gpt-4o-mini", messages=[{"role": "user", "content": content}]
            )
            return reply.choices[0].message.content or ""

        async def work() -> None:
            for example in examples:
                answer = await ask(example["question"])
                judged = await ask(f"Grade from 0 to 1.\n{example['question']}\n{answer}\n{example['reference']}")
                scores.append(json.loads(judged)["score"])

        await asyncio.gather(*(work() for _ in range(concurrency)))
    return len(scores)


if __name__ == "__main__":
    with open(sys.argv[2], encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    print(json.dumps({"scored": asyncio.run(main(sys.argv[1], iter(rows), int(sys.argv[3])))}))
