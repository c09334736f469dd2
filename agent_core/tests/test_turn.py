"""A turn's way to its end: cut streams, failing models, fallbacks, limits, secrets, and what is kept."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from engine_parts import Engine, Plugin
from pydantic_ai.exceptions import ModelHTTPError

from tieout.errors import (
    GuardBlocked,
    ModelConnectionError,
    ModelResponseError,
    ModelUnavailable,
    StoreError,
    TieoutError,
)
from tieout.events import ErrorEvent, TextEvent, TurnDoneEvent, TurnStartedEvent, UsageEvent, WaitingEvent
from tieout.logs import start_logging
from tieout.plugin import ModelSpec, Probe, tool
from tieout.testing import Call, Cut, Fail, FakeModel, Hang, HostMaker

Build = Callable[..., Engine]


# --- cut streams


async def test_a_stream_cut_without_a_reason_is_never_a_whole_answer(engine: Build) -> None:
    chat = engine(["The rate is 5", Cut()])
    turn = await chat.ask()
    assert turn.status == "interrupted"
    assert isinstance(turn.error, ModelResponseError)
    assert turn.error.code == "answer-no-finish-reason"
    assert await chat.assert_one_text() == "The rate is 5"
    assert chat.of(ErrorEvent)[0].hint
    store = await chat.host.store()
    assert (await store.turns(turn.session_id))[-1].status == "interrupted"


async def test_a_tool_call_that_was_cut_off_is_not_run(engine: Build) -> None:
    ran: list[str] = []

    @tool
    def act(what: str) -> Any:
        """Acts.

        Args:
            what: On what.
        """
        ran.append(what)

    chat = engine(["Now: ", Call("power.act", {"what": "everything"}), Cut()], "Never said.", tools=[act])
    turn = await chat.ask()
    assert ran == []
    assert turn.status == "interrupted"
    assert len(chat.model.requests) == 1


async def test_an_answer_that_reached_the_token_limit_is_marked(engine: Build) -> None:
    turn = await engine(["Long", Cut("length")]).ask()
    assert turn.status == "interrupted"
    assert turn.error is not None
    assert turn.error.code == "answer-length"


async def test_the_next_question_can_be_asked_after_a_cut(engine: Build) -> None:
    chat = engine(["Half", Cut()], "Whole.")
    await chat.ask("One?")
    turn = await chat.ask("Two?")
    assert (turn.status, turn.text) == ("done", "Whole.")


async def test_an_error_in_the_middle_keeps_what_arrived(engine: Build) -> None:
    chat = engine(["Some text", Fail(httpx2.ReadError("gone"))])
    turn = await chat.ask()
    assert turn.status in ("failed", "interrupted")
    assert isinstance(turn.error, ModelConnectionError)
    assert await chat.assert_one_text() == "Some text"


async def test_ask_raises_and_the_question_is_kept(engine: Build) -> None:
    chat = engine([Fail(httpx2.ConnectError("no route"))])
    with pytest.raises(ModelConnectionError):
        await chat.session.ask("Are you there?")
    store = await chat.host.store()
    (turn,) = await store.turns(chat.session.session_id or "")
    assert (turn.question, turn.status) == ("Are you there?", "failed")


async def test_a_model_that_answers_nothing_is_no_answer(engine: Build) -> None:
    turn = await engine([], [], []).ask()
    assert turn.status == "failed"
    assert isinstance(turn.error, TieoutError)


# --- which model


async def test_an_unknown_model_names_the_nearest(engine: Build) -> None:
    chat = engine("Never said.", session={"model": "ofline"})
    with pytest.raises(ModelUnavailable, match="offline"):
        await chat.session.ask("Hello?")
    assert isinstance(chat.session.turns[-1].error, ModelUnavailable)


async def test_a_model_that_cannot_be_built_says_why(make_host: HostMaker) -> None:
    def build(_name: str, _context: object) -> Any:
        raise RuntimeError("weights are missing")

    spec = ModelSpec("broken", "cannot be built", build, lambda _name: Probe(False), local=True)
    host = make_host({"m": Plugin(models=lambda: [spec])})
    with pytest.raises(ModelUnavailable, match="weights are missing"):
        await host.session(model="broken").ask("Hello?")


def failing(name: str, *, local: bool) -> FakeModel:
    return FakeModel(*[[Fail(httpx2.ConnectError("down"))]] * 3, name=name, local=local)


async def test_fallback_follows_the_list_and_says_so(engine: Build) -> None:
    second, third = failing("second", local=False), FakeModel("From the third.", name="third", local=False)
    chat = engine(
        [Fail(httpx2.ConnectError("down"))],
        models=[second, third],
        settings={"fallback": ["second", "third"]},
        local=False,
    )
    turn = await chat.ask()
    assert (turn.status, turn.model) == ("done", "third")
    assert await chat.assert_one_text() == "From the third."
    reasons = [event.reason for event in chat.of(WaitingEvent)]
    assert len(reasons) == 2
    assert "second" in reasons[0]
    assert "third" in reasons[1]


async def test_no_fallback_but_those_of_the_list(engine: Build) -> None:
    other = FakeModel("Unasked.", name="other")
    chat = engine([Fail(httpx2.ConnectError("down"))], models=[other])
    turn = await chat.ask()
    assert isinstance(turn.error, ModelConnectionError)
    assert not other.requests
    assert not chat.of(WaitingEvent)


@pytest.mark.parametrize("allowed", [False, True])
async def test_never_from_this_machine_to_a_hosted_model_unasked(engine: Build, allowed: bool) -> None:
    hosted = FakeModel("From far away.", name="hosted", local=False)
    chat = engine(
        [Fail(httpx2.ConnectError("down"))],
        models=[hosted],
        settings={"fallback": ["hosted"], "allow_hosted_fallback": allowed},
        local=True,
    )
    turn = await chat.ask()
    assert bool(hosted.requests) is allowed
    assert (turn.status == "done") is allowed


async def test_after_a_local_fallback_nothing_goes_out_again(engine: Build) -> None:
    local, hosted = failing("near", local=True), FakeModel("Far.", name="far", local=False)
    chat = engine(
        [Fail(httpx2.ConnectError("down"))],
        models=[local, hosted],
        settings={"fallback": ["near", "far"]},
        local=False,
    )
    turn = await chat.ask()
    assert turn.status == "failed"
    assert not hosted.requests


async def test_a_name_in_the_list_that_nobody_brings_is_passed_over(engine: Build) -> None:
    good = FakeModel("Here.", name="good")
    chat = engine(
        [Fail(httpx2.ConnectError("down"))], models=[good], settings={"fallback": ["nobody:x", "good"]}
    )
    turn = await chat.ask()
    assert turn.text == "Here."
    assert any("nobody:x" in event.reason for event in chat.of(WaitingEvent))


async def test_no_fallback_once_text_was_released(engine: Build) -> None:
    other = FakeModel("Another answer.", name="other")
    chat = engine(
        ["Half of it", Fail(httpx2.ReadError("gone"))], models=[other], settings={"fallback": ["other"]}
    )
    await chat.ask()
    assert not other.requests
    assert await chat.assert_one_text() == "Half of it"


async def test_a_refused_key_is_no_reason_to_ask_somebody_else(engine: Build) -> None:
    other = FakeModel("Another answer.", name="other", local=False)
    chat = engine(
        [Fail(ModelHTTPError(401, "fake", {"error": {"message": "bad key"}}))],
        models=[other],
        settings={"fallback": ["other"]},
        local=False,
    )
    await chat.ask()
    assert not other.requests


# --- limits


async def test_an_endless_answer_is_stopped_and_kept(engine: Build) -> None:
    chat = engine(["x" * 600, "y" * 600, "z" * 600], settings={"limits": {"answer_chars": 1000}})
    await chat.ask()
    text = await chat.assert_one_text()
    assert "z" not in text
    assert "1000" in text


async def test_usage_counts_requests_calls_and_tokens(engine: Build) -> None:
    chat = engine([Call("power.rate", {"region": "Texas"})], "5.5 USD.")
    turn = await chat.ask()
    assert turn.usage is not None
    assert (turn.usage.requests, turn.usage.tool_calls, turn.usage.input_tokens) == (2, 1, 20)
    assert chat.of(UsageEvent)[-1] == turn.usage


async def test_the_model_is_offered_only_what_is_for_models(engine: Build) -> None:
    @tool(faces=("cli",))
    def housekeeping() -> Any:
        """Only for people."""

    chat = engine("Done.", tools=[housekeeping])
    await chat.ask()
    assert chat.model.offered == [()]


# --- secrets


async def test_a_key_in_an_error_is_neither_shown_nor_stored_nor_logged(
    engine: Build, tmp_path: Any, caplog: pytest.LogCaptureFixture
) -> None:
    key = "secret-0123456789-abcdef"
    chat = engine([Fail(RuntimeError(f"401 Incorrect API key provided: {key}"))])
    chat.host.redact.register(key)
    log = start_logging(tmp_path / "logs", chat.host.redact)
    logger = logging.getLogger("tieout")
    try:
        turn = await chat.ask()
    finally:
        for handler in list(logger.handlers):
            handler.close()
            logger.removeHandler(handler)
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
    assert turn.status == "failed"
    assert all(key not in event.line() for event in chat.events)
    assert key not in str(turn.error)
    assert log is not None
    assert key not in log.read_text(encoding="utf-8")
    await chat.host.aclose()
    assert all(key.encode() not in file.read_bytes() for file in tmp_path.glob("sessions.db*"))


# --- faults of our own


async def test_a_fault_inside_ends_the_turn_with_an_event(
    engine: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = engine("Never said.")
    monkeypatch.setattr(chat.host, "guards", lambda: 1 / 0)
    turn = await chat.ask()
    assert turn.status == "failed"
    assert turn.error is not None
    assert turn.error.code == "internal"
    assert isinstance(chat.events[-1], TurnDoneEvent)


async def test_a_fault_at_the_very_end_is_raised_and_leaves_nobody_waiting(
    engine: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    chat = engine("An answer.", "Another.")
    store = await chat.host.store()

    async def broken(*_arguments: object, **_options: object) -> None:
        raise ZeroDivisionError("at the end")

    with monkeypatch.context() as patch:
        patch.setattr(store, "finish_turn", broken)
        with pytest.raises(ZeroDivisionError):
            await chat.session.ask("One?")
    assert (await chat.session.ask("Two?")).text == "Another."


async def test_a_fault_of_the_tie_out_does_not_cost_the_answer(
    engine: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_arguments: object) -> Any:
        raise RuntimeError("cannot count")

    monkeypatch.setattr("tieout.turn.tie_out", broken)
    chat = engine("It is 5.")
    turn = await chat.ask()
    assert turn.text == "It is 5."
    assert [event.code for event in chat.of(ErrorEvent)] == ["tie-out"]


async def test_a_store_that_cannot_be_opened_is_said_once_and_costs_no_answer(
    make_host: HostMaker, tmp_path: Any
) -> None:
    path = tmp_path / "sessions.db"
    path.write_bytes(b"this is no database" * 100)
    host = make_host(models=(FakeModel("One.", "Two."),), store_path=path)
    session = host.session()
    codes: list[list[str]] = []
    for question in ("First?", "Second?"):
        events = [event async for event in session.stream(question)]
        assert "".join(event.text for event in events if isinstance(event, TextEvent))
        codes.append([event.code for event in events if isinstance(event, ErrorEvent)])
    assert codes == [["store-corrupt"], []]
    assert path.read_bytes() == b"this is no database" * 100


async def test_the_prompt_guard_error_has_its_exit_code(engine: Build) -> None:
    assert GuardBlocked("x").exit_code == 6
    chat = engine("Done.")
    await chat.ask()
    assert chat.of(TurnStartedEvent)[0].session_id == chat.session.session_id


async def test_a_question_that_could_not_be_stored_leaves_no_half_made_session(
    make_host: HostMaker, tmp_path: Any, monkeypatch: Any
) -> None:
    from tieout.store import SqliteStore

    begin, failures = SqliteStore.begin_turn, [StoreError("the disk is full", code="store-full")]

    async def sometimes(self: SqliteStore, session_id: str, question: str, model: str) -> str:
        if failures:
            raise failures.pop()
        return await begin(self, session_id, question, model)

    monkeypatch.setattr(SqliteStore, "begin_turn", sometimes)
    session = make_host(models=(FakeModel("One.", "Two."),), store_path=tmp_path / "s.db").session()
    with pytest.raises(StoreError, match="full"):
        await session.ask("first")
    again = await session.ask("second")
    assert again.status == "done"
    assert session.session_id == again.session_id


async def test_an_answer_that_could_not_be_stored_is_not_forgotten(engine: Build, monkeypatch: Any) -> None:
    from tieout.store import SqliteStore

    async def full(*_arguments: object, **_options: object) -> None:
        raise StoreError("the disk is full", code="store-full")

    chat = engine("One.", "Two.")
    with monkeypatch.context() as patch:
        patch.setattr(SqliteStore, "finish_turn", full)
        await chat.ask()
    await chat.ask()
    assert chat.host.unstored == "the disk is full"
    assert [event.code for event in chat.of(ErrorEvent)] == []


async def test_what_is_interrupted_and_in_memory_only_is_not_said_to_be_kept(make_host: HostMaker) -> None:
    session = make_host(models=(FakeModel(["Half", Hang()]),)).session()
    said: list[str] = []
    async for event in session.stream("?"):
        if isinstance(event, TextEvent):
            session.cancel()
        if isinstance(event, ErrorEvent):
            said.append(event.message)
    assert said == ["Interrupted; what was written is not stored."]
