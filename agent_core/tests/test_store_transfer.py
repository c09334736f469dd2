"""Sessions leave the store as JSON lines and come back the same; a bad line brings nothing in."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tieout.errors import StoreError
from tieout.store import SqliteStore


async def filled(store: SqliteStore) -> None:
    for session_id, question, answer in [
        ("s1", "金山办公是哪只股票?", "688111\0\ud800"),
        ("s1", "and its report?", "page 3"),
        ("s2", "MFU?", "40 %"),
    ]:
        turn_id = await store.begin_turn(session_id, question, "m")
        await store.finish_turn(
            turn_id,
            status="done",
            answer=answer,
            usage={"n": 1},
            evidence=[{"v": 0.5}],
            marks=[{"k": "tied"}],
        )
    await store.fork("s1", at=2, new_conversation_id="f1")


async def test_every_session_comes_back_the_same() -> None:
    async with SqliteStore.in_memory() as source, SqliteStore.in_memory() as target:
        await filled(source)
        await target.import_(await source.export())
        for session_id in ("s1", "s2", "f1"):
            assert await target.session(session_id) == await source.session(session_id)
            assert await target.turns(session_id) == await source.turns(session_id)
            assert await target.load_entries(session_id) == await source.load_entries(session_id)
        assert {hit.session_id for hit in await target.search("办公")} == {"s1", "f1"}


async def test_one_session_is_exported_by_its_prefix() -> None:
    async with SqliteStore.in_memory() as source, SqliteStore.in_memory() as target:
        await filled(source)
        [session] = await target.import_(await source.export("f"))
        conversation = await target.load("f1")
    assert session.id == "f1"
    assert conversation is not None
    assert len(conversation.messages) == 2


async def test_lines_are_readable_text(tmp_path: Path) -> None:
    async with SqliteStore.in_memory() as source:
        await filled(source)
        lines = await source.export("s1")
        (tmp_path / "out.jsonl").write_text("\n".join(lines), encoding="utf-8")
        assert any("金山办公" in line for line in lines)
        assert not any("\n" in line for line in lines)
        await source.import_((tmp_path / "out.jsonl").read_text(encoding="utf-8").split("\n"), replace=True)


async def test_imported_conversation_can_be_continued() -> None:
    async with SqliteStore.in_memory() as source, SqliteStore.in_memory() as target:
        await filled(source)
        await target.import_(await source.export("s1"))
        turn_id = await target.begin_turn("s1", "more", "m")
        conversation = await target.load("s1")
        await target.finish_turn(turn_id, status="done", answer="more", conversation=conversation)
        assert len(await target.turns("s1")) == 3


async def test_session_that_exists_is_replaced_only_on_request() -> None:
    async with SqliteStore.in_memory() as store:
        await filled(store)
        lines = await store.export("s2")
        with pytest.raises(StoreError) as caught:
            await store.import_(lines)
        await store.rename_session("s2", "changed")
        [session] = await store.import_(lines, replace=True)
        assert session.title == "MFU?"
        assert len(await store.turns("s2")) == 1
    assert caught.value.code == "session-exists"


def change(line: dict[str, Any], **values: Any) -> str:
    return json.dumps({**line, **values})


@pytest.mark.parametrize(
    "spoil",
    [
        lambda lines: [],
        lambda lines: lines[1:],
        lambda lines: [*lines, "{"],
        lambda lines: [*lines, "[]"],
        lambda lines: [*lines, "null"],
        lambda lines: [*lines, '{"type": "surprise"}'],
        lambda lines: ['{"type": "tieout-sessions", "version": 99}', *lines[1:]],
        lambda lines: [lines[0], *lines[2:]],  # the session's own line is missing
        lambda lines: [line for line in lines if '"type":"entry"' not in line],
        lambda lines: [line.replace('"part_kind":"user-prompt"', '"part_kind":"nonsense"') for line in lines],
        lambda lines: [line.replace('"started_at":"2', '"started_at":"x') for line in lines],
        lambda lines: [line.replace('"question":"', '"question":5,"was":"') for line in lines],
        lambda lines: [line.replace('"evidence":[', '"evidence":[7,') for line in lines],
        lambda lines: [
            line.replace('"revision":', '"revisions":[],"head_id":"absent","was":') for line in lines
        ],
        lambda lines: [*lines, lines[-1]],  # one turn twice
    ],
)
async def test_bad_lines_bring_nothing_in(spoil: Any) -> None:
    async with SqliteStore.in_memory() as source, SqliteStore.in_memory() as target:
        await filled(source)
        lines = spoil(await source.export("s2"))
        with pytest.raises(StoreError) as caught:
            await target.import_(lines)
        assert await target.sessions() == []
        assert await target.list_conversations() == []
    assert caught.value.code == "import-invalid"
    assert "Line " in caught.value.message


async def test_entry_of_a_stored_conversation_cannot_be_rewritten() -> None:
    async with SqliteStore.in_memory() as store:
        await filled(store)
        lines = [line.replace("and its report?", "and nothing?") for line in await store.export("s1")]
        lines = [line.replace('"s1"', '"evil"') for line in lines]
        with pytest.raises(StoreError) as caught:
            await store.import_(lines)
        conversation = await store.load("s1")
        assert await store.sessions()
    assert caught.value.code == "import-invalid"
    assert conversation is not None
    assert conversation.messages[2].parts[0].content == "and its report?"  # type: ignore[union-attr]
