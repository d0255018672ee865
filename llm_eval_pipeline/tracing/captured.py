"""Arguments and return values as texts for a span: bounded, without secrets, and never by calling ``repr``."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence, Set
from typing import Any

import orjson

from llm_eval_pipeline.tracing.usage import part

LONGEST = 100_000
"""Characters kept of one text."""
_MOST_DOCUMENTS = 100
_SECRETS = {"api_key", "apikey", "key", "token", "access_token", "secret", "password", "authorization", "credentials"}
_WITHIN = _SECRETS - {"key", "token"}  # which are words of data there
_ENDINGS = tuple(f"_{name}" for name in _SECRETS - {"key"})
_DEEPEST = 8
_ASKED = ("question", "query", "prompt", "input", "message", "text", "user_input")


def arguments(signature: inspect.Signature, args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call by name, without ``self``; defaults are left out, and what is named as secrets are.

    So are such names within mappings and lists; what else is in an object of the application's is not looked through.
    """
    try:
        bound = signature.bind(*args, **kwargs).arguments
    except TypeError:  # the call itself will say so
        return {}
    given: dict[str, Any] = {}
    for name, value in bound.items():
        kind = signature.parameters[name].kind
        if kind is inspect.Parameter.VAR_KEYWORD:
            given |= value
        elif name not in ("self", "cls"):
            given[name] = value
    return {name: _without_secrets(value) for name, value in given.items() if not _is_secret(name, _SECRETS)}


def _without_secrets(value: Any, depth: int = 0) -> Any:
    if depth < _DEEPEST and isinstance(value, Mapping):
        told = {name: each for name, each in value.items() if not _is_secret(name, _WITHIN)}
        return {name: _without_secrets(each, depth + 1) for name, each in told.items()}
    if depth < _DEEPEST and isinstance(value, list | tuple):
        return [_without_secrets(each, depth + 1) for each in value]
    return value


def _is_secret(name: object, secrets: Set[str]) -> bool:
    known = str(name).lower().replace("-", "_")
    return known in secrets or known.endswith(_ENDINGS)


def question(given: Mapping[str, Any]) -> str:
    """What is asked: the argument that is called so, the only one when it is text, or all of them as JSON."""
    for name in _ASKED:
        if isinstance(given.get(name), str):
            return cut(given[name])
    values = list(given.values())
    return cut(values[0]) if len(values) == 1 and isinstance(values[0], str) else as_text(dict(given))


def messages(given: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The conversation among the arguments, or what is asked as one message, as OpenTelemetry writes messages."""
    found = given.get("messages")
    if isinstance(found, Sequence) and not isinstance(found, str | bytes):
        return [message(str(part(each, "role") or "user"), part(each, "content")) for each in found]
    return [message("user", question(given))] if given else []


def message(role: str, content: Any, **more: Any) -> dict[str, Any]:
    """One message with its parts."""
    if isinstance(content, list):
        texts = [text for each in content if isinstance(text := part(each, "text"), str)]
        content = "\n".join(texts) if texts else as_text(content)
    return {"role": role, "parts": [{"type": "text", "content": cut(_said(content))}], **more}


def documents(found: Any) -> list[dict[str, Any]] | None:
    """Retrieved documents: texts, mappings, or the documents of LangChain and LlamaIndex; None for anything else."""
    if isinstance(found, str | bytes | Mapping) or not isinstance(found, Sequence):
        return None
    return [_document(each) for each in found[:_MOST_DOCUMENTS]]


def as_text(value: Any) -> str:
    """A value as JSON text, or a text as it is; what is no data shows its type only, since it may hold secrets."""
    if isinstance(value, str):
        return cut(value)
    return cut(
        orjson.dumps(value, default=_plain, option=orjson.OPT_NON_STR_KEYS | orjson.OPT_SERIALIZE_NUMPY).decode()
    )


def as_json(value: Any) -> str:
    """A list or mapping of the kit's own as JSON text, whole."""
    return orjson.dumps(value, default=_plain).decode()


def cut(text: str) -> str:
    """The text, or its beginning and how much was cut off."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}… ({len(text) - LONGEST} characters more)"


def _said(content: Any) -> str:
    return "" if content is None else as_text(content)


def _document(found: Any) -> dict[str, Any]:
    if isinstance(found, str):
        return {"content": cut(found)}
    found = part(found, "node") or found  # LlamaIndex's nodes with scores
    metadata = part(found, "metadata")
    named = [part(found, "title"), *(part(metadata, name) for name in ("title", "source", "file_name"))]
    named += [part(found, "id"), part(found, "id_")]
    text = next(
        (text for name in ("content", "page_content", "text") if isinstance(text := part(found, name), str)), ""
    )
    title = next((str(name) for name in named if isinstance(name, str | int)), None)
    return {"content": cut(text)} | ({"title": title} if title else {})


def _plain(value: Any) -> Any:
    """What orjson does not know: models of pydantic, sets, and types alone of everything else."""
    if callable(dump := getattr(value, "model_dump", None)) and not isinstance(value, type):
        return dump(mode="json")
    if isinstance(value, set | frozenset):
        return sorted(value, key=str)
    return f"<{type(value).__name__}>"
