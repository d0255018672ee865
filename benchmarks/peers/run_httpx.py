"""Nothing but httpx, with one client and a connection for each call under way."""

import asyncio
import json
import sys
from collections.abc import Iterator
from typing import Any

import httpx


async def main(url: str, examples: Iterator[dict[str, str]], concurrency: int) -> int:
    """Ask each example, then have its answer judged; nothing is recorded, nothing checked."""
    scores: list[float] = []
    limits = httpx.Limits(max_connections=concurrency, max_keepalive_connections=concurrency)
    async with httpx.AsyncClient(limits=limits, timeout=60) as client:

        async def ask(content: str) -> Any:
            body = {"model": "gpt-4o-mini", "messages": [{"role": "user", "content": content}]}
            reply = await client.post(f"{url}/chat/completions", json=body)
            return reply.json()["choices"][0]["message"]["content"]

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
