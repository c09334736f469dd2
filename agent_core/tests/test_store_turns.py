"""Turns, drafts, sessions and search, as the session engine and the command line use them."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic_ai.conversation import Conversation
from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, UserPromptPart

from tieout.errors import StoreError
from tieout.store import Session, SessionStore, SqliteStore, Turn

ANY_TEXT = st.text(st.characters(exclude_categories=()))  # with lone surrogates and NUL


async def answered(store: SqliteStore, session_id: str, question: str, answer: str) -> Turn:
    turn_id = await store.begin_turn(session_id, question, "offline")
    return await store.finish_turn(turn_id, status="done", answer=answer)


def everything_in(folder: Path) -> bytes:
    return b"".join(file.read_bytes() for file in folder.iterdir())


async def test_question_is_stored_before_any_answer(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "store.db") as store:
        turn_id = await store.begin_turn("s1", "How many FLOPs?", "openai:gpt")
        async with SqliteStore(tmp_path / "store.db") as another:
            turn = await another.turn(turn_id)
    assert (turn.question, turn.answer, turn.status, turn.model) == (
        "How many FLOPs?",
        "",
        "running",
        "openai:gpt",
    )


async def test_running_turn_shows_its_draft() -> None:
    async with SqliteStore.in_memory() as store:
        turn_id = await store.begin_turn("s1", "q", "m")
        await store.update_draft(turn_id, "6.3e24", evidence=[{"figure": 1}])
        turn = await store.turn(turn_id)
    assert turn.answer == "6.3e24"
    assert turn.evidence == ({"figure": 1},)
    assert turn.ended_at is None


async def test_finished_turn_keeps_everything_it_was_given() -> None:
    async with SqliteStore.in_memory() as store:
        turn_id = await store.begin_turn("s1", "q", "m")
        await store.update_draft(turn_id, "half")
        turn = await store.finish_turn(
            turn_id,
            status="done",
            answer="whole",
            usage={"input_tokens": 7},
            evidence=[{"value": 2.5}],
            marks=[{"start": 0, "kind": "tied"}],
        )
    assert turn.answer == "whole"
    assert turn.status == "done"
    assert turn.usage == {"input_tokens": 7}
    assert turn.evidence == ({"value": 2.5},)
    assert turn.marks == ({"start": 0, "kind": "tied"},)
    assert turn.ended_at is not None
    assert turn.ended_at >= turn.started_at
    assert not turn.recovered


async def test_finishing_twice_keeps_the_first_end() -> None:
    async with SqliteStore.in_memory() as store:
        turn = await answered(store, "s1", "q", "first")
        again = await store.finish_turn(turn.id, status="interrupted", answer="second")
        conversation = await store.load("s1")
    assert again == turn
    assert conversation is not None
    assert len(conversation.messages) == 2


async def test_finishing_saves_the_conversation_of_the_run() -> None:
    messages = [ModelRequest(parts=[UserPromptPart("q")]), ModelResponse(parts=[TextPart("a")])]
    async with SqliteStore.in_memory() as store:
        turn_id = await store.begin_turn("s1", "q", "m")
        conversation = Conversation(conversation_id="s1", messages=list(messages))
        turn = await store.finish_turn(turn_id, status="done", answer="a", conversation=conversation)
        loaded = await store.load("s1")
        entries = await store.load_entries("s1")
    assert loaded is not None
    assert entries is not None
    assert loaded.messages == messages
    assert turn.last_entry_id == entries[-1].id


async def test_failed_turn_without_answer_leaves_the_conversation_alone() -> None:
    async with SqliteStore.in_memory() as store:
        turn_id = await store.begin_turn("s1", "q", "m")
        turn = await store.finish_turn(turn_id, status="failed", answer="")
        assert await store.load("s1") is None
    assert turn.status == "failed"
    assert turn.last_entry_id is None


@pytest.mark.parametrize(("status", "state"), [("done", "complete"), ("interrupted", "interrupted")])
async def test_turn_without_conversation_tells_the_model_what_was_said(status: str, state: str) -> None:
    async with SqliteStore.in_memory() as store:
        turn_id = await store.begin_turn("s1", "q", "m")
        await store.finish_turn(turn_id, status=status, answer="so far")  # type: ignore[arg-type]
        conversation = await store.load("s1")
    assert conversation is not None
    request, response = conversation.messages
    assert isinstance(request, ModelRequest)
    assert request.parts[0].content == "q"  # type: ignore[union-attr]
    assert isinstance(response, ModelResponse)
    assert (response.text, response.state) == ("so far", state)


async def test_turn_saved_by_another_meanwhile_is_not_lost() -> None:
    async with SqliteStore.in_memory() as store:
        await answered(store, "s1", "q0", "a0")
        ours = await store.load("s1")
        assert ours is not None
        turn_id = await store.begin_turn("s1", "q1", "m")
        await answered(store, "s1", "q2", "a2")
        ours.messages += [ModelRequest(parts=[UserPromptPart("q1")]), ModelResponse(parts=[TextPart("a1")])]
        await store.finish_turn(turn_id, status="done", answer="a1", conversation=ours)
        conversation = await store.load("s1")
    assert conversation is not None
    said = [message.parts[0].content for message in conversation.messages]  # type: ignore[union-attr]
    assert said == ["q0", "a0", "q2", "a2", "q1", "a1"]
    assert conversation.usage.requests == 3


async def test_message_that_cannot_be_written_does_not_cost_the_answer() -> None:
    endless: dict[str, object] = {}
    endless["self"] = endless
    messages = [
        ModelRequest(parts=[UserPromptPart("q")]),
        ModelResponse(parts=[TextPart("a")], metadata=endless),
    ]
    async with SqliteStore.in_memory() as store:
        turn_id = await store.begin_turn("s1", "q", "m")
        conversation = Conversation(conversation_id="s1", messages=list(messages))
        turn = await store.finish_turn(turn_id, status="done", answer="a", conversation=conversation)
        loaded = await store.load("s1")
    assert (turn.status, turn.answer) == ("done", "a")
    assert loaded is not None
    assert len(loaded.messages) == 2


async def test_cancelled_caller_does_not_stop_the_end_of_a_turn(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    async with SqliteStore(path) as store:
        turn_id = await store.begin_turn("s1", "q", "m")
        task = asyncio.ensure_future(store.finish_turn(turn_id, status="done", answer="a"))
        await asyncio.sleep(0)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    async with SqliteStore(path) as store:
        turn = await store.turn(turn_id)
    assert (turn.status, turn.answer) == ("done", "a")


async def test_unknown_turn_is_an_error_and_saves_nothing() -> None:
    async with SqliteStore.in_memory() as store:
        conversation = Conversation(
            conversation_id="s1", messages=[ModelRequest(parts=[UserPromptPart("q")])]
        )
        with pytest.raises(StoreError) as caught:
            await store.finish_turn("0000", status="done", answer="a", conversation=conversation)
        assert await store.load("s1") is None
    assert caught.value.code == "turn-unknown"


@given(question=ANY_TEXT, answer=ANY_TEXT, evidence=ANY_TEXT)
def test_text_comes_back_as_it_was_given(question: str, answer: str, evidence: str) -> None:
    async def check() -> None:
        async with SqliteStore.in_memory() as store:
            turn_id = await store.begin_turn("s1", question, question)
            await store.update_draft(turn_id, answer, evidence=[{"quote": evidence}])
            draft = await store.turn(turn_id)
            turn = await store.finish_turn(
                turn_id, status="interrupted", answer=answer, evidence=[{evidence: evidence}]
            )
            conversation = await store.load("s1")
            await store.search(question + answer)
        assert (draft.question, draft.answer, draft.evidence) == (question, answer, ({"quote": evidence},))
        assert (turn.question, turn.answer, turn.model) == (question, answer, question)
        assert turn.evidence == ({evidence: evidence},)
        assert conversation is not None
        request, response = conversation.messages
        assert request.parts[0].content == question  # type: ignore[union-attr]
        assert isinstance(response, ModelResponse)
        assert (response.text or "") == answer

    asyncio.run(check())


async def test_session_takes_its_title_from_the_first_question() -> None:
    async with SqliteStore.in_memory() as store:
        named = await store.create_session(title="Mine")
        empty = await store.create_session()
        for session in (named, empty):
            await store.begin_turn(session.id, "  What is\n MFU?  " + "x" * 500, "m")
        titles = {session.id: session.title for session in await store.sessions()}
    assert titles[named.id] == "Mine"
    assert titles[empty.id].startswith("What is MFU? xxx")
    assert len(titles[empty.id]) == 80


async def test_sessions_are_listed_by_last_use() -> None:
    async with SqliteStore.in_memory() as store:
        for session_id in ("one", "two", "three"):
            await answered(store, session_id, "q", "a")
        await answered(store, "one", "q", "a")
        listed = await store.sessions()
        first = await store.sessions(limit=1)
    assert [(session.id, session.turns) for session in listed] == [("one", 2), ("three", 1), ("two", 1)]
    assert first == listed[:1]


async def test_session_is_named_by_a_unique_prefix() -> None:
    async with SqliteStore.in_memory() as store:
        for session_id in ("abc1", "abc2", "abc", "b\u4e2d"):
            await store.begin_turn(session_id, "q", "m")
        assert (await store.session("b")).id == "b\u4e2d"
        assert (await store.session("abc")).id == "abc"  # exact before prefix
        with pytest.raises(StoreError) as several:
            await store.session("ab")
        for absent in ("", "zz", "%", "_", "\ud800"):
            with pytest.raises(StoreError) as none:
                await store.session(absent)
            assert none.value.code == "session-unknown"
    assert several.value.code == "session-ambiguous"
    assert "abc1" in several.value.message


async def test_renamed_session_keeps_its_name() -> None:
    async with SqliteStore.in_memory() as store:
        await answered(store, "s1", "q", "a")
        assert (await store.rename_session("s", "算力")).title == "算力"
        await answered(store, "s1", "q2", "a")
        assert (await store.session("s1")).title == "算力"


async def test_deleted_session_leaves_nothing_behind(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    async with SqliteStore(path) as store:
        await answered(store, "s1", "a question on xylophones", "an answer on xylophones")
        await answered(store, "s2", "q", "a")
        await store.delete_session("s1")
        assert [session.id for session in await store.sessions()] == ["s2"]
        assert await store.turns("s1") == []
        assert await store.load("s1") is None
        assert await store.search("xylophones") == []
    assert b"xylophone" not in everything_in(tmp_path)


async def test_session_in_mid_turn_is_deleted_only_by_force() -> None:
    async with SqliteStore.in_memory() as store:
        turn_id = await store.begin_turn("s1", "q", "m")
        with pytest.raises(StoreError) as caught:
            await store.delete_session("s1")
        assert (await store.turn(turn_id)).status == "running"
        await store.delete_session("s1", force=True)
        assert await store.sessions() == []
    assert caught.value.code == "session-busy"


async def test_two_character_chinese_query_finds_its_session() -> None:
    async with SqliteStore.in_memory() as store:
        await answered(store, "s1", "金山办公的股票代码是什么?", "688111")
        await answered(store, "s2", "MFU 是多少?", "约 40%,见浪潮信息的报告")
        await answered(store, "s3", "办理金山的公务", "无关")
        by_question = await store.search("办公")
        by_answer = await store.search("浪潮")
        by_number = await store.search("688111")
    assert [(hit.session_id, hit.where) for hit in by_question] == [("s1", "question")]
    assert "办公" in by_question[0].snippet
    assert [(hit.session_id, hit.where) for hit in by_answer] == [("s2", "answer")]
    assert "浪潮信息" in by_answer[0].snippet
    assert [hit.session_id for hit in by_number] == ["s1"]


async def test_search_needs_every_word() -> None:
    async with SqliteStore.in_memory() as store:
        await answered(store, "s1", "H100 rental price", "about 2 dollars")
        await answered(store, "s2", "H100 peak", "989 TFLOPS")
        assert {hit.session_id for hit in await store.search("h100")} == {"s1", "s2"}
        assert [hit.session_id for hit in await store.search("H100 dollars")] == ["s1"]
        assert await store.search("H100 euros") == []


async def test_running_turn_is_found_by_its_question() -> None:
    async with SqliteStore.in_memory() as store:
        turn_id = await store.begin_turn("s1", "KV cache of a 70B model", "m")
        assert [hit.turn_id for hit in await store.search("KV cache")] == [turn_id]


@pytest.mark.parametrize(
    "query",
    [
        '"',
        "a AND",
        "NEAR(a b)",
        "question:H100",
        "H100*",
        "^H100",
        "(",
        "a OR OR b",
        "' ; DROP TABLE turns",
        "-",
        "\0",
    ],
)
async def test_query_syntax_is_only_text(query: str) -> None:
    async with SqliteStore.in_memory() as store:
        await answered(store, "s1", "H100", "a b")
        hits = await store.search(query)
        assert await store.turns("s1")
    assert len(hits) <= 1


async def test_operators_do_not_widen_a_search() -> None:
    async with SqliteStore.in_memory() as store:
        await answered(store, "s1", "apples", "a")
        await answered(store, "s2", "pears", "a")
        assert await store.search("apples OR pears") == []
        assert await store.search("app*") == []


async def test_snippet_shows_the_match_inside_a_long_text() -> None:
    async with SqliteStore.in_memory() as store:
        await answered(store, "s1", "filler " * 400 + "the NEEDLE is here " + "filler " * 400, "a")
        [hit] = await store.search("needle")
    assert "NEEDLE" in hit.snippet
    assert len(hit.snippet) < 100
    assert hit.snippet.startswith("…")
    assert hit.snippet.endswith("…")


async def test_store_reads_as_before_after_reopening(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "new" / "folder" / "store.db")
    turn = await answered(store, "s1", "q", "a")
    await store.close()
    assert await store.turns("s1") == [turn]
    await store.close()


@pytest.mark.skipif(os.name == "nt", reason="file modes are POSIX")
async def test_only_the_owner_can_read_the_file(tmp_path: Path) -> None:
    path = tmp_path / "home" / "store.db"
    async with SqliteStore(path) as store:
        await answered(store, "s1", "q", "a")
        modes = {file.name: file.stat().st_mode & 0o777 for file in path.parent.iterdir()}
    assert path.parent.stat().st_mode & 0o777 == 0o700
    assert modes["store.db"] == 0o600
    assert set(modes.values()) == {0o600}


def test_listing_sessions_does_not_import_the_engine(tmp_path: Path) -> None:
    code = (
        "import asyncio, sys, pathlib, tieout.store as s\n"
        "store = s.SessionStore(pathlib.Path(sys.argv[1]))\n"
        "async def go():\n"
        "    await store.recover(); await store.sessions(); await store.search('x'); await store.close()\n"
        "asyncio.run(go())\n"
        "print([m for m in ('pydantic_ai', 'openai', 'pydantic') if m in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path / "store.db")], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"


async def test_light_store_and_whole_store_share_a_file(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "store.db") as store, SessionStore(tmp_path / "store.db") as light:
        await answered(store, "s1", "q", "a")
        [session] = await light.sessions()
        await light.delete_session(session.id)
        assert await store.load("s1") is None
    assert isinstance(session, Session)
