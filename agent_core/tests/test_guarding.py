"""Guards applied: whatever a guard does there is a verdict, and what is released does not depend on the cutting."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import Any, Literal

import pytest
from engine_parts import Engine, cut
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.errors import GuardBlocked
from tieout.events import GuardEvent
from tieout.guarding import OutputGate, Watch
from tieout.plugin import (
    Allow,
    Block,
    Finding,
    Guard,
    GuardInput,
    GuardStream,
    Hold,
    Redact,
    Release,
    Retry,
    Stage,
    Unchecked,
    Unknown,
    Verdict,
    Warn,
)
from tieout.settings import GuardPolicy
from tieout.testing import Call

Build = Callable[..., Engine]


class FakeGuard(Guard):
    """Objects to a word in the way it is told to."""

    def __init__(
        self,
        objection: Verdict | Exception | SystemExit | object,
        *,
        word: str = "bad",
        stages: Sequence[Stage] = (Stage.OUTPUT,),
        hold: Hold = "line",
        name: str = "fake",
    ) -> None:
        self.objection, self.word = objection, word
        self.name = name  # pyright: ignore[reportAttributeAccessIssue]
        self.stages = frozenset(stages)  # pyright: ignore[reportAttributeAccessIssue]
        self.hold = hold  # pyright: ignore[reportAttributeAccessIssue]
        self.seen: list[str] = []

    async def check(self, given: GuardInput) -> Verdict:
        self.seen.append(given.text)
        if self.word not in given.text:
            return Allow()
        if isinstance(self.objection, BaseException):
            raise self.objection
        if isinstance(self.objection, Redact):
            return Redact(given.text.replace(self.word, "***"), self.objection.message)
        return self.objection  # type: ignore[return-value]


class Slow(FakeGuard):
    """Never comes to a verdict."""

    timeout = 0.02

    async def check(self, given: GuardInput) -> Verdict:
        await asyncio.sleep(3600)
        return Allow()


class FencedStream(GuardStream):
    """Holds a line back until it ends, and stops at the word."""

    def __init__(self, verdict: Verdict, *, breaks: bool = False) -> None:
        self._held, self._verdict, self._breaks = "", verdict, breaks

    async def feed(self, delta: str) -> Release:
        self._held += delta
        if self._breaks and "bad" in self._held:
            raise RuntimeError("lost its place")
        *lines, self._held = self._held.split("\n")
        out = ""
        for line in lines:
            if "bad" in line:
                return Release(out, self._verdict)
            out += line + "\n"
        return Release(out)

    async def finish(self) -> Release:
        return Release("", self._verdict) if "bad" in self._held else Release(self._held)


class Streaming(Guard):
    """A guard with a stream of its own."""

    name = "streaming"
    stages = frozenset({Stage.OUTPUT})

    def __init__(self, verdict: Verdict | None = None, *, breaks: bool = False) -> None:
        self._verdict, self._breaks = verdict or Block("no"), breaks

    def open_stream(self, given: GuardInput) -> GuardStream:
        return FencedStream(self._verdict, breaks=self._breaks)


async def pass_through(
    guards: Sequence[Guard],
    pieces: Sequence[str],
    *,
    unknown: Literal["allow", "warn", "block"] = "warn",
    may_retry: bool = True,
) -> tuple[str, str, list[str]]:
    """What is released, how it was stopped, and the verdicts reported."""
    reports: list[GuardEvent] = []
    watch = Watch(guards, GuardPolicy(unknown=unknown), reports.append)
    gate = OutputGate(watch, GuardInput(Stage.OUTPUT, ""), may_retry=lambda: may_retry)
    out = ""
    for piece in pieces:
        if gate.stopped:
            break
        out += await gate.feed(piece)
    if not gate.stopped:
        out += await gate.finish()
    stopped = type(gate.stopped).__name__ if gate.stopped else ""
    return out, stopped, [report.verdict for report in reports]


GUARDS: dict[str, Callable[[], Guard]] = {
    "redact": lambda: FakeGuard(Redact("", "m")),
    "redact sentence": lambda: FakeGuard(Redact("", "m"), hold="sentence"),
    "redact all": lambda: FakeGuard(Redact("", "m"), hold="all"),
    "block": lambda: FakeGuard(Block("no")),
    "block sentence": lambda: FakeGuard(Block("no"), hold="sentence"),
    "retry": lambda: FakeGuard(Retry("again")),
    "warn": lambda: FakeGuard(Warn("hm")),
    "unknown": lambda: FakeGuard(Unknown("cannot tell")),
    "raises": lambda: FakeGuard(RuntimeError("boom")),
    "exits": lambda: FakeGuard(SystemExit(3)),
    "stream": Streaming,
    "stream retry": lambda: Streaming(Retry("again")),
    "second of two": lambda: FakeGuard(Redact("", "m"), word="worse"),
}
TEXTS = st.lists(st.sampled_from(["bad", "worse", "a", " ", "\n", ".", "。", "?", "坏"]), max_size=30).map(
    "".join
)


@pytest.mark.parametrize("name", GUARDS)
@pytest.mark.parametrize("unknown", ["warn", "block"])
@given(text=TEXTS, places=st.lists(st.integers(0, 120), max_size=10))
@settings(max_examples=25, deadline=None)
def test_the_release_does_not_depend_on_the_cutting(
    name: str, unknown: Literal["warn", "block"], text: str, places: list[int]
) -> None:
    async def run(pieces: list[str]) -> tuple[str, str, list[str]]:
        second = FakeGuard(Redact("", "m"), word="worse", hold="sentence", name="second")
        released, stopped, reports = await pass_through([GUARDS[name](), second], pieces, unknown=unknown)
        return released, stopped, sorted(reports)

    whole = asyncio.run(run([text]))
    assert asyncio.run(run(cut(text, places))) == whole
    assert asyncio.run(run(list(text))) == whole


@given(text=TEXTS, places=st.lists(st.integers(0, 120), max_size=10))
@settings(max_examples=40, deadline=None)
def test_allowing_guards_change_nothing(text: str, places: list[int]) -> None:
    guards = [FakeGuard(Allow()), FakeGuard(Warn("hm"), hold="sentence"), FakeGuard(Allow(), hold="all")]
    released, stopped, _reports = asyncio.run(pass_through(guards, cut(text, places)))
    assert (released, stopped) == (text, "")


async def test_a_blocked_line_and_what_follows_are_not_released() -> None:
    released, stopped, reports = await pass_through([FakeGuard(Block("no"))], ["good\nbad\nlater\n"])
    assert (released, stopped, reports) == ("good\n", "Block", ["block"])


async def test_a_retry_without_a_try_left_is_a_block() -> None:
    guard = FakeGuard(Retry("again"))
    assert await pass_through([guard], ["bad"], may_retry=False) == ("", "Block", ["block"])
    assert await pass_through([guard], ["bad"], may_retry=True) == ("", "Retry", ["retry"])


FAILURES: dict[str, Callable[[], Guard]] = {
    "raises": lambda: FakeGuard(RuntimeError("boom")),
    "exits": lambda: FakeGuard(SystemExit(3)),
    "returns nothing": lambda: FakeGuard(None),
    "returns a word": lambda: FakeGuard("fine"),
    "is too slow": lambda: Slow(None),
    "breaks in its stream": lambda: Streaming(breaks=True),
    "cannot open its stream": lambda: OpensNothing(),
    "streams nonsense": lambda: StreamsNonsense(),
    "is not asynchronous": lambda: Synchronous(),
}


class OpensNothing(Streaming):
    """Its stream cannot be opened."""

    def open_stream(self, given: GuardInput) -> GuardStream:
        raise RuntimeError("no stream")


class StreamsNonsense(Streaming):
    """Its stream gives something that is no release."""

    def open_stream(self, given: GuardInput) -> GuardStream:
        class Nonsense(GuardStream):
            async def feed(self, delta: str) -> Release:
                return delta  # type: ignore[return-value]

        return Nonsense()


class Synchronous(FakeGuard):
    """Forgot the ``async``."""

    def __init__(self) -> None:
        super().__init__(None)

    def check(self, given: GuardInput) -> Verdict:  # type: ignore[override]
        raise RuntimeError("called, not awaited")


@pytest.mark.parametrize("failure", FAILURES)
async def test_a_guard_that_fails_could_not_tell(failure: str) -> None:
    guard = FAILURES[failure]()
    assert await pass_through([guard], ["a bad line\nmore\n"], unknown="allow") == (
        "a bad line\nmore\n",
        "",
        [],
    )
    released, stopped, reports = await pass_through([FAILURES[failure]()], ["a bad line\n", "more\n"])
    assert (released, stopped) == ("a bad line\nmore\n", "")
    assert set(reports) == {"unknown"}
    released, stopped, reports = await pass_through(
        [FAILURES[failure]()], ["a bad line\n", "more\n"], unknown="block"
    )
    assert (released, stopped) == ("", "Block")
    assert reports == ["unknown"]


class LeavesUnchecked(Guard):
    """Checks all lines but odd ones, which it lets through with a word about them; takes bad ones out."""

    name = "unsure"
    stages = frozenset({Stage.OUTPUT})

    def open_stream(self, given: GuardInput) -> GuardStream:
        class Lines(GuardStream):
            held = ""

            async def feed(self, delta: str) -> Release:
                *lines, self.held = (self.held + delta).split("\n")
                out, unchecked = "", None
                for line in lines:
                    if "odd" in line and unchecked is None:
                        unchecked = Unchecked("an odd line", out)
                    out += "" if "bad" in line else f"{line}\n"
                bad = any("bad" in line for line in lines)
                return Release(out, Redact(out, "a bad line") if bad else Allow(), unchecked)

            async def finish(self) -> Release:
                return Release(self.held)

        return Lines()


@pytest.mark.parametrize("places", [[], [3, 9], list(range(40))])
async def test_answer_stops_in_front_of_what_could_not_be_checked_however_it_is_cut(
    places: list[int],
) -> None:
    pieces = cut("fine\nbad\nodd\nbad\nmore\n", places)
    released, stopped, reports = await pass_through([LeavesUnchecked()], pieces, unknown="block")
    assert (released, stopped) == ("fine\n", "Block")
    assert "unknown" in reports
    released, stopped, reports = await pass_through([LeavesUnchecked()], pieces, unknown="warn")
    assert (released, stopped) == ("fine\nodd\nmore\n", "")
    assert {"unknown", "redact"} == set(reports)
    released, _, reports = await pass_through([LeavesUnchecked()], pieces, unknown="allow")
    assert released == "fine\nodd\nmore\n"
    assert "unknown" not in reports


async def test_a_guard_that_breaks_after_changing_text_loses_nothing_it_held() -> None:
    class ChangesThenBreaks(GuardStream):
        held = ""

        async def feed(self, delta: str) -> Release:
            self.held += delta
            if "break" in self.held:
                raise RuntimeError("lost its place")
            *lines, self.held = self.held.split("\n")
            return Release("".join(line.replace("x", "y") + "\n" for line in lines))

    class Changing(Streaming):
        def open_stream(self, given: GuardInput) -> GuardStream:
            return ChangesThenBreaks()

    released, _stopped, _reports = await pass_through(
        [Changing()], ["an x in the first line\nand a second line\n", "a third", " that ", "break s"]
    )
    assert released == "an y in the first line\nand a second line\na third that break s"


async def test_each_check_has_its_own_time_however_much_arrives_at_once() -> None:
    class Steady(FakeGuard):
        timeout = 0.2

        async def check(self, given: GuardInput) -> Verdict:
            await asyncio.sleep(0.05)
            return Allow()

    text = "line\n" * 8
    assert await pass_through([Steady(None)], [text]) == (text, "", [])


# --- in a turn


async def test_redaction_is_in_every_copy_and_in_the_history(engine: Build) -> None:
    chat = engine(["A b", "ad word"], "Next.", guards=[FakeGuard(Redact("", "m"))])
    await chat.ask()
    assert await chat.assert_one_text() == "A *** word"
    await chat.ask("Go on.")
    assert "bad" not in str(chat.model.requests[1])
    assert [event.verdict for event in chat.of(GuardEvent)] == []


async def test_a_block_appends_a_labelled_notice_and_drops_the_tool_call(engine: Build) -> None:
    steps = ["fine\n", "bad\n", "rest", Call("power.rate", {"region": "x"})]
    chat = engine(steps, "Never said.", guards=[FakeGuard(Block("not allowed"))])
    turn = await chat.ask()
    text = await chat.assert_one_text()
    assert text.startswith("fine\n")
    assert "not allowed" in text
    assert "bad" not in text
    assert "rest" not in text
    assert turn.results == ()
    assert len(chat.model.requests) == 1


async def test_a_block_inside_a_code_fence_closes_the_fence_first(engine: Build) -> None:
    chat = engine("```python\nok()\nbad()\n```\n", guards=[FakeGuard(Block("unsafe"))])
    await chat.ask()
    text = await chat.assert_one_text()
    assert text.startswith("```python\nok()\n\n```\n")
    assert text.count("```") == 2


async def test_a_retry_keeps_what_was_released_and_asks_again(engine: Build) -> None:
    chat = engine("Released.\nbad line\n", "Better line.", guards=[FakeGuard(Retry("say it better"))])
    turn = await chat.ask()
    text = await chat.assert_one_text()
    assert text == "Released.\nBetter line."
    assert turn.status == "done"
    assert "say it better" in str(chat.model.requests[1])


async def test_retries_are_limited_and_then_block(engine: Build) -> None:
    chat = engine("bad one", "bad two", "bad three", guards=[FakeGuard(Retry("better"))])
    await chat.ask()
    assert "better" in await chat.assert_one_text()
    assert len(chat.model.requests) == 2
    assert [event.verdict for event in chat.of(GuardEvent)] == ["retry", "block"]


async def test_no_retries_at_all_when_the_settings_say_so(engine: Build) -> None:
    chat = engine("bad", guards=[FakeGuard(Retry("better"))], settings={"guards": {"retries": 0}})
    await chat.ask()
    assert "bad" not in await chat.assert_one_text()
    assert len(chat.model.requests) == 1


@pytest.mark.parametrize(("unknown", "kept"), [("allow", True), ("warn", True), ("block", False)])
async def test_settings_say_what_could_not_tell_counts_as(engine: Build, unknown: str, kept: bool) -> None:
    chat = engine(
        "a bad line", guards=[FakeGuard(RuntimeError("boom"))], settings={"guards": {"unknown": unknown}}
    )
    await chat.ask()
    assert ("a bad line" in await chat.assert_one_text()) is kept
    assert len(chat.of(GuardEvent)) == (0 if unknown == "allow" else 1)


async def test_a_blocked_prompt_reaches_no_model_and_is_stored(engine: Build) -> None:
    chat = engine("Never said.", guards=[FakeGuard(Block("personal data"), stages=[Stage.PROMPT])])
    with pytest.raises(GuardBlocked, match="personal data"):
        await chat.session.ask("my bad question")
    assert not chat.model.requests
    store = await chat.host.store()
    (turn,) = await store.turns(chat.session.session_id or "")
    assert (turn.question, turn.status) == ("my bad question", "failed")


async def test_a_redacted_prompt_is_what_the_model_sees(engine: Build) -> None:
    chat = engine("Fine.", guards=[FakeGuard(Redact("", "m"), stages=[Stage.PROMPT])])
    await chat.ask("my bad question")
    assert "my *** question" in str(chat.model.requests[0])
    assert "bad" not in str(chat.model.requests[0])


CALL_THEN_TEXT: list[Any] = [[Call("power.rate", {"region": "bad place"})], "Done."]


async def test_a_guard_can_stop_a_call(engine: Build) -> None:
    chat = engine(*CALL_THEN_TEXT, guards=[FakeGuard(Block("no such place"), stages=[Stage.TOOL_CALL])])
    turn = await chat.ask()
    assert turn.results == ()
    assert "no such place" in str(chat.model.requests[1])


async def test_arguments_are_never_changed_behind_the_users_back(engine: Build) -> None:
    chat = engine(*CALL_THEN_TEXT, guards=[FakeGuard(Redact("", "m"), stages=[Stage.TOOL_CALL])])
    turn = await chat.ask()
    assert turn.results == ()
    assert "guard-redacted" in str(chat.model.requests[1])


async def test_a_withheld_result_is_seen_by_nobody(engine: Build) -> None:
    chat = engine(
        *CALL_THEN_TEXT, guards=[FakeGuard(Block("withheld"), stages=[Stage.TOOL_RESULT], word="5.5")]
    )
    turn = await chat.ask()
    assert turn.results == ()
    assert turn.evidence == ()
    assert "5.5" not in str(chat.model.requests[1]).replace("request", "")
    assert all("5.5" not in event.line() for event in chat.events)


async def test_a_redacted_result_leaves_no_evidence(engine: Build) -> None:
    guard = FakeGuard(Redact("", "m"), stages=[Stage.TOOL_RESULT], word="5.5")
    chat = engine(*CALL_THEN_TEXT, guards=[guard])
    turn = await chat.ask()
    assert turn.evidence == ()
    assert "***" in str(chat.model.requests[1])
    assert all("5.5" not in event.line() for event in chat.events)


async def test_findings_travel_with_the_event(engine: Build) -> None:
    finding = Finding(rule="R1", severity="high", message="an eval", start=2, end=5, line=1, cwe="CWE-95")
    chat = engine("a bad line", guards=[FakeGuard(Warn("look out", (finding,)))])
    await chat.ask()
    (event,) = chat.of(GuardEvent)
    assert (event.guard, event.verdict, event.findings) == ("fake", "warn", (finding,))
