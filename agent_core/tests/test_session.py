"""Conversations: one text everywhere, cancelling keeps what is there, synchronous callers, questions that are none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from engine_parts import Engine, Plugin, cut, eventually, rate
from hypothesis import given, settings
from hypothesis import strategies as st

import tieout
from tieout.errors import InputError, StoreError
from tieout.events import ErrorEvent, TextEvent, TurnDoneEvent, TurnStartedEvent, parse_event
from tieout.host import Host
from tieout.plugin import Allow, Guard, GuardInput, Redact, Stage, Verdict, tool
from tieout.session import stored_turn
from tieout.testing import Call, FakeModel, Hang, HostMaker

Build = Callable[..., Engine]


class Censor(Guard):
    """Takes a word out, line by line."""

    name = "censor"
    stages = frozenset({Stage.OUTPUT})

    async def check(self, given: GuardInput) -> Verdict:
        if "secret" in given.text:
            return Redact(given.text.replace("secret", "[…]"), "a word was taken out")
        return Allow()


async def test_an_answer_is_streamed_stored_and_returned(engine: Build) -> None:
    chat = engine(["Hello ", "there", "."])
    turn = await chat.ask()
    assert turn.status == "done"
    assert await chat.assert_one_text() == "Hello there."
    pieces = [event.text for event in chat.of(TextEvent)]
    assert pieces[0] == "Hello "  # the first piece is shown at once
    assert "".join(pieces) == "Hello there."


@given(
    text=st.text(alphabet="ab \n`.。密é", max_size=40).map(lambda text: text + "secret\nend"),
    places=st.lists(st.integers(0, 60), max_size=12),
)
@settings(max_examples=40, deadline=None)
def test_one_text_however_the_stream_is_cut(
    text: str, places: list[int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    async def ask(pieces: list[str]) -> str:
        folder = tmp_path_factory.mktemp("cut")
        maker = HostMaker(folder)
        chat = Engine(maker, folder, pieces, guards=[Censor()])
        await chat.ask()
        answer = await chat.assert_one_text()
        await maker.aclose()
        return answer

    whole = asyncio.run(ask([text]))
    assert asyncio.run(ask(cut(text, places))) == whole == text.replace("secret", "[…]")


async def test_events_survive_their_json_lines(engine: Build) -> None:
    chat = engine([Call("power.rate", {"region": "Texas"})], "The rate is 5.5 USD.")
    await chat.ask()
    assert [parse_event(event.line()) for event in chat.events] == chat.events


async def test_a_follow_up_sees_the_history(engine: Build) -> None:
    chat = engine("The rate is 5.5.", "As I said.")
    await chat.ask("What is the rate?")
    await chat.ask("Again?")
    said = str(chat.model.requests[1])
    assert "What is the rate?" in said
    assert "The rate is 5.5." in said


async def test_an_earlier_conversation_goes_on_by_the_beginning_of_its_id(engine: Build) -> None:
    chat = engine("First.", "Second.")
    first = await chat.ask("One?")
    later = chat.host.session(session_id=first.session_id[:8])
    turn = await later.ask("Two?")
    assert turn.session_id == first.session_id
    assert "First." in str(chat.model.requests[1])


async def test_an_unknown_conversation_is_an_error(engine: Build) -> None:
    chat = engine("Never said.", session={"session_id": "no-such-conversation"})
    with pytest.raises(StoreError) as caught:
        await chat.session.ask("Anyone?")
    assert caught.value.code == "session-unknown"


async def test_cancel_keeps_the_partial_answer(engine: Build) -> None:
    chat = engine(["The first half", Hang(), " and never this"])

    async def cancel_after_text() -> None:
        await eventually(lambda: bool(chat.of(TextEvent)))
        chat.session.cancel()

    async def follow() -> None:
        chat.events = []
        async for event in chat.session.stream("Tell me."):
            chat.events.append(event)

    await asyncio.gather(follow(), cancel_after_text())
    turn = chat.session.turns[-1]
    assert turn.status == "interrupted"
    assert await chat.assert_one_text() == "The first half"
    assert chat.of(ErrorEvent)[0].code == "interrupted"
    store = await chat.host.store()
    assert (await store.turns(turn.session_id))[-1].status == "interrupted"


async def test_leaving_the_stream_early_keeps_the_partial_answer(engine: Build) -> None:
    chat = engine(["Partial", Hang()])
    stream = chat.session.stream("Tell me.")
    async for event in stream:
        if isinstance(event, TextEvent):
            break
    await stream.aclose()
    assert chat.session.turns[-1].status == "interrupted"
    assert await chat.stored() == "Partial"


async def test_cancelling_the_task_keeps_the_partial_answer(engine: Build) -> None:
    chat = engine(["Partial", Hang()])
    task = asyncio.create_task(chat.ask("Tell me."))
    await eventually(lambda: bool(chat.session._running and chat.session._running._answer))  # pyright: ignore[reportPrivateUsage]
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await chat.stored() == "Partial"


async def test_cancel_stops_a_running_tool(engine: Build) -> None:
    started = asyncio.Event()

    @tool
    async def wait_long() -> Any:
        """Waits."""
        started.set()
        await asyncio.sleep(3600)

    chat = engine(["Looking. ", Call("power.wait_long")], "Never said.", tools=[wait_long])
    task = asyncio.create_task(chat.ask())
    await asyncio.wait_for(started.wait(), 10)
    chat.session.cancel()
    turn = await asyncio.wait_for(task, 10)
    assert turn.status == "interrupted"
    assert await chat.assert_one_text() == "Looking. "


async def test_the_partial_answer_of_an_interrupted_turn_is_in_the_history(engine: Build) -> None:
    chat = engine(["The first half", Hang()], "Then.")
    task = asyncio.create_task(chat.ask("Tell me."))
    await eventually(lambda: bool(chat.session._running and chat.session._running._answer))  # pyright: ignore[reportPrivateUsage]
    await asyncio.sleep(0.05)
    chat.session.cancel()
    await task
    await chat.ask("Go on.")
    assert "The first half" in str(chat.model.requests[1])


async def test_two_questions_at_once_are_refused(engine: Build) -> None:
    chat = engine(["Busy", Hang()])
    task = asyncio.create_task(chat.ask())
    await eventually(lambda: chat.session._running is not None)  # pyright: ignore[reportPrivateUsage]
    with pytest.raises(InputError, match="still answering"):
        await chat.session.ask("And now?")
    chat.session.cancel()
    await task


@pytest.mark.parametrize("question", ["", "  \n\t", "\u3000"])
async def test_an_empty_question_is_refused_before_anything_happens(engine: Build, question: str) -> None:
    chat = engine("Never said.")
    with pytest.raises(InputError) as caught:
        await chat.session.ask(question)
    assert caught.value.code == "question-empty"
    assert not chat.model.requests
    assert await (await chat.host.store()).sessions() == []


async def test_a_question_that_is_too_long_is_refused_with_both_sizes(engine: Build) -> None:
    chat = engine("Never said.", settings={"limits": {"question_chars": 100}})
    with pytest.raises(InputError, match=r"101.*100") as caught:
        await chat.session.ask("x" * 101)
    assert caught.value.code == "question-too-long"
    assert caught.value.hint


def sync_host(tmp_path: Path, *responses: Any) -> Host:
    return HostMaker(tmp_path)({"power": Plugin([rate])}, models=(FakeModel(*responses),))


def test_ask_sync_needs_no_event_loop(tmp_path: Path) -> None:
    with sync_host(tmp_path, "One.", "Two.").session() as session:
        assert session.ask_sync("First?").text == "One."
        assert session.ask_sync("Second?").text == "Two."


async def test_ask_sync_works_inside_a_running_loop(tmp_path: Path) -> None:
    with sync_host(tmp_path, "One.").session() as session:
        assert session.ask_sync("First?").text == "One."


def test_ask_sync_raises_what_ask_raises(tmp_path: Path) -> None:
    with sync_host(tmp_path).session() as session, pytest.raises(InputError):
        session.ask_sync(" ")


async def test_two_hosts_in_one_process_share_nothing(engine: Build) -> None:
    one, two = engine("From one."), engine("From two.", tools=[])
    first, second = await asyncio.gather(one.ask(), two.ask())
    assert (first.text, second.text) == ("From one.", "From two.")
    assert "power.rate" in one.host.tools()
    assert not two.host.tools()
    one.host.redact.register("only-one-knows")
    assert two.host.redact("only-one-knows") == "only-one-knows"


async def test_many_conversations_of_one_host_run_side_by_side(make_host: HostMaker) -> None:
    host = make_host(models=tuple(FakeModel(f"Answer {n}.", name=f"m{n}") for n in range(8)))
    turns = await asyncio.gather(*(host.session(model=f"m{n}").ask("Which?") for n in range(8)))
    assert [turn.text for turn in turns] == [f"Answer {n}." for n in range(8)]
    assert len({turn.session_id for turn in turns}) == 8


async def test_the_first_and_last_events_frame_a_turn(engine: Build) -> None:
    chat = engine("Done.")
    turn = await chat.ask()
    started, done = chat.events[0], chat.events[-1]
    assert isinstance(started, TurnStartedEvent)
    assert isinstance(done, TurnDoneEvent)
    assert started.turn_id == done.turn_id == turn.id
    assert started.local


def test_open_session_is_the_short_way_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TIEOUT_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.chdir(tmp_path)
    with tieout.open_session(model="offline", ephemeral=True, plugins=False) as session:
        assert session.host.store_path
        with pytest.raises(InputError):
            session.ask_sync("")


@pytest.mark.parametrize(
    "spoiled", [{"evidence": [{"id": "e1"}]}, {"marks": [{"start": "x"}]}, {"evidence": [3]}]
)
async def test_what_another_version_stored_beside_an_answer_does_not_keep_it_from_being_read(
    engine: Build, spoiled: dict[str, Any]
) -> None:
    chat = engine([Call("power.rate", {"region": "x"})], "It is 5.5 USD.")
    await chat.ask()
    store = await chat.host.store()
    assert chat.session.session_id is not None
    (record,) = await store.turns(chat.session.session_id)
    whole = stored_turn(record)
    assert whole.marks
    assert whole.evidence
    turn = stored_turn(replace(record, **{name: tuple(value) for name, value in spoiled.items()}))
    assert turn.text == "It is 5.5 USD."
    assert (turn.marks, turn.evidence) == ((), ())
