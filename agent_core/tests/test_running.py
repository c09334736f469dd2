"""Running a tool: bad arguments, faults, time, approvals and limits each end in one clear outcome."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable, Iterable
from typing import Annotated, Any

import pytest
from engine_parts import Engine, Plugin, Rate, eventually, rate

from tieout.errors import ApprovalNeeded, InputError, ToolError, ToolTimeout, ToolUnavailable
from tieout.events import (
    ApprovalEvent,
    Event,
    EvidenceEvent,
    ToolProgressEvent,
    ToolResultEvent,
    ToolStartedEvent,
)
from tieout.host import Host
from tieout.plugin import (
    Allow,
    Card,
    Effect,
    Figure,
    Guard,
    GuardInput,
    Result,
    Slot,
    Stage,
    ToolContext,
    Verdict,
    tool,
)
from tieout.running import ApprovalRequest, Outcome, ToolRunner, TurnState
from tieout.testing import Call, HostMaker

Build = Callable[..., Engine]


class Run:
    """One host with tools, and a turn to call them in."""

    def __init__(self, make_host: HostMaker, tools: Iterable[Any], **options: Any) -> None:
        settings = options.pop("settings", {})
        self.host: Host = make_host({"t": Plugin(tools), **options.pop("plugins", {})}, settings=settings)
        self.events: list[Event] = []
        self.turn = TurnState(lang="en", emit=self.events.append, **options)

    async def __call__(self, name: str, /, **arguments: object) -> Outcome:
        """Call a tool of the plugin."""
        return await ToolRunner(self.host, self.turn).run(self.host.tool(f"t.{name}"), arguments)

    def of(self, kind: type[Any]) -> list[Any]:
        """The events of one kind."""
        return [event for event in self.events if isinstance(event, kind)]


@tool
def tokens(count: Annotated[float, Slot("quantity", unit="token", example="15T tokens")]) -> Rate:
    """Counts.

    Args:
        count: How many.
    """
    return Rate(rate=Figure(value=count, unit="token"))


async def test_a_result_comes_with_card_and_evidence(make_host: HostMaker) -> None:
    run = Run(make_host, [rate])
    outcome = await run("rate", region="Texas")
    assert isinstance(outcome.value(), Rate)
    assert "5.5" in outcome.for_model
    assert [type(event) for event in run.events] == [ToolStartedEvent, ToolResultEvent, EvidenceEvent]
    (shown,) = run.of(ToolResultEvent)
    assert shown.ok
    assert shown.card.blocks
    assert shown.result["rate"]["value"] == 5.5


async def test_text_with_a_unit_is_an_argument(make_host: HostMaker) -> None:
    result = (await Run(make_host, [tokens])("tokens", count="15T tokens")).value()
    assert isinstance(result, Rate)
    assert result.rate.value == 15e12


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "count"),
        ({"count": "many"}, "many"),
        ({"count": "15 GB"}, "count"),
        ({"count": 1, "other": 2}, "other"),
    ],
)
async def test_wrong_arguments_name_the_argument_and_give_an_example(
    make_host: HostMaker, arguments: dict[str, object], message: str
) -> None:
    run = Run(make_host, [tokens])
    outcome = await run("tokens", **arguments)
    assert isinstance(outcome.error, InputError)
    assert outcome.error.code == "tool-arguments"
    assert message in str(outcome.error)
    assert "tool-arguments" in outcome.for_model
    if "other" not in arguments:
        assert "15T tokens" in outcome.error.hint


@pytest.mark.parametrize("raw", ["{", "[]", "3", '"x"', "null", '{"count": NaN}'])
async def test_arguments_that_are_no_object_are_an_error(make_host: HostMaker, raw: str) -> None:
    run = Run(make_host, [tokens])
    outcome = await ToolRunner(run.host, run.turn).run(run.host.tool("t.tokens"), raw)
    assert isinstance(outcome.error, InputError)


def raises(error: BaseException) -> Callable[[], Any]:
    def fail() -> Any:
        """Fails."""
        raise error

    return fail


class Unsayable(Result):
    """A result whose sentence fails."""

    def say(self, lang: str = "en") -> str:
        raise KeyError("no such text")


class Undrawable(Result):
    """A result whose card fails."""

    def card(self, lang: str = "en") -> Card:
        raise ZeroDivisionError


FAULTS: dict[str, tuple[Callable[[], Any], str]] = {
    "raises": (raises(RuntimeError("boom")), "tool-crashed"),
    "exits": (raises(SystemExit(2)), "tool-crashed"),
    "stops an iteration": (raises(StopIteration()), "tool-crashed"),
    "has a timeout of its own": (raises(TimeoutError("socket")), "tool-crashed"),
    "returns a word": (lambda: "a word", "tool-contract"),
    "returns nothing": (lambda: None, "tool-contract"),
    "cannot say its result": (lambda: Unsayable(), "tool-crashed"),
    "cannot draw its result": (lambda: Undrawable(), "tool-crashed"),
    "refuses": (raises(ToolError("no data for that")), "tool"),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
async def test_a_fault_costs_only_the_call(make_host: HostMaker, fault: str, asynchronous: bool) -> None:
    function, code = FAULTS[fault]

    async def awaited() -> Any:
        """Fails."""
        return function()

    declared = tool(name="faulty")(awaited if asynchronous else function)
    run = Run(make_host, [declared, rate])
    outcome = await run("faulty")
    assert isinstance(outcome.error, ToolError)
    assert outcome.error.code == code
    assert outcome.for_model.startswith(f"error ({code})")
    (event,) = run.of(ToolResultEvent)
    assert (event.ok, event.code) == (False, code)
    assert (await run("rate", region="Texas")).error is None


async def test_the_model_is_told_of_a_fault_and_can_go_on(engine: Build) -> None:
    broken = tool(name="broken")(raises(RuntimeError("boom")))
    chat = engine([Call("power.broken")], "I have no number.", tools=[broken])
    turn = await chat.ask()
    assert turn.status == "done"
    assert await chat.assert_one_text() == "I have no number."
    assert "boom" in str(chat.model.requests[1])


async def test_a_call_of_a_tool_that_does_not_exist_is_told_to_the_model(engine: Build) -> None:
    chat = engine([Call("power.nothing")], "There is no such tool.")
    turn = await chat.ask()
    assert turn.status == "done"
    assert turn.text == "There is no such tool."


@pytest.mark.parametrize("asynchronous", [False, True], ids=["sync", "async"])
async def test_a_tool_that_hangs_is_given_up_on_and_told(make_host: HostMaker, asynchronous: bool) -> None:
    told = threading.Event()

    @tool(timeout=0.05, name="hang")
    def hang(ctx: ToolContext) -> Any:
        """Hangs."""
        while not ctx.cancelled:
            time.sleep(0.005)
        told.set()

    @tool(timeout=0.05, name="hang")
    async def hang_async() -> Any:
        """Hangs."""
        await asyncio.sleep(3600)

    outcome = await Run(make_host, [hang_async if asynchronous else hang])("hang")
    assert isinstance(outcome.error, ToolTimeout)
    assert "0.05 s" in str(outcome.error)
    if not asynchronous:
        await eventually(told.is_set)


async def test_many_hanging_tools_leave_room_for_others(make_host: HostMaker) -> None:
    over = threading.Event()

    @tool(timeout=0.05)
    def hang() -> Any:
        """Hangs in a thread."""
        over.wait(30)

    run = Run(make_host, [hang, rate])
    await asyncio.gather(*(run("hang") for _n in range(40)))
    assert (await asyncio.wait_for(run("rate", region="Texas"), 10)).error is None
    over.set()


async def test_a_huge_result_is_cut_for_the_model_and_whole_for_the_caller(make_host: HostMaker) -> None:
    @tool
    def huge() -> Result:
        """Says a lot."""
        return Result(notes=("x" * 500_000,))

    run = Run(make_host, [huge], settings={"limits": {"tool_result_chars": 1000}})
    outcome = await run("huge")
    assert len(outcome.for_model) < 1100
    assert "cut" in outcome.for_model
    assert len(outcome.value().notes[0]) == 500_000


async def test_a_result_with_thousands_of_figures_is_settled_in_reasonable_time(make_host: HostMaker) -> None:
    class Many(Result):
        figures_of: list[Figure]

    @tool
    def many() -> Many:
        """Returns many."""
        return Many(figures_of=[Figure(value=float(n), metric=f"m{n}") for n in range(5000)])

    run = Run(make_host, [many])
    outcome = await asyncio.wait_for(run("many"), 20)
    assert outcome.error is None
    assert len(run.of(EvidenceEvent)) == 5000


# --- effects and approval


@tool(effects=("write",))
def write() -> Result:
    """Writes."""
    return Result(notes=("written",))


@tool(effects=("network",))
def fetch() -> Result:
    """Fetches."""
    return Result(notes=("fetched",))


async def test_without_anybody_to_ask_an_approval_is_needed(make_host: HostMaker) -> None:
    run = Run(make_host, [write])
    with pytest.raises(ApprovalNeeded) as caught:
        await run("write")
    assert (caught.value.tool, caught.value.effect) == ("t.write", "write")
    assert "--approve write" in caught.value.hint
    assert run.of(ApprovalEvent)[0].decision == "denied"
    assert not run.of(ToolResultEvent)[0].ok


async def test_a_turn_ends_where_an_approval_is_needed(engine: Build) -> None:
    chat = engine(["Saving. ", Call("power.write")], "Never said.", tools=[write])
    with pytest.raises(ApprovalNeeded):
        await chat.session.ask("Save it.")
    assert chat.session.turns[-1].text == "Saving. "
    assert chat.session.turns[-1].status == "failed"


@pytest.mark.parametrize("answer", [True, False])
async def test_the_callback_decides(engine: Build, answer: bool) -> None:
    asked: list[ApprovalRequest] = []

    async def decide(request: ApprovalRequest) -> bool:
        asked.append(request)
        return answer

    chat = engine([Call("power.write")], "Done.", tools=[write], session={"on_approval": decide})
    turn = await chat.ask()
    assert [(request.tool, request.effect) for request in asked] == [("power.write", Effect.WRITE)]
    (event,) = chat.of(ApprovalEvent)
    assert (event.decision, event.by) == ("approved" if answer else "denied", "user")
    assert bool(turn.results) is answer
    assert turn.status == "done"


async def test_an_effect_can_be_approved_beforehand(engine: Build) -> None:
    chat = engine([Call("power.write")], "Done.", tools=[write], session={"approve": ["write"]})
    assert (await chat.ask()).results
    assert chat.of(ApprovalEvent)[0].by == "option"


async def test_policy_can_allow_and_deny(make_host: HostMaker) -> None:
    allowed = await Run(make_host, [write], settings={"policy": {"write": "allow"}})("write")
    assert allowed.error is None
    denied = await Run(make_host, [write], settings={"policy": {"write": "deny"}})("write")
    assert denied.error is not None
    assert denied.error.code == "effect-denied"


async def test_nothing_reaches_the_network_while_offline(make_host: HostMaker) -> None:
    run = Run(make_host, [fetch], settings={"policy": {"network": "allow"}}, approved=frozenset(Effect))
    outcome = await run("fetch")
    assert outcome.error is not None
    assert outcome.error.code == "effect-denied"
    assert "online" in outcome.error.hint
    online = Run(make_host, [fetch], settings={"online": True, "policy": {"network": "allow"}})
    assert (await online("fetch")).error is None


async def test_every_effect_of_a_tool_is_asked_about(make_host: HostMaker) -> None:
    asked: list[Effect] = []

    async def decide(request: ApprovalRequest) -> bool:
        asked.append(request.effect)
        return True

    both = tool(name="both", effects=("write", "spend", "read"))(write.function)
    await Run(make_host, [both], approve=decide)("both")
    assert set(asked) == {Effect.WRITE, Effect.SPEND}


# --- tools that call tools


@tool
async def relay(ctx: ToolContext, name: str) -> Result:
    """Calls another.

    Args:
        name: Which.
    """
    return await ctx.call(name)


async def test_a_tool_reaches_another_plugin_by_name(make_host: HostMaker) -> None:
    @tool
    async def twice(ctx: ToolContext) -> Rate:
        """Twice the rate."""
        found = await ctx.call("power.rate", region="Texas")
        assert isinstance(found, Rate)
        return Rate(rate=found.rate.model_copy(update={"value": 2 * found.rate.value}))

    run = Run(make_host, [twice], plugins={"power": Plugin([rate])})
    result = (await run("twice")).value()
    assert isinstance(result, Rate)
    assert result.rate.value == 11
    assert len(run.of(EvidenceEvent)) == 1  # what the inner call found is the outer tool's to use


async def test_an_unknown_tool_names_the_nearest(make_host: HostMaker) -> None:
    run = Run(make_host, [relay, rate])
    outcome = await run("relay", name="t.rat")
    assert isinstance(outcome.error, ToolUnavailable)
    assert "t.rate" in str(outcome.error)


async def test_calls_pass_policy_on_every_level(make_host: HostMaker) -> None:
    with pytest.raises(ApprovalNeeded):
        await Run(make_host, [relay, write])("relay", name="t.write")


async def test_calls_in_a_circle_end(make_host: HostMaker) -> None:
    @tool
    async def circle(ctx: ToolContext) -> Result:
        """Calls itself."""
        return await ctx.call("t.circle")

    outcome = await Run(make_host, [circle])("circle")
    assert outcome.error is not None
    assert outcome.error.code == "tool-depth"


async def test_calls_of_tools_by_tools_count_to_the_limit(make_host: HostMaker) -> None:
    @tool
    async def greedy(ctx: ToolContext) -> Result:
        """Calls and calls."""
        for _n in range(100):
            await ctx.call("t.rate", region="Texas")
        return Result()

    run = Run(make_host, [greedy, rate], settings={"limits": {"tool_calls": 5}})
    outcome = await run("greedy")
    assert outcome.error is not None
    assert outcome.error.code == "tool-limit"
    assert run.turn.calls == 6


async def test_a_turn_has_twenty_tool_calls(engine: Build) -> None:
    calls = [[Call("power.rate", {"region": str(n)})] for n in range(30)]
    chat = engine(*calls, "Never said.", settings={"limits": {"requests": 100}})
    turn = await chat.ask()
    assert turn.status == "failed"
    assert turn.error is not None
    assert turn.error.code == "model-usage-limit"
    assert len(turn.results) == 20


async def test_a_turn_has_a_limit_of_requests(engine: Build) -> None:
    calls = [[Call("power.rate", {"region": str(n)})] for n in range(30)]
    chat = engine(*calls, settings={"limits": {"requests": 3}})
    turn = await chat.ask()
    assert turn.error is not None
    assert turn.error.code == "model-usage-limit"
    assert len(chat.model.requests) == 3


# --- what a tool is given


async def test_a_tool_reports_progress_and_sees_the_question(engine: Build) -> None:
    seen: list[object] = []

    @tool
    def look(ctx: ToolContext) -> Result:
        """Looks around."""
        ctx.progress(1, 2, "half")
        seen.extend([ctx.question, ctx.lang, ctx.online, ctx.data_dir.is_dir(), ctx.cancelled])
        return Result()

    chat = engine([Call("power.look")], "Done.", tools=[look])
    await chat.ask("What do you see?")
    assert seen == ["What do you see?", "en", False, True, False]
    (progress,) = chat.of(ToolProgressEvent)
    assert (progress.done, progress.total, progress.message) == (1, 2, "half")


async def test_secrets_do_not_leave_by_a_tools_error(make_host: HostMaker) -> None:
    key = "super-secret-value-0123"
    leak = tool(name="leak")(raises(ToolError(f"the service refused {key}")))
    crash = tool(name="crash")(raises(RuntimeError(f"401 for {key}")))
    run = Run(make_host, [leak, crash])
    run.host.redact.register(key)
    for name in ("leak", "crash"):
        outcome = await run(name)
        assert key not in outcome.for_model
        assert "[redacted]" in outcome.for_model
    assert all(key not in event.line() for event in run.events)


async def test_a_guard_is_told_what_a_call_does_to_the_world(make_host: HostMaker) -> None:
    seen: list[frozenset[Effect]] = []

    class Watching(Guard):
        name = "watching"
        stages = frozenset({Stage.TOOL_CALL})

        async def check(self, given: GuardInput) -> Verdict:
            seen.append(given.effects)
            return Allow()

    @tool(effects_when={"write": "write"})
    def store(write: bool = False) -> Rate:
        """Stores, if asked to.

        Args:
            write: Whether to.
        """
        return Rate(rate=Figure(value=1.0, unit="token"))

    run = Run(make_host, [store], plugins={"g": Plugin(guards=[Watching()])}, approve=lambda _request: True)
    await run("store")
    await run("store", write=True)
    assert seen == [{Effect.READ}, {Effect.READ, Effect.WRITE}]
