"""A model on this machine that speaks OpenAI's chat and embeddings API: it answers with the sentence that fits best.

Its embeddings count words, so that retrieval finds what shares words with the question.
"""

from __future__ import annotations

import json
import math
import re
import threading
import zlib
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

_DIMENSIONS = 256
_COMMON = {
    "a",
    "an",
    "and",
    "are",
    "can",
    "do",
    "does",
    "how",
    "in",
    "is",
    "it",
    "my",
    "of",
    "the",
    "to",
    "when",
    "you",
}


def start_model_server() -> str:
    """Start it in the background, and return its base URL."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, name="model-server", daemon=True).start()
    return f"http://127.0.0.1:{server.server_port}/v1"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answers = {"/v1/chat/completions": _chat, "/v1/embeddings": _embeddings}
        answer = answers.get(self.path)
        told = answer(request) if answer else {"error": {"message": f"{self.path} is not here"}}
        streamed = bool(answer and request.get("stream"))
        body = _stream(told, request).encode() if streamed else json.dumps(told).encode()
        self.send_response(200 if answer else 404)
        self.send_header("Content-Type", "text/event-stream" if streamed else "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - as it is there
        """Say nothing."""


def _chat(request: dict[str, Any]) -> dict[str, Any]:
    told = "\n".join(_text(message["content"]) for message in request["messages"])
    asked = next((line for line in reversed(told.splitlines()) if "?" in line), told)
    sentences = [each for each in re.split(r"(?<=[.!])\s+|\n", told) if each.endswith(".")]
    output = max(sentences, key=lambda each: len(_words(each) & _words(asked)), default="I do not know.")
    usage = {"prompt_tokens": len(told) // 4 + 1, "completion_tokens": len(output) // 4 + 1}
    usage["total_tokens"] = sum(usage.values())
    message = {"role": "assistant", "content": output}
    return {
        "id": "chatcmpl-here",
        "object": "chat.completion",
        "created": 1_700_000_000,
        "model": request["model"],
        "choices": [{"index": 0, "message": message, "finish_reason": "stop"}],
        "usage": usage,
    }


def _stream(whole: dict[str, Any], request: dict[str, Any]) -> str:
    """A chat's answer as events, a word in each; usage comes last, when it was asked for."""
    named = {"id": whole["id"], "object": "chat.completion.chunk", "created": whole["created"], "model": whole["model"]}
    words = re.findall(r"\S+\s*", whole["choices"][0]["message"]["content"])
    chunks = [{"choices": [{"index": 0, "delta": {"content": each}, "finish_reason": None}]} for each in words]
    chunks.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    if (request.get("stream_options") or {}).get("include_usage"):
        chunks.append({"choices": [], "usage": whole["usage"]})
    events = [json.dumps({**named, **each}) for each in chunks]
    return "".join(f"data: {each}\n\n" for each in [*events, "[DONE]"])


def _embeddings(request: dict[str, Any]) -> dict[str, Any]:
    texts = [request["input"]] if isinstance(request["input"], str) else request["input"]
    tokens = sum(len(text) // 4 + 1 for text in texts)
    return {
        "object": "list",
        "model": request["model"],
        "data": [{"object": "embedding", "index": i, "embedding": _vector(text)} for i, text in enumerate(texts)],
        "usage": {"prompt_tokens": tokens, "total_tokens": tokens},
    }


def _vector(text: str) -> list[float]:
    counts = [0.0] * _DIMENSIONS
    for word in _words(text):
        counts[zlib.crc32(word.encode()) % _DIMENSIONS] += 1
    length = math.hypot(*counts) or 1.0
    return [each / length for each in counts]


def _words(text: str) -> set[str]:
    return {word.rstrip("s") for word in re.findall(r"[a-z]+", text.lower())} - _COMMON


def _text(content: Any) -> str:
    return content if isinstance(content, str) else " ".join(part.get("text", "") for part in content)
