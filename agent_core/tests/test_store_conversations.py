"""The store keeps pydantic-ai's contract: what its in-memory store does, this one does."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic_ai import Agent, BinaryContent, DeferredToolRequests
from pydantic_ai.conversation import Conversation
from pydantic_ai.conversation_store import (
    ConversationConflict,
    ConversationRecord,
    ConversationStore,
    InMemoryConversationStore,
)
from pydantic_ai.exceptions import UserError
from pydantic_ai.messages import (
    ModelMessage,
    ModelRequest,
    ModelResponse,
    TextPart,
    ThinkingPart,
    ToolCallPart,
    ToolReturnPart,
    UserPromptPart,
)
from pydantic_ai.models.test import TestModel
from pydantic_ai.usage import RequestUsage, RunUsage

from tieout.errors import StoreError
from tieout.store import SqliteStore


def said(text: str) -> list[ModelMessage]:
    return [ModelRequest(parts=[UserPromptPart(text)]), ModelResponse(parts=[TextPart(text.upper())])]


@pytest.fixture(params=["sqlite", "memory"])
async def store(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[ConversationStore]:
    if request.param == "memory":
        yield InMemoryConversationStore()
        return
    async with SqliteStore(tmp_path / "store.db") as sqlite:
        yield sqlite


async def saved(store: ConversationStore, conversation_id: str, *texts: str) -> Conversation:
    conversation = Conversation(conversation_id=conversation_id)
    for text in texts:
        conversation.messages += said(text)
        await store.save(conversation)
    return conversation


async def test_absent_conversation_loads_as_none(store: ConversationStore) -> None:
    assert await store.load("nobody") is None
    assert await store.load_entries("nobody") is None
    await store.delete("nobody")


async def test_loaded_equals_saved(store: ConversationStore) -> None:
    conversation = await saved(store, "c", "one", "two")
    assert await store.load("c") == conversation


async def test_save_appends_only_what_is_new(store: ConversationStore) -> None:
    await saved(store, "c", "one")
    loaded = await store.load("c")
    assert loaded is not None
    loaded.messages += said("two")
    assert len(await store.save(loaded)) == 2
    assert await store.save(loaded) == []
    entries = await store.load_entries("c")
    assert entries is not None
    assert [entry.parent_id for entry in entries] == [None, *(entry.id for entry in entries[:-1])]


async def test_limit_loads_the_last_messages_and_still_appends(store: ConversationStore) -> None:
    await saved(store, "c", "one", "two")
    window = await store.load("c", limit=1)
    assert window is not None
    assert [message.kind for message in window.messages] == ["response"]
    window.messages += said("three")
    await store.save(window)
    whole = await store.load("c")
    nothing = await store.load("c", limit=0)
    assert whole is not None
    assert nothing is not None
    assert len(whole.messages) == 6
    assert nothing.messages == []
    with pytest.raises(UserError):
        await store.load("c", limit=-1)


async def test_stale_writer_gets_a_conflict_and_changes_nothing(store: ConversationStore) -> None:
    await saved(store, "c", "one")
    ours, theirs = await store.load("c"), await store.load("c")
    assert ours is not None
    assert theirs is not None
    theirs.messages += said("theirs")
    await store.save(theirs)
    ours.messages += said("ours")
    with pytest.raises(ConversationConflict):
        await store.save(ours)
    with pytest.raises(ConversationConflict):
        await store.save(Conversation(conversation_id="c", messages=said("new")))
    loaded = await store.load("c")
    assert loaded == theirs


async def test_conversation_deleted_meanwhile_is_a_conflict(store: ConversationStore) -> None:
    conversation = await saved(store, "c", "one")
    await store.delete("c")
    conversation.messages += said("two")
    with pytest.raises(ConversationConflict):
        await store.save(conversation)
    assert await store.load("c") is None


async def test_rewritten_history_leaves_a_branch(store: ConversationStore) -> None:
    conversation = await saved(store, "c", "one", "two")
    conversation.messages[2:] = said("other")
    await store.save(conversation)
    record = await store.read_record("c")
    assert record is not None
    assert len(record.branches) == 1
    back = await store.branch("c", from_entry=record.branches[0], expected_revision=record.revision)
    assert [message.parts[0].content for message in back.messages] == [  # type: ignore[union-attr]
        *("one", "ONE", "two", "TWO")
    ]


async def test_branch_and_fork_share_the_history_they_keep(store: ConversationStore) -> None:
    conversation = await saved(store, "c", "one", "two", "three")
    fork = await store.fork("c", at=2, new_conversation_id="f")
    assert fork.messages == conversation.messages[:2]
    branched = await store.branch("c", at=4, expected_revision=conversation.revision)
    branched.messages += said("other")
    await store.save(branched)
    source, forked = await store.load_entries("c"), await store.load_entries("f")
    assert source is not None
    assert forked is not None
    assert [entry.id for entry in source[:2]] == [entry.id for entry in forked]
    with pytest.raises(ConversationConflict):
        await store.fork("c", new_conversation_id="f")
    with pytest.raises(ConversationConflict):
        await store.branch("c", at=0, expected_revision="stale")
    with pytest.raises(UserError):
        await store.fork("c", at=99)
    with pytest.raises(UserError):
        await store.fork("nobody")


async def test_fork_outlives_its_source(store: ConversationStore) -> None:
    conversation = await saved(store, "c", "one", "two")
    await store.fork("c", at=2, new_conversation_id="f")
    entries = await store.load_entries("c")
    assert entries is not None
    await store.delete("c")
    loaded = await store.load("f")
    assert loaded is not None
    assert loaded.messages == conversation.messages[:2]
    with pytest.raises(LookupError):
        await store.read_entry(entries[-1].id)
    await store.delete("f")
    for entry in entries:
        with pytest.raises(LookupError):
            await store.read_entry(entry.id)


async def test_fork_of_released_history_is_a_conflict(store: ConversationStore) -> None:
    conversation = await saved(store, "c", "one")
    record = await store.read_record("c")
    assert record is not None
    await store.delete("c")
    orphan = ConversationRecord(
        conversation_id="f", head_id=record.head_id, forked_from="c", forked_at=record.head_id
    )
    with pytest.raises(ConversationConflict):
        await store.write_record(orphan, expected_revision=None)
    assert await store.read_record("f") is None
    assert conversation.messages


async def test_scope_hides_conversations_of_others(store: ConversationStore) -> None:
    conversation = Conversation(conversation_id="c", messages=said("one"))
    await store.save(conversation, scope="ann")
    assert await store.load("c", scope="bob") is None
    await store.delete("c", scope="bob")
    assert await store.load("c", scope="ann") == conversation
    with pytest.raises(ConversationConflict):
        await store.save(conversation, scope="bob")


async def test_conversations_are_listed_newest_first(store: ConversationStore) -> None:
    for name in ("a", "b", "c"):
        await store.save(
            Conversation(conversation_id=name, messages=said(name)), scope="even" if name == "b" else None
        )
    assert [record.conversation_id for record in await store.list_conversations()] == ["c", "b", "a"]
    assert [record.conversation_id for record in await store.list_conversations(limit=2)] == ["c", "b"]
    assert [record.conversation_id for record in await store.list_conversations(scope="even")] == ["b"]
    assert await store.list_conversations(limit=0) == []


async def test_changing_what_was_saved_does_not_change_the_store(store: ConversationStore) -> None:
    conversation = await saved(store, "c", "one")
    conversation.usage.requests = 99
    conversation.messages[0].parts[0].content = "changed"  # type: ignore[union-attr, misc]
    loaded = await store.load("c")
    assert loaded is not None
    assert loaded.messages[0].parts[0].content == "one"  # type: ignore[union-attr]
    assert loaded.usage.requests == 0


async def test_what_messages_cannot_carry_is_kept(store: ConversationStore) -> None:
    call = ToolCallPart("buy", {"code": "688111"}, tool_call_id="t1")
    conversation = Conversation(
        conversation_id="c",
        messages=[*said("one"), ModelResponse(parts=[call])],
        usage=RunUsage(requests=2, tool_calls=1, input_tokens=5, details={"reasoning": 3}),
        deferred_tool_requests=DeferredToolRequests(approvals=[call], metadata={"t1": {"why": "spend"}}),
    )
    await store.save(conversation)
    assert await store.load("c") == conversation


ODD_TEXT = st.text(st.characters(exclude_categories=()), max_size=20)
REQUEST_PARTS = st.one_of(
    st.builds(UserPromptPart, content=ODD_TEXT),
    st.builds(
        lambda data: UserPromptPart([BinaryContent(data, media_type="application/pdf")]),
        st.binary(max_size=8),
    ),
    st.builds(ToolReturnPart, tool_name=st.just("t"), content=ODD_TEXT, tool_call_id=st.just("1")),
    st.builds(
        ToolReturnPart,
        tool_name=st.just("t"),
        content=st.dictionaries(ODD_TEXT, st.integers() | ODD_TEXT | st.none(), max_size=3),
        tool_call_id=st.just("1"),
        metadata=st.dictionaries(ODD_TEXT, ODD_TEXT, max_size=2),
    ),
    st.builds(
        ToolReturnPart,
        tool_name=st.just("t"),
        content=ODD_TEXT,
        tool_call_id=st.just("1"),
        outcome=st.just("retried"),
    ),
)
RESPONSE_PARTS = st.one_of(
    st.builds(TextPart, content=ODD_TEXT),
    st.builds(ThinkingPart, content=ODD_TEXT),
    st.builds(
        ToolCallPart, tool_name=st.just("t"), args=ODD_TEXT | st.dictionaries(ODD_TEXT, ODD_TEXT, max_size=3)
    ),
)
MESSAGES = st.lists(
    st.one_of(
        st.builds(lambda parts: ModelRequest(parts=parts), st.lists(REQUEST_PARTS, min_size=1, max_size=3)),
        st.builds(
            lambda parts, tokens, state: ModelResponse(
                parts=parts, usage=RequestUsage(input_tokens=tokens), state=state
            ),
            st.lists(RESPONSE_PARTS, max_size=3),
            st.integers(0, 9),
            st.sampled_from(["complete", "interrupted"]),
        ),
    ),
    max_size=5,
)


@given(messages=MESSAGES)
@example([ModelRequest(parts=[ToolReturnPart("t", {"\ud800": None}, "1", metadata={"\ud800": "\uffff"})])])
@settings(deadline=None)
def test_messages_come_back_equal(messages: list[ModelMessage]) -> None:
    async def check() -> None:
        async with SqliteStore.in_memory() as store:
            await store.save(Conversation(conversation_id="c", messages=messages))
            loaded = await store.load("c")
        assert loaded is not None
        assert loaded.messages == messages

    asyncio.run(check())


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["extend", "rewrite", "fork", "branch", "back", "delete", "stale"]), st.integers(0, 5)
    ),
    max_size=12,
)


@given(steps=STEPS)
@settings(deadline=None, max_examples=40)
def test_any_history_of_changes_ends_as_in_memory(steps: list[tuple[str, int]]) -> None:
    async def check() -> None:
        ours, reference = SqliteStore.in_memory(), InMemoryConversationStore()
        assert await replay(ours, steps) == await replay(reference, steps)
        await ours.close()

    asyncio.run(check())


async def replay(store: ConversationStore, steps: list[tuple[str, int]]) -> list[object]:
    """Apply the steps and describe what is left, ids aside."""
    seen: list[object] = []
    for number, (step, choice) in enumerate(steps):
        seen.append(
            await outcome(lambda step=step, choice=choice, number=number: apply(store, step, choice, number))
        )
    for record in sorted(await store.list_conversations(), key=lambda record: record.conversation_id):
        entries = await store.load_entries(record.conversation_id)
        branches = [len(await store.read_history(tip)) for tip in record.branches]
        texts = [repr(entry.message.parts[0].content) for entry in entries or []]  # type: ignore[union-attr]
        seen.append((record.conversation_id, texts, branches, record.forked_from, record.usage))
    return seen


async def apply(store: ConversationStore, step: str, choice: int, number: int) -> object:
    names = [f"c{choice % 2}", f"f{choice % 2}"]
    name = names[choice % 3 % 2]
    conversation = await store.load(name) or Conversation(conversation_id=name)
    if step == "extend":
        conversation.messages += said(f"m{number}")
        return len(await store.save(conversation))
    if step == "rewrite":
        conversation.messages[choice:] = said(f"m{number}")
        return len(await store.save(conversation))
    if step == "fork":
        return len((await store.fork(name, at=choice, new_conversation_id=f"f{choice % 2}")).messages)
    if step == "branch":
        return len((await store.branch(name, at=choice, expected_revision=conversation.revision)).messages)
    if step == "back":
        record = await store.read_record(name)
        tip = record.branches[0] if record is not None and record.branches else "none"
        return len(
            (await store.branch(name, from_entry=tip, expected_revision=conversation.revision)).messages
        )
    if step == "delete":
        return await store.delete(name)
    stale = dataclasses.replace(conversation, revision="stale")
    return len(await store.save(stale))


async def outcome(act: Callable[[], Awaitable[object]]) -> object:
    try:
        return await act()
    except (ConversationConflict, UserError) as error:
        return type(error).__name__


async def test_an_agent_continues_a_stored_conversation(tmp_path: Path) -> None:
    agent = Agent(TestModel(custom_output_text="42"))
    async with SqliteStore(tmp_path / "store.db") as store:
        for question in ("one", "two"):
            conversation = await store.load("c") or Conversation(conversation_id="c")
            turn_id = await store.begin_turn("c", question, "test")
            result = await agent.run(question, conversation=conversation)
            await store.finish_turn(
                turn_id, status="done", answer=result.output, conversation=result.conversation
            )
        loaded = await store.load("c")
        turns = await store.turns("c")
    assert loaded is not None
    assert len(loaded.messages) == 4
    assert loaded.usage.requests == 2
    assert [turn.answer for turn in turns] == ["42", "42"]


async def test_fork_shows_the_turns_it_shares() -> None:
    async with SqliteStore.in_memory() as store:
        for text in ("one", "two", "three"):
            turn_id = await store.begin_turn("c", text, "m")
            await store.finish_turn(turn_id, status="done", answer=text)
        await store.fork("c", at=4, new_conversation_id="f")
        await store.delete_session("c")
        [session] = await store.sessions()
        turns = await store.turns("f")
        hits = await store.search("two")
    assert (session.id, session.title) == ("f", "one")
    assert [turn.question for turn in turns] == ["one", "two"]
    assert [hit.session_id for hit in hits] == ["f"]


async def test_history_that_runs_in_a_circle_is_reported(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "store.db") as store:
        await saved(store, "c", "one", "two")
        entries = await store.load_entries("c")
        assert entries is not None
        await store._db.write(  # pyright: ignore[reportPrivateUsage]
            lambda cx: cx.execute(
                "UPDATE entries SET parent_id = ? WHERE id = ?", (entries[-1].id, entries[0].id)
            )
        )
        with pytest.raises(StoreError, match="circle"):
            await store.load("c")
