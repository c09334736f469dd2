"""Lifespans: entered once before first use, left at the end, and no trouble to others when they misbehave."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from engine_parts import Plugin, rate

from tieout.errors import PluginError
from tieout.host import Host
from tieout.plugin import PluginHost, Result, ToolContext, tool
from tieout.registry import PluginState
from tieout.running import ToolRunner, TurnState
from tieout.testing import FakeModel, HostMaker


class Recorded:
    """A plugin whose lifespan writes down what happens."""

    def __init__(self) -> None:
        self.log: list[str] = []

    def plugin(self) -> Plugin:
        """A tool and the lifespan."""

        @tool
        async def use(ctx: ToolContext) -> Result:
            """Uses it."""
            self.log.append("used")
            return Result()

        def lifespan(host: PluginHost) -> Any:
            return self.span(host)

        return Plugin([use], lifespan=lifespan)

    @asynccontextmanager
    async def span(self, host: PluginHost) -> AsyncGenerator[None]:
        """The lifespan."""
        assert host.data_dir.is_dir()
        self.log.append("up")
        try:
            yield
        finally:
            self.log.append("down")


async def use(host: Host, name: str = "p.use") -> Result:
    turn = TurnState(lang="en", emit=lambda _event: None)
    return (await ToolRunner(host, turn).run(host.tool(name), {})).value()


async def test_it_is_entered_once_before_first_use_and_left_at_the_end(make_host: HostMaker) -> None:
    recorded = Recorded()
    host = make_host({"p": recorded.plugin()})
    host.load()
    assert recorded.log == []
    await asyncio.gather(use(host), use(host))
    await host.aclose()
    assert recorded.log == ["up", "used", "used", "down"]


def misbehaving(kind: str) -> Callable[[PluginHost], Any]:
    @asynccontextmanager
    async def hangs(host: PluginHost) -> AsyncGenerator[None]:
        await asyncio.sleep(3600)
        yield

    @asynccontextmanager
    async def raises(host: PluginHost) -> AsyncGenerator[None]:
        raise RuntimeError("no rules")
        yield

    @asynccontextmanager
    async def exits(host: PluginHost) -> AsyncGenerator[None]:
        raise SystemExit(3)
        yield

    def nonsense(host: PluginHost) -> Any:
        return 3

    def crashes(host: PluginHost) -> Any:
        raise KeyError("key")

    return {"hangs": hangs, "raises": raises, "exits": exits, "nonsense": nonsense, "crashes": crashes}[kind]


@pytest.mark.parametrize("kind", ["hangs", "raises", "exits", "nonsense", "crashes"])
async def test_one_that_does_not_start_costs_only_its_plugin(make_host: HostMaker, kind: str) -> None:
    span = misbehaving(kind)

    def lifespan(host: PluginHost) -> Any:
        return span(host)

    host = make_host(
        {"p": Plugin([tool(name="use")(lambda: Result())], lifespan=lifespan), "power": Plugin([rate])},
        settings={"limits": {"plugin_start": 0.1}},
    )
    for _again in range(2):
        with pytest.raises(PluginError) as caught:
            await use_started(host)
        assert caught.value.code == "plugin-start"
        assert "disable p" in caught.value.hint
    assert host.registry.records["p"].state is PluginState.FAILED
    assert "power.rate" in host.tools()
    await asyncio.wait_for(host.aclose(), 10)


async def use_started(host: Host) -> None:
    host.load()
    await host.ensure_started("p")


async def test_an_end_that_hangs_is_cancelled(make_host: HostMaker, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tieout.lifespans._STOP_SECONDS", 0.05)

    @asynccontextmanager
    async def span(host: PluginHost) -> AsyncGenerator[None]:
        yield
        await asyncio.sleep(3600)

    def lifespan(host: PluginHost) -> Any:
        return span(host)

    host = make_host({"p": Plugin(lifespan=lifespan)})
    await use_started(host)
    await asyncio.wait_for(host.aclose(), 10)


def test_one_host_serves_one_event_loop_after_the_other(tmp_path: Path) -> None:
    recorded = Recorded()
    maker = HostMaker(tmp_path)
    host = maker({"p": recorded.plugin()})
    asyncio.run(_use(host))
    asyncio.run(_use(host))
    asyncio.run(host.aclose())
    assert recorded.log == ["up", "used", "down"] * 2


async def _use(host: Host) -> None:
    await use(host)


def test_synchronous_conversations_share_a_started_plugin(tmp_path: Path) -> None:
    recorded = Recorded()
    models = (FakeModel("One.", name="one"), FakeModel("Two.", name="two"))
    host = HostMaker(tmp_path)({"p": recorded.plugin()}, models=models)
    with host.session(model="one") as first, host.session(model="two") as second:
        first._sync(use(host))  # pyright: ignore[reportPrivateUsage]
        second._sync(use(host))  # pyright: ignore[reportPrivateUsage]
        assert first.ask_sync("?").text == "One."
        assert second.ask_sync("?").text == "Two."
        second._sync(host.aclose())  # pyright: ignore[reportPrivateUsage]
    assert recorded.log == ["up", "used", "used", "down"]
