"""Calling a tool's function: on the event loop when it is asynchronous, else in a thread of its own."""

from __future__ import annotations

__all__ = ["invoke"]

import asyncio
import contextlib
import inspect
import threading
from collections.abc import Callable
from contextvars import copy_context
from typing import Any

from tieout.contract.tools import Tool


async def invoke(tool: Tool[..., Any], arguments: dict[str, object]) -> object:
    """What the function returns, awaited where that is called for."""
    if inspect.iscoroutinefunction(tool.function):
        return await tool.function(**arguments)
    returned = await _in_thread(tool.function, arguments)
    return await returned if inspect.isawaitable(returned) else returned


async def _in_thread(function: Callable[..., Any], arguments: dict[str, object]) -> Any:
    """Call a function in a thread of its own: one that hangs fills no pool, and does not hold up the program's end."""
    loop = asyncio.get_running_loop()
    future: asyncio.Future[Any] = loop.create_future()
    context = copy_context()

    def settle(value: Any, error: BaseException | None) -> None:
        if future.done():  # given up on
            return
        if error is None:
            future.set_result(value)
        else:  # a future refuses StopIteration
            future.set_exception(RuntimeError(repr(error)) if isinstance(error, StopIteration) else error)

    def work() -> None:
        value, failure = None, None
        try:
            value = context.run(function, **arguments)
        except BaseException as error:  # SystemExit too: it would end the thread without a word
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop was closed while the function hung
            loop.call_soon_threadsafe(settle, value, failure)

    threading.Thread(target=work, name=f"tool-{getattr(function, '__name__', '')}", daemon=True).start()
    return await future
