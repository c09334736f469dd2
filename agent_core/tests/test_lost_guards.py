"""Guards that are not at work are said so with every text they would have seen; settings may make them stop it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from engine_parts import Engine, Plugin, rate
from pydantic import BaseModel, ConfigDict

from tieout.cli.groups import run_tool
from tieout.errors import ExitCode, GuardBlocked
from tieout.events import Event, GuardEvent, ToolResultEvent
from tieout.host import Host
from tieout.plugin import (
    Allow,
    Guard,
    GuardInput,
    PluginHost,
    Result,
    Stage,
    ToolContext,
    Verdict,
    hookimpl,
    tool,
)
from tieout.running import Outcome, ToolRunner, TurnState
from tieout.testing import HostMaker

Build = Callable[..., Engine]


class Never(Guard):
    """Allows everything."""

    name = "never"
    stages = frozenset({Stage.PROMPT})

    async def check(self, given: GuardInput) -> Verdict:
        return Allow()


def fails(host: object) -> Any:
    raise RuntimeError("no rules found")


class Wrong:
    """A plugin that brings guards and whose settings forbid what it has not got."""

    class Table(BaseModel):
        model_config = ConfigDict(extra="forbid")
        level: int = 1

    @hookimpl
    def settings(self) -> type[BaseModel]:
        """The table."""
        return self.Table

    @hookimpl
    def guards(self) -> list[Guard]:
        """The guard."""
        return [Never()]


def lost(stop: str | None = None) -> dict[str, Any]:
    """Options of an engine with a guard plugin that does not start."""
    return {
        "plugins": {"watch": Plugin(guards=[Never()], lifespan=fails)},
        "settings": {"guards": {"unknown": stop}} if stop else {},
    }


async def test_every_turn_says_whose_guards_are_lost_and_why(engine: Build) -> None:
    chat = engine("One.", "Two.", **lost())
    for answer in ("One.", "Two."):
        turn = await chat.ask()
        assert turn.text == answer
        (event,) = chat.of(GuardEvent)
        assert (event.guard, event.stage, event.verdict) == ("watch", Stage.PROMPT, "unknown")
        assert "no rules found" in event.message
        assert "tieout plugins disable watch" in event.message


async def test_block_stops_the_turn_before_a_model_sees_it(engine: Build) -> None:
    chat = engine("Never said.", **lost("block"))
    for _again in range(2):
        turn = await chat.ask()
        assert turn.status == "failed"
        assert turn.text == ""
        assert isinstance(turn.error, GuardBlocked)
        assert turn.error.code == "guard-lost"
        assert "no rules found" in turn.error.message
        assert "tieout plugins disable watch" in turn.error.hint
        assert turn.error.exit_code == ExitCode.BLOCKED
    assert chat.model.requests == []


async def test_who_allows_the_unknown_is_not_told(engine: Build) -> None:
    chat = engine("One.", **lost("allow"))
    assert (await chat.ask()).text == "One."
    assert chat.of(GuardEvent) == []


async def test_a_wrong_setting_of_a_guard_plugin_is_no_way_round_it(engine: Build) -> None:
    chat = engine(
        "One.",
        plugins={"watch": Wrong()},
        settings={"plugins": {"watch": {"levle": 3}}, "guards": {"unknown": "block"}},
    )
    turn = await chat.ask()
    assert isinstance(turn.error, GuardBlocked)
    assert "levle" in turn.error.message


def broken(*_arguments: object) -> Any:
    raise RuntimeError("broken")


class BreaksInTools:
    """Its guards are never asked for."""

    tools = hookimpl(broken)
    guards = hookimpl(lambda: [Never()])


class BreaksInGuards:
    """What it brings cannot be said."""

    guards = hookimpl(broken)


class BringsNone:
    """It has no hook for guards."""

    tools = hookimpl(broken)


@pytest.mark.parametrize(
    ("plugin", "said"), [(BreaksInTools, True), (BreaksInGuards, True), (BringsNone, False)]
)
async def test_a_plugin_that_breaks_while_it_loads_may_bring_guards(
    engine: Build, plugin: Callable[[], object], said: bool
) -> None:
    """One that has told that it brings none is nobody's business in a turn."""
    chat = engine("One.", plugins={"watch": plugin()})
    assert (await chat.ask()).text == "One."
    assert [event.guard for event in chat.of(GuardEvent)] == (["watch"] if said else [])


async def call(host: Host, name: str = "power.rate") -> tuple[Outcome, list[Event]]:
    """A call outside of any turn, as from the command line."""
    events: list[Event] = []
    turn = TurnState(lang="en", emit=events.append)
    return await ToolRunner(host, turn).run(host.tool(name), {"region": "x"}), events


async def test_a_call_outside_a_turn_says_it_once(make_host: HostMaker) -> None:
    @tool
    async def twice(region: str, ctx: ToolContext) -> Result:
        """Calls another.

        Args:
            region: Its name.
        """
        return await ctx.call("power.rate", region=region)

    host = make_host({"power": Plugin([rate, twice])} | lost()["plugins"])
    outcome, events = await call(host, "power.twice")
    assert outcome.error is None
    assert [event.guard for event in events if isinstance(event, GuardEvent)] == ["watch"]
    assert [event.stage for event in events if isinstance(event, GuardEvent)] == [Stage.TOOL_CALL]


async def test_block_stops_a_call_outside_a_turn(make_host: HostMaker) -> None:
    ran: list[str] = []

    @tool
    def note(region: str) -> Result:
        """Writes down that it ran.

        Args:
            region: Its name.
        """
        ran.append(region)
        return Result()

    options = lost("block")
    host = make_host({"power": Plugin([note])} | options["plugins"], settings=options["settings"])
    outcome, events = await call(host, "power.note")
    assert isinstance(outcome.error, GuardBlocked)
    assert ran == []
    (result,) = (event for event in events if isinstance(event, ToolResultEvent))
    assert (result.ok, result.code) == (False, "guard-lost")


def test_the_command_line_shows_it_or_ends_with_its_code(
    make_host: HostMaker, capsys: pytest.CaptureFixture[str]
) -> None:
    host = make_host({"power": Plugin([rate])} | lost()["plugins"])
    assert run_tool(host, host.tool("power.rate"), {"region": "x"}, as_json=False) == 0
    shown = capsys.readouterr()
    assert "5.5" in shown.out
    assert "watch" in shown.err
    assert "no rules found" in shown.err
    options = lost("block")
    strict = make_host({"power": Plugin([rate])} | options["plugins"], settings=options["settings"])
    with pytest.raises(GuardBlocked):
        run_tool(strict, strict.tool("power.rate"), {"region": "x"}, as_json=False)


async def test_two_guard_plugins_start_side_by_side(engine: Build) -> None:
    """Each waits for the other, as two that share a server may: one after the other would never start."""
    there = {"a": asyncio.Event(), "b": asyncio.Event()}

    def starting(mine: str, other: str) -> Callable[[PluginHost], Any]:
        @asynccontextmanager
        async def span(host: PluginHost) -> AsyncGenerator[None]:
            there[mine].set()
            await there[other].wait()
            yield

        def lifespan(host: PluginHost) -> Any:
            return span(host)

        return lifespan

    plugins = {
        "a": Plugin(guards=[Never()], lifespan=starting("a", "b")),
        "b": Plugin(guards=[Never()], lifespan=starting("b", "a")),
    }
    chat = engine("One.", plugins=plugins, settings={"limits": {"plugin_start": 5}})
    await chat.ask()
    assert chat.of(GuardEvent) == []


async def test_a_guard_plugin_that_calls_a_tool_while_it_starts_does_not_wait_for_itself(
    engine: Build,
) -> None:
    said: list[str] = []

    @asynccontextmanager
    async def span(host: PluginHost) -> AsyncGenerator[None]:
        said.append((await host.call("power.rate", region="x")).say("en"))
        yield

    def lifespan(host: PluginHost) -> Any:
        return span(host)

    chat = engine(
        "One.",
        plugins={"watch": Plugin(guards=[Never()], lifespan=lifespan)},
        settings={"limits": {"plugin_start": 5}},
    )
    await chat.ask()
    assert said == ["The rate is 5.5 USD."]
    assert chat.of(GuardEvent) == []
