"""Functions of tools run in threads that they have to themselves, and that are used again."""

from __future__ import annotations

import asyncio
import threading

from tieout.invoking import Workers, invoke
from tieout.plugin import Result, tool


class Nothing(Result):
    """An empty result."""


@tool(name="where")
def where() -> Result:
    """Tell the thread it runs in."""
    seen.append(threading.get_ident())
    return Nothing()


seen: list[int] = []


async def test_calls_in_turn_share_a_thread() -> None:
    seen.clear()
    workers = Workers()
    for _ in range(5):
        await invoke(where, {}, workers)
        await asyncio.sleep(0.01)
    assert len(set(seen)) == 1
    assert seen[0] != threading.get_ident()


async def test_a_call_never_waits_for_one_that_hangs() -> None:
    stop = threading.Event()
    started: list[int] = []

    @tool(name="hang")
    def hang() -> Result:
        """Hang."""
        started.append(threading.get_ident())
        stop.wait(30)
        return Nothing()

    workers = Workers()
    hanging = [asyncio.ensure_future(invoke(hang, {}, workers)) for _ in range(12)]
    try:
        await asyncio.wait_for(invoke(where, {}, workers), 10)
        for _ in range(1000):
            if len(started) == 12:
                break
            await asyncio.sleep(0.01)
        assert len(set(started)) == 12
    finally:
        stop.set()
        await asyncio.gather(*hanging)


async def test_threads_end_when_nothing_is_called(monkeypatch) -> None:
    monkeypatch.setattr(Workers, "_IDLE_SECONDS", 0.05)
    before = threading.active_count()
    await asyncio.gather(*(invoke(where, {}, workers) for workers in [Workers()] * 10))
    for _ in range(200):
        if threading.active_count() <= before:
            break
        await asyncio.sleep(0.02)
    assert threading.active_count() <= before


async def test_what_a_call_holds_is_let_go() -> None:
    import weakref

    class Big:
        pass

    held = Big()
    gone = weakref.ref(held)

    @tool(name="keep")
    def keep(value: object = None) -> Result:
        """Take a value."""
        return Nothing()

    workers = Workers()
    await invoke(keep, {"value": held}, workers)
    del held
    for _ in range(100):
        if gone() is None:
            break
        await asyncio.sleep(0.01)
    assert gone() is None
