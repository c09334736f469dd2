"""Files that cannot be opened, read or written: one clear error, and nothing that was stored is lost."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from pathlib import Path

import pytest

from tieout.errors import ExitCode, StoreError
from tieout.store import SessionStore, SqliteStore, salvage
from tieout.store import database as database_module
from tieout.store.schema import APPLICATION_ID, MIGRATIONS, migrate


async def filled(path: Path, turns: int = 1, *, size: int = 10) -> None:
    async with SqliteStore(path) as store:
        for number in range(turns):
            turn_id = await store.begin_turn(f"s{number % 5}", f"question {number} " + "q" * size, "m")
            await store.finish_turn(turn_id, status="done", answer=f"answer {number} " + "a" * size)


async def opening(path: Path) -> StoreError:
    store = SessionStore(path, busy_timeout=0.2)
    with pytest.raises(StoreError) as caught:
        await store.open()
    await store.close()
    assert caught.value.exit_code is ExitCode.STORE
    return caught.value


def flatten(path: Path) -> None:
    """Move everything from the log into the file itself."""
    cx = sqlite3.connect(path)
    cx.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    cx.close()


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize(
    "content", [b"this is no database, but it is longer than a header " * 40, b"\0" * 5000]
)
async def test_garbage_file_is_reported_with_the_way_out(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "store.db"
    path.write_bytes(content)
    error = await opening(path)
    assert error.code == "store-corrupt"
    assert str(path) in error.message
    assert str(path) in error.hint
    assert "tieout sessions export --salvage" in error.hint
    assert path.read_bytes() == content


async def test_store_of_a_newer_version_is_refused_unchanged(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await filled(path)
    cx = sqlite3.connect(path)
    cx.execute(f"PRAGMA user_version = {len(MIGRATIONS) + 1}")
    cx.close()
    error = await opening(path)
    assert error.code == "store-newer"
    assert f"format {len(MIGRATIONS) + 1}" in error.message
    assert "Update Tieout" in error.hint


async def test_database_of_another_program_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "places.sqlite"
    cx = sqlite3.connect(path)
    cx.execute("CREATE TABLE bookmarks (url)")
    cx.commit()
    cx.close()
    assert (await opening(path)).code == "store-foreign"
    cx = sqlite3.connect(path)
    assert cx.execute("SELECT name FROM sqlite_master").fetchall() == [("bookmarks",)]
    cx.close()


async def test_folder_that_cannot_be_made_is_reported(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    error = await opening(tmp_path / "file" / "store.db")
    assert error.code == "store-readonly"
    assert "Make its folder writable" in error.hint
    assert (await opening(tmp_path)).code == "store-readonly"  # a folder where the file should be


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root writes anywhere")
def test_unwritable_folder_is_reported(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        assert asyncio.run(opening(tmp_path / "store.db")).code == "store-readonly"
    finally:
        tmp_path.chmod(0o700)


async def test_read_only_store_can_be_read_but_not_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "store.db"
    await filled(path)
    flatten(path)
    before = contents(tmp_path)
    # Root may write whatever the modes say, so what the system answers is set here; SQLite's refusal is real.
    monkeypatch.setattr(os, "access", lambda *args: False)
    async with SqliteStore(path) as store:
        assert store.read_only
        assert [turn.answer[:8] for turn in await store.turns("s0")] == ["answer 0"]
        assert len(await store.search("question")) == 1
        assert await store.recover() == []
        with pytest.raises(StoreError) as caught:
            await store.begin_turn("s0", "q", "m")
    assert caught.value.code == "store-readonly"
    assert contents(tmp_path) == before


async def test_full_disk_is_reported_and_what_was_stored_stays(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await filled(path, 3)
    async with SqliteStore(path) as store:
        pages = await store._db.read(  # pyright: ignore[reportPrivateUsage]
            lambda cx: cx.execute("PRAGMA page_count").fetchone()[0]
        )
        await store._db.maintain(f"PRAGMA max_page_count = {pages + 8}")  # pyright: ignore[reportPrivateUsage]
        turn_id = await store.begin_turn("s9", "the last that fits", "m")
        with pytest.raises(StoreError) as caught:
            await store.finish_turn(turn_id, status="done", answer="a" * 200_000)
        assert caught.value.code == "store-full"
        assert "Free some disk space" in caught.value.hint
        assert (await store.turn(turn_id)).status == "running"
        await store._db.maintain("PRAGMA max_page_count = 100000")  # pyright: ignore[reportPrivateUsage]
        await store.finish_turn(turn_id, status="done", answer="a" * 200_000)
        assert len((await store.turn(turn_id)).answer) == 200_000
    async with SqliteStore(path) as store:
        assert sum(session.turns for session in await store.sessions()) == 4


async def test_locked_store_is_reported_after_the_wait(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await filled(path)
    cx = sqlite3.connect(path, isolation_level=None)
    cx.execute("BEGIN IMMEDIATE")
    async with SqliteStore(path, busy_timeout=0.05) as store:
        with pytest.raises(StoreError) as caught:
            await store.begin_turn("s1", "q", "m")
        assert len(await store.sessions()) == 1  # readers do not wait for a writer
        cx.execute("ROLLBACK")
        await store.begin_turn("s1", "q", "m")
    cx.close()
    assert caught.value.code == "store-busy"


async def test_short_lock_is_waited_for(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    await filled(path)
    cx = sqlite3.connect(path, isolation_level=None)
    cx.execute("BEGIN IMMEDIATE")
    async with SqliteStore(path) as store:
        writing = asyncio.ensure_future(store.begin_turn("s1", "q", "m"))
        await asyncio.sleep(0.05)
        assert not writing.done()
        cx.execute("COMMIT")
        assert (await store.turn(await writing)).question == "q"
    cx.close()


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be removed there")
async def test_store_removed_while_in_use_is_noticed(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    async with SqliteStore(path) as store:
        turn_id = await store.begin_turn("s1", "q", "m")
        path.unlink()
        with pytest.raises(StoreError) as caught:
            await store.update_draft(turn_id, "a")
    assert caught.value.code == "store-moved"


async def test_missing_write_ahead_log_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(database_module, "_file_system", lambda path: "nfs4")
    async with SqliteStore(tmp_path / "store.db") as store:
        turn_id = await store.begin_turn("s1", "q", "m")
        mode = await store._db.read(  # pyright: ignore[reportPrivateUsage]
            lambda cx: cx.execute("PRAGMA journal_mode").fetchone()[0]
        )
        assert (await store.turn(turn_id)).question == "q"
        [warning] = store.warnings
    assert mode == "delete"
    assert "nfs4" in warning


async def test_ordinary_disk_uses_the_write_ahead_log(tmp_path: Path) -> None:
    async with SqliteStore(tmp_path / "store.db") as store:
        await store.begin_turn("s1", "q", "m")
        assert (tmp_path / "store.db-wal").exists()
        assert store.warnings == ()


def versioned(path: Path) -> sqlite3.Connection:
    cx = sqlite3.connect(path, isolation_level=None)
    migrate(cx, path, migrations=[["CREATE TABLE notes (text)"]])
    cx.execute("INSERT INTO notes VALUES ('kept')")
    return cx


def test_older_store_is_copied_then_updated(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    cx = versioned(path)
    steps = [["CREATE TABLE notes (text)"], ["ALTER TABLE notes ADD COLUMN author"]]
    migrate(cx, path, migrations=steps)
    migrate(cx, path, migrations=steps)
    assert cx.execute("SELECT text, author FROM notes").fetchall() == [("kept", None)]
    assert cx.execute("PRAGMA user_version").fetchone() == (2,)
    assert cx.execute("PRAGMA application_id").fetchone() == (APPLICATION_ID,)
    assert {file.name for file in tmp_path.iterdir()} == {"store.db", "store.db.v1"}
    copy = sqlite3.connect(tmp_path / "store.db.v1")
    assert copy.execute("SELECT * FROM notes").fetchall() == [("kept",)]
    copy.close()
    cx.close()


@pytest.mark.parametrize("broken", ["DELETE FROM notes", "ALTER TABLE absent ADD COLUMN x"])
def test_update_that_fails_or_loses_rows_changes_nothing(tmp_path: Path, broken: str) -> None:
    path = tmp_path / "store.db"
    cx = versioned(path)
    steps = [["CREATE TABLE notes (text)"], ["CREATE TABLE more (text)", broken]]
    with pytest.raises((StoreError, sqlite3.OperationalError)):
        migrate(cx, path, migrations=steps)
    assert cx.execute("SELECT text FROM notes").fetchall() == [("kept",)]
    assert cx.execute("PRAGMA user_version").fetchone() == (1,)
    assert cx.execute("SELECT count(*) FROM sqlite_master WHERE name = 'more'").fetchone() == (0,)
    cx.close()


async def test_salvage_of_a_whole_store_loses_nothing(tmp_path: Path) -> None:
    path, out = tmp_path / "store.db", tmp_path / "out.jsonl"
    await filled(path, 20)
    async with SqliteStore(path) as store:
        running = await store.begin_turn("s0", "running", "m")
        await store.update_draft(running, "half an answer")
        before = await store.sessions()
        report = await asyncio.to_thread(salvage, path, out)
        conversation = await store.load("s1")
    assert dict(report.rows) == {"sessions": 5, "entries": 40, "conversations": 5, "turns": 21}
    assert (report.lost, report.cut) == (0, 0)
    assert "5 sessions with 21 turns and 40 messages" in str(report)
    async with SqliteStore.in_memory() as store:
        await store.import_(out.read_text().splitlines())
        after = await store.sessions()
        assert await store.load("s1") == conversation
        half = (await store.turns("s0"))[-1]
    assert {(session.id, session.title) for session in after} == {
        (session.id, session.title) for session in before
    }
    assert (half.answer, half.status) == ("half an answer", "interrupted")


@pytest.mark.parametrize("seed", range(6))
async def test_salvage_brings_back_what_noise_has_not_hit(tmp_path: Path, seed: int) -> None:
    path, out = tmp_path / "store.db", tmp_path / "out.jsonl"
    await filled(path, 200, size=400)
    flatten(path)
    noise = random.Random(seed)
    content = bytearray(path.read_bytes())
    at = noise.randrange(8192, len(content) - 4096)
    content[at : at + 4096] = noise.randbytes(4096)
    path.write_bytes(content)
    report = await asyncio.to_thread(salvage, path, out)
    assert report.rows["turns"] >= 150
    assert report.rows["entries"] >= 350
    assert bytes(content) == path.read_bytes()
    async with SqliteStore.in_memory() as store:
        sessions = await store.import_(out.read_text().splitlines())
        assert len(sessions) == 5
        for session in sessions:
            assert await store.load(session.id) is not None
            for turn in await store.turns(session.id):
                assert turn.question.startswith("question ")
                assert turn.answer.startswith("answer ")


async def test_salvage_of_a_file_cut_short_brings_back_the_rest(tmp_path: Path) -> None:
    path, out = tmp_path / "store.db", tmp_path / "out.jsonl"
    await filled(path, 100, size=400)
    flatten(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    report = await asyncio.to_thread(salvage, path, out)
    assert report.rows["turns"] >= 30
    assert report.lost > 0
    async with SqliteStore.in_memory() as store:
        sessions = await store.import_(out.read_text().splitlines())
    assert sum(session.turns for session in sessions) == report.rows["turns"]


async def test_salvage_of_garbage_says_so_and_leaves_no_file(tmp_path: Path) -> None:
    path, out = tmp_path / "store.db", tmp_path / "out.jsonl"
    path.write_bytes(b"no database at all " * 1000)
    with pytest.raises(StoreError) as caught:
        salvage(path, out)
    assert caught.value.code == "store-corrupt"
    assert not out.exists()


async def test_salvage_overwrites_nothing(tmp_path: Path) -> None:
    path, out = tmp_path / "store.db", tmp_path / "out.jsonl"
    await filled(path)
    out.write_text("precious")
    with pytest.raises(StoreError) as caught:
        salvage(path, out)
    assert caught.value.code == "salvage-output"
    assert out.read_text() == "precious"
    with pytest.raises(StoreError) as missing:
        salvage(tmp_path / "absent.db", tmp_path / "new.jsonl")
    assert missing.value.code == "store-missing"
