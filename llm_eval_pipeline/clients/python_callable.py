"""Any Python callable as a model: the application itself, in this process.

The callable takes one :class:`ChatRequest` and gives the answer's text, or a whole :class:`ChatResponse`::

    def answer(request: ChatRequest) -> str:
        return my_application(request.messages[-1].content)

It may be a coroutine function. The ledger knows it by its name alone: a callable that answers otherwise than before is
another one, or another model's name.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import time
from collections.abc import Awaitable, Callable
from types import TracebackType
from typing import Any

from llm_eval_pipeline.clients.chat import ChatError, ChatRequest, ChatResponse, RetryLaterError, TokenUsage
from llm_eval_pipeline.clients.daemon_threads import DaemonThreads

Result = str | ChatResponse
Answers = Callable[[ChatRequest], Result | Awaitable[Result]]
_LONGEST_MESSAGE = 300


class CallableError(ValueError):
    """A callable that cannot be found or called. The text names it and says what to do."""


class CallableClient:
    """A callable behind the seam of every model.

    Coroutine functions run in the event loop, others each in a thread. Only the call itself is timed. A text says
    nothing of tokens: its usage is unknown, unless ``count_tokens`` counts it, and so is why it ended. A
    :class:`ChatResponse` is taken as it is.

    Args:
        function: the callable.
        name: what errors and the ledger call it, such as ``package.module:function``.
        timeout_s: the longest one call may take, in seconds. A thread cannot be stopped: it goes on, unheard.
        count_tokens: how many tokens a text has.

    Raises:
        CallableError: when it does not take one argument.
    """

    dated = False

    def __init__(
        self,
        function: Answers,
        name: str,
        timeout_s: float = 120.0,
        *,
        count_tokens: Callable[[str], int] | None = None,
    ) -> None:
        self.provider = f"python:{name}"
        self._function = function
        self._name = name
        self._timeout_s = timeout_s
        self._count_tokens = count_tokens
        self._threads = DaemonThreads()
        self._in_loop = any(map(inspect.iscoroutinefunction, (function, getattr(function, "__call__", None))))  # noqa: B004 - the method is wanted
        _refuse_other_arguments(function, name)

    async def __aenter__(self) -> CallableClient:
        """Be ready for calls."""
        self._threads = DaemonThreads()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the threads end."""
        self._threads.close()

    async def complete(self, request: ChatRequest) -> ChatResponse:
        """Call it once.

        Raises:
            RetryLaterError: when it raises a ``ConnectionError`` or a ``TimeoutError``, or takes too long.
            ChatError: when it raises anything else, or gives neither a text nor a response.
        """
        try:
            async with asyncio.timeout(self._timeout_s) as limit:
                result, took_s = await self._timed(request)
            return self._response(request, result, took_s)
        except ChatError:
            raise
        except (ConnectionError, TimeoutError) as error:
            if limit.expired():
                raise RetryLaterError(f"{request.model}: {self._name} gave no answer in time") from error
            raise RetryLaterError(self._said(request, error)) from error
        except (Exception, SystemExit) as error:
            raise ChatError(self._said(request, error)) from error

    async def _timed(self, request: ChatRequest) -> tuple[Any, float]:
        started = time.perf_counter()
        if self._in_loop:
            result: Any = self._function(request)
        else:
            result, error, started, ended = await self._threads.run(lambda: self._outcome(request))
            if error is not None:
                raise error
            if not inspect.isawaitable(result):
                return result, ended - started
        result = await result
        return result, time.perf_counter() - started

    def _outcome(self, request: ChatRequest) -> tuple[Any, BaseException | None, float, float]:
        started = time.perf_counter()
        try:
            result, failure = self._function(request), None
        except BaseException as error:  # noqa: BLE001 - it is raised where it is waited for
            result, failure = None, error
        return result, failure, started, time.perf_counter()

    def _response(self, request: ChatRequest, result: Any, took_s: float) -> ChatResponse:
        if isinstance(result, ChatResponse):
            return result
        if not isinstance(result, str):
            raise ChatError(
                f"{request.model}: {self._name} gave a {type(result).__name__}; it must give the answer's text or a "
                "ChatResponse"
            )
        return ChatResponse(
            output=result,
            model_resolved=request.model,
            finish_reason="unknown",
            usage=self._usage(request, result),
            latency_ms=took_s * 1000,
        )

    def _usage(self, request: ChatRequest, output: str) -> TokenUsage | None:
        if (count := self._count_tokens) is None:
            return None
        asked = sum(count(message.content) for message in request.messages)
        return TokenUsage(input_tokens=asked, output_tokens=count(output))

    def _said(self, request: ChatRequest, error: BaseException) -> str:
        words = str(error).replace("\n", " ")[:_LONGEST_MESSAGE]
        return f"{request.model}: {self._name} raised {type(error).__name__}{': ' * bool(words)}{words}"


def load_callable(name: str) -> Answers:
    """The callable that ``package.module:function`` names.

    Raises:
        CallableError: when there is none of this name.
    """
    module_name, _, path = name.partition(":")
    if not module_name or not path:
        raise CallableError(f"{name!r} names no callable: write it as package.module:function")
    try:
        found: Any = importlib.import_module(module_name)
        for part in path.split("."):
            found = getattr(found, part)
    except ModuleNotFoundError as error:
        raise CallableError(f"{name} cannot be imported ({error}): install it or put it on PYTHONPATH") from error
    except AttributeError as error:
        raise CallableError(f"{name} is not there: {error}") from error
    if not callable(found):
        raise CallableError(f"{name} is a {type(found).__name__}, which nobody can call")
    function: Answers = found
    return function


def _refuse_other_arguments(function: Answers, name: str) -> None:
    try:
        signature = inspect.signature(function)
    except ValueError:
        return  # some built-in functions do not tell theirs
    try:
        signature.bind(None)
    except TypeError as error:
        raise CallableError(f"{name} must take one argument, the ChatRequest; it takes {signature}") from error
