"""The engine behind the chat, over a real host with a scripted model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from importlib import import_module
from pathlib import Path

import pytest

from tieout.errors import ModelUnavailable, StoreError
from tieout.events import ErrorEvent, Event, TextEvent, ToolResultEvent, TurnDoneEvent
from tieout.host import Host
from tieout.plugin import Figure, Result, hookimpl, tool
from tieout.running import ApprovalRequest
from tieout.testing import Call, FakeModel, Hang, HostMaker
from tieout_tui.hostengine import HostEngine


class Weight(Result):
    """A weight."""

    advice_notice = True
    weight: Figure


class ScalesPlugin:
    @hookimpl
    def tools(self) -> list:
        @tool
        def weigh(thing: str) -> Weight:
            """Weigh a thing."""
            return Weight(weight=Figure(value=4.5, unit="kg", subject=thing, metric="weight"))

        @tool(effects=("network",))
        def order(thing: str) -> Weight:
            """Order a thing."""
            return Weight(weight=Figure(value=1, subject=thing, metric="ordered"))

        return [weigh, order]


async def nobody(_request: ApprovalRequest) -> bool:
    raise AssertionError("nobody should be asked")


Start = Callable[..., HostEngine]


@pytest.fixture
async def start(make_host: HostMaker, tmp_path: Path) -> AsyncGenerator[Start]:
    opened: list[HostEngine] = []

    def make(
        *models: FakeModel, model: str | None = None, session_id: str | None = None, online: bool = False
    ) -> HostEngine:
        def host() -> Host:
            settings = {"online": online, "policy": {"network": "ask"}}
            return make_host(
                {"scales": ScalesPlugin()}, models=models, settings=settings, store_path=tmp_path / "s.db"
            )

        opened.append(HostEngine(host, model=model, session_id=session_id, lang="en"))
        return opened[-1]

    yield make
    for engine in opened:
        await engine.close()


async def collect(engine: HostEngine, text: str) -> list[Event]:
    return [event async for event in engine.ask(text)]


def text_of(events: list[Event]) -> str:
    return "".join(event.text for event in events if isinstance(event, TextEvent))


async def test_start_tells_model_tools_and_limits(start: Start) -> None:
    ready = await start(FakeModel("hi")).start(nobody)
    assert ready.model.id == "fake"
    assert ready.model.local
    assert ("/scales weigh", "thing") in [(tool.command, tool.usage) for tool in ready.tools]
    assert ready.question_limit == 100_000


async def test_commands_are_explained_in_the_language_of_the_chat(make_host: HostMaker) -> None:
    stocks = import_module("tieout_stock_lookup.plugin")
    engine = HostEngine(lambda: make_host({"stocks": stocks}), model=None, session_id=None, lang="zh")
    ready = await engine.start(nobody)
    await engine.close()
    summaries = {each.command: each.summary for each in ready.tools}
    assert any("\u4e00" <= character <= "\u9fff" for character in summaries["/stocks price"])


async def test_answer_comes_as_events_and_is_stored(start: Start) -> None:
    engine = start(FakeModel([Call("scales.weigh", {"thing": "H100"})], ["It weighs ", "4.5 kg."]))
    await engine.start(nobody)
    events = await collect(engine, "How heavy?")
    assert text_of(events) == "It weighs 4.5 kg."
    assert isinstance(events[-1], TurnDoneEvent)
    assert engine.advice_due
    (stored,) = await engine.sessions()
    assert (stored.title, stored.turns) == ("How heavy?", 1)


async def test_cancel_ends_the_answer_and_keeps_it(start: Start) -> None:
    engine = start(FakeModel(["Half an answer", Hang()]))
    await engine.start(nobody)
    events: list[Event] = []
    async for event in engine.ask("long"):
        events.append(event)
        if isinstance(event, TextEvent):
            engine.cancel()
    assert isinstance(events[-1], TurnDoneEvent)
    assert events[-1].status == "interrupted"
    past = (await engine.open_session((await engine.sessions())[0].id)).past
    assert [(turn.answer, turn.status) for turn in past] == [("Half an answer", "interrupted")]


async def test_cancel_at_once_is_not_lost(start: Start) -> None:
    engine = start(FakeModel([Hang()]))
    await engine.start(nobody)
    events: list[Event] = []

    async def ask() -> None:
        async for event in engine.ask("long"):
            events.append(event)

    task = asyncio.create_task(ask())
    await asyncio.sleep(0)
    engine.cancel()
    await asyncio.wait_for(task, 10)
    assert isinstance(events[-1], TurnDoneEvent | ErrorEvent)


async def test_close_while_answering_stores_the_partial_answer(
    start: Start, make_host: HostMaker, tmp_path: Path
) -> None:
    engine = start(FakeModel(["Half an answer", Hang()]))
    await engine.start(nobody)

    async def ask() -> None:
        async for event in engine.ask("long"):
            if isinstance(event, TextEvent):
                said.set()

    said = asyncio.Event()
    task = asyncio.create_task(ask())
    await asyncio.wait_for(said.wait(), 10)
    await engine.close()
    await asyncio.wait_for(task, 5)
    store = await make_host(store_path=tmp_path / "s.db").store()
    (session,) = await store.sessions()
    assert [(turn.answer, turn.status) for turn in await store.turns(session.id)] == [
        ("Half an answer", "interrupted")
    ]


async def test_slash_command_runs_its_tool(start: Start) -> None:
    engine = start(FakeModel("unused"))
    await engine.start(nobody)
    events = await collect(engine, '/scales weigh "a rack of cards"')
    (result,) = [event for event in events if isinstance(event, ToolResultEvent)]
    assert result.ok
    assert result.card is not None
    assert engine.advice_due


@pytest.mark.parametrize(
    ("line", "code"), [("/scales", "input"), ("/nope x", "tool-unavailable"), ('/scales "', "input")]
)
async def test_wrong_slash_command_is_an_error_event(start: Start, line: str, code: str) -> None:
    engine = start(FakeModel("unused"))
    await engine.start(nobody)
    (event,) = await collect(engine, line)
    assert isinstance(event, ErrorEvent)
    assert event.code == code


async def test_permission_is_asked_on_the_screen(start: Start) -> None:
    engine = start(FakeModel("unused"), online=True)
    asked: list[ApprovalRequest] = []
    loop = asyncio.get_running_loop()

    async def approve(request: ApprovalRequest) -> bool:
        assert asyncio.get_running_loop() is loop
        asked.append(request)
        return len(asked) > 1

    await engine.start(approve)
    refused, allowed = await collect(engine, "/scales order x"), await collect(engine, "/scales order x")
    results = [event for event in refused + allowed if isinstance(event, ToolResultEvent)]
    assert [event.ok for event in results] == [False, True]
    assert asked[0].tool == "scales.order"


async def test_conversation_goes_on_under_its_id(start: Start) -> None:
    first = start(FakeModel("one", "two"))
    await first.start(nobody)
    await collect(first, "first question")
    session_id = (await first.sessions())[0].id
    fresh = await first.new_session()
    assert fresh.past == ()
    ready = await first.open_session(session_id)
    assert [(turn.question, turn.answer) for turn in ready.past] == [("first question", "one")]
    await collect(first, "second question")
    assert [session.turns for session in await first.sessions()] == [2]


async def test_unknown_conversation_and_model_are_errors_at_the_start(start: Start) -> None:
    with pytest.raises(StoreError):
        await start(FakeModel("x"), session_id="nope").start(nobody)
    with pytest.raises(ModelUnavailable):
        await start(FakeModel("x"), model="nope:x").start(nobody)


async def test_model_is_switched(start: Start) -> None:
    engine = start(FakeModel("from one", name="one"), FakeModel("from two", name="two", local=False))
    await engine.start(nobody)
    assert text_of(await collect(engine, "a")) == "from one"
    info = await engine.switch_model("two")
    assert (info.id, info.local) == ("two", False)
    assert text_of(await collect(engine, "b")) == "from two"
    with pytest.raises(ModelUnavailable):
        await engine.switch_model("three")
    assert any(line.startswith("one — usable — this machine") for line in await engine.models())


async def test_it_tells_what_is_not_stored_before_and_after_the_end(start: Start, tmp_path: Path) -> None:
    (tmp_path / "s.db").write_bytes(b"this is no database" * 100)
    engine = start(FakeModel("One."))
    await engine.start(nobody)
    events = await collect(engine, "First?")
    assert [event.code for event in events if isinstance(event, ErrorEvent)] == ["store-corrupt"]
    assert "s.db" in engine.unstored
    await engine.close()
    assert "s.db" in engine.unstored


async def test_it_says_nothing_is_lost_while_nothing_is(start: Start) -> None:
    engine = start(FakeModel("One."))
    await engine.start(nobody)
    await collect(engine, "First?")
    assert engine.unstored == ""


async def test_a_reopened_conversation_brings_the_sources_of_every_answer(start: Start) -> None:
    """Those that an answer took from an earlier one too."""
    script = ([Call("scales.weigh", {"thing": "H100"})], "It weighs 4.5 kg.", "As I said, 4.5 kg.")
    engine = start(FakeModel(*script))
    await engine.start(nobody)
    for question in ("How heavy?", "Again?"):
        await collect(engine, question)
    (session,) = await engine.sessions()
    past = (await engine.open_session(session.id)).past
    assert [turn.answer for turn in past] == ["It weighs 4.5 kg.", "As I said, 4.5 kg."]
    for turn in past:
        (mark,) = turn.marks
        (tied,) = (item for item in turn.evidence if item.id == mark.evidence)
        assert (tied.figure.value, tied.figure.unit, tied.tool) == (4.5, "kg", "scales.weigh")
