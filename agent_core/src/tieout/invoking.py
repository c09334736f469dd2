"""Calling a tool's function: on the event loop when it is asynchronous, else in a thread that it has to itself."""

from __future__ import annotations

__all__ = ["Workers", "invoke"]

import asyncio
import contextlib
import inspect
import threading
from collections.abc import Callable
from contextvars import copy_context
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tieout.contract.tools import Tool


async def invoke(tool: Tool[..., Any], arguments: dict[str, object], workers: Workers) -> object:
    """What the function returns, awaited where that is called for."""
    if inspect.iscoroutinefunction(tool.function):
        return await tool.function(**arguments)
    returned = await _in_thread(tool.function, arguments, workers)
    return await returned if inspect.isawaitable(returned) else returned


async def _in_thread(function: Callable[..., Any], arguments: dict[str, object], workers: Workers) -> Any:
    """Call a function in a thread: one that hangs fills no pool, and does not hold up the program's end."""
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

    workers.start(work)
    return await future


class Workers:
    """Threads that wait for the next call after one has ended; starting a thread costs as much as a small tool.

    There is no upper limit: a call always finds a thread of its own, so that one that hangs holds up no other.
    """

    _MOST_IDLE = 4
    _IDLE_SECONDS = 10.0

    def __init__(self) -> None:
        self._idle: list[SimpleQueue[Callable[[], None]]] = []

    def start(self, work: Callable[[], None]) -> None:
        """Run ``work`` now, in a thread that does nothing else."""
        try:
            inbox = self._idle.pop()  # atomic: no other call gets the same thread
        except IndexError:
            inbox = SimpleQueue[Callable[[], None]]()
            threading.Thread(target=self._serve, args=(inbox,), name="tieout-tool", daemon=True).start()
        inbox.put(work)

    def _serve(self, inbox: SimpleQueue[Callable[[], None]]) -> None:
        work = inbox.get()
        while True:
            work()
            del work  # and with it the call's arguments and context
            if len(self._idle) >= self._MOST_IDLE:
                return
            self._idle.append(inbox)
            try:
                work = inbox.get(timeout=self._IDLE_SECONDS)
            except Empty:
                try:
                    self._idle.remove(inbox)
                except ValueError:  # taken out this moment, to be given work
                    work = inbox.get()
                else:
                    return
