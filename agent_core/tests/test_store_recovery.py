"""Killed processes, several processes at once, and drafts whose writer is gone."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic_ai.messages import ModelRequest, ModelResponse

from tieout.store import SqliteStore
from tieout.store.owner import SILENCE, Owner, has_died, this_process

IN_MID_TURN = """
import asyncio, sys
from pathlib import Path
from tieout.store import SessionStore

async def main():
    store = SessionStore(Path(sys.argv[1]))
    turn_id = await store.begin_turn("s1", "how long is " + sys.argv[2], "m")
    print("begun", flush=True)
    text = ""
    while True:
        text += "word "
        await store.update_draft(turn_id, text, evidence=[{"n": len(text)}])
        print(len(text), flush=True)

asyncio.run(main())
"""

MANY_TURNS = """
import asyncio, sys
from pathlib import Path
from pydantic_ai.conversation import Conversation
from pydantic_ai.messages import ModelRequest, ModelResponse, TextPart, UserPromptPart
from tieout.store import SqliteStore

async def main():
    path, name, count = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    async with SqliteStore(path) as store:
        await store.recover()
        for number in range(count):
            text = f"{name}-{number}"
            conversation = await store.load("s1") or Conversation(conversation_id="s1")
            turn_id = await store.begin_turn("s1", text, "m")
            await store.update_draft(turn_id, text[:2])
            conversation.messages += [
                ModelRequest(parts=[UserPromptPart(text)]), ModelResponse(parts=[TextPart(text)])
            ]
            await store.finish_turn(turn_id, status="done", answer=text, conversation=conversation)

asyncio.run(main())
"""

needs_signals = pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")


def run_child(code: str, *args: str | Path) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, "-c", code, *map(str, args)], stdout=subprocess.PIPE, text=True)


def killed_in_mid_turn(path: Path, name: str, *, after: int) -> int:
    """Run a turn in a child process, kill it once the draft has so many words, return the last length it reported."""
    child = run_child(IN_MID_TURN, path, name)
    assert child.stdout is not None
    assert child.stdout.readline() == "begun\n"
    committed = 0
    for _word in range(after):
        committed = int(child.stdout.readline())
    child.send_signal(signal.SIGKILL)
    rest = child.communicate()[0].split()
    return int(rest[-1]) if rest else committed


@needs_signals
async def test_question_and_partial_answer_survive_kill_9(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    reported: list[int] = []
    for number in range(10):
        reported.append(await asyncio.to_thread(killed_in_mid_turn, path, str(number), after=number * 3))
    async with SqliteStore(path) as store:
        closed = await store.recover()
        assert await store.turns("s1") == closed
        assert await store.recover() == []
        conversation = await store.load("s1")
    assert [turn.question for turn in closed] == [f"how long is {number}" for number in range(10)]
    for turn, length in zip(closed, reported, strict=True):
        assert (turn.status, turn.recovered) == ("interrupted", True)
        # The kill may fall between the commit and the child's report of it, so a word more may be there.
        assert len(turn.answer) in {length, length + len("word ")}
        assert turn.answer == "word " * (len(turn.answer) // 5)
        assert turn.evidence == (({"n": len(turn.answer)},) if turn.answer else ())
    assert conversation is not None
    assert len(conversation.messages) == 20
    for turn, request, response in zip(
        closed, conversation.messages[::2], conversation.messages[1::2], strict=True
    ):
        assert isinstance(request, ModelRequest)
        assert isinstance(response, ModelResponse)
        assert request.parts[0].content == turn.question  # type: ignore[union-attr]
        assert (response.text or "", response.state) == (turn.answer, "interrupted")


async def test_four_processes_lose_no_turn(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    children = [run_child(MANY_TURNS, path, name, "50") for name in "abcd"]
    for child in children:
        await asyncio.to_thread(child.communicate)
    assert [child.returncode for child in children] == [0, 0, 0, 0]
    expected = {f"{name}-{number}" for name in "abcd" for number in range(50)}
    async with SqliteStore(path) as store:
        turns = await store.turns("s1")
        conversation = await store.load("s1")
        record = await store.read_record("s1")
    assert {turn.question for turn in turns} == expected
    assert {turn.answer for turn in turns} == expected
    assert {turn.status for turn in turns} == {"done"}
    assert conversation is not None
    assert record is not None
    said = [str(message.parts[0].content) for message in conversation.messages]  # type: ignore[union-attr]
    assert said[::2] == said[1::2]  # every question followed by its own answer
    assert sorted(said[::2]) == sorted(expected)
    assert record.branches == []


@needs_signals
async def test_turn_of_a_process_that_lives_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    child = run_child(IN_MID_TURN, path, "now")
    try:
        assert child.stdout is not None
        await asyncio.to_thread(child.stdout.readline)
        async with SqliteStore(path) as store:
            mine = await store.begin_turn("s2", "q", "m")
            assert await store.recover() == []
            assert [turn.status for turn in await store.turns("s1")] == ["running"]
            assert (await store.turn(mine)).status == "running"
    finally:
        child.kill()
        child.communicate()


async def orphaned(store: SqliteStore, owner: Owner, *, text: str = "half") -> str:
    """A running turn that ``owner`` is made the writer of."""
    turn_id = await store.begin_turn("s1", "q", "m")
    await store.update_draft(turn_id, text)
    await store._db.write(  # pyright: ignore[reportPrivateUsage]
        lambda cx: cx.execute("UPDATE drafts SET owner = ?", (owner.to_json(),))
    )
    return turn_id


async def test_turn_from_before_a_restart_is_recovered() -> None:
    owner = Owner(**{**json.loads(this_process().to_json()), "boot": "another"})
    async with SqliteStore.in_memory() as store:
        turn_id = await orphaned(store, owner)
        [turn] = await store.recover()
    assert (turn.id, turn.answer, turn.status) == (turn_id, "half", "interrupted")
    assert turn.last_entry_id is not None


async def test_question_without_a_word_of_answer_is_recovered() -> None:
    owner = Owner(**{**json.loads(this_process().to_json()), "boot": "another"})
    async with SqliteStore.in_memory() as store:
        await orphaned(store, owner, text="")
        [turn] = await store.recover()
        conversation = await store.load("s1")
    assert turn.answer == ""
    assert conversation is not None
    assert [message.kind for message in conversation.messages] == ["request", "response"]


async def test_process_only_thought_dead_may_still_finish() -> None:
    owner = Owner(**{**json.loads(this_process().to_json()), "boot": "another"})
    async with SqliteStore.in_memory() as store:
        turn_id = await orphaned(store, owner)
        await store.recover()
        turn = await store.finish_turn(turn_id, status="done", answer="half and the rest")
    assert (turn.status, turn.answer, turn.recovered) == ("done", "half and the rest", False)


def test_owner_is_dead_only_when_that_is_certain() -> None:
    here = json.loads(this_process().to_json())
    none = timedelta()
    long = SILENCE + timedelta(seconds=1)
    assert not has_died(this_process(), silent_for=long)
    assert has_died(Owner(**{**here, "boot": "another"}), silent_for=none)
    elsewhere = Owner(**{**here, "host": "another"})
    container = Owner(**{**here, "namespace": "another"})
    for stranger in (elsewhere, container):
        assert not has_died(stranger, silent_for=none)
        assert has_died(stranger, silent_for=long)


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="start times are read from /proc")
def test_reused_process_id_is_not_taken_for_the_writer() -> None:
    here = json.loads(this_process().to_json())
    assert has_died(Owner(**{**here, "started": "1"}), silent_for=timedelta())


@needs_signals
def test_ended_process_is_dead_even_before_it_is_reaped() -> None:
    child = subprocess.Popen([sys.executable, "-c", "print('up', flush=True); input()"], stdin=-1, stdout=-1)
    assert child.stdout is not None
    assert child.stdout.readline()
    here = json.loads(this_process().to_json())
    started = (
        Path(f"/proc/{child.pid}/stat").read_text().rpartition(")")[2].split()[19] if here["started"] else ""
    )
    owner = Owner(**{**here, "pid": child.pid, "started": started})
    alive_was_dead = has_died(owner, silent_for=timedelta())
    child.kill()
    os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # ended, not yet reaped
    zombie_was_dead = has_died(owner, silent_for=timedelta())
    child.communicate()
    assert not alive_was_dead
    assert zombie_was_dead == bool(started)
    assert has_died(owner, silent_for=timedelta())
