"""The guards of a host, applied: one text at the first three stages, a stream of deltas at the output stage."""

from __future__ import annotations

__all__ = ["Checked", "OutputGate", "Watch"]

import asyncio
import re
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, cast

from tieout.contract.guards import (
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
from tieout.errors import GuardBlocked
from tieout.events import GuardEvent
from tieout.i18n import translator
from tieout.settings import GuardPolicy
from tieout.text import clean_line

if TYPE_CHECKING:
    from tieout.registry import PluginRecord

_ = translator("tieout")

Emit = Callable[[GuardEvent], None]


@dataclass(frozen=True)
class Checked:
    """What came out of all guards of a stage: the text to go on with, and the verdict that stopped it, if any."""

    text: str
    stopped: Block | Retry | None = None


class Watch:
    """Runs a host's guards and reports what they say.

    Args:
        guards: All guards of the host, in plugin order.
        policy: What "could not tell" counts as.
        emit: Receives an event for every verdict other than Allow.
    """

    def __init__(self, guards: Sequence[Guard], policy: GuardPolicy, emit: Emit) -> None:
        self._guards = guards
        self._policy = policy
        self._emit = emit

    def at(self, stage: Stage) -> list[Guard]:
        """The guards that look at ``stage``."""
        return [guard for guard in self._guards if stage in guard.stages]

    async def check(self, given: GuardInput) -> Checked:
        """Show one text to every guard of its stage in turn; a redaction is what the next guard sees."""
        text = given.text
        for guard in self.at(given.stage):
            checked = await self.check_one(guard, replace(given, text=text))
            text = checked.text
            if checked.stopped:
                return checked
        return Checked(text)

    async def check_one(self, guard: Guard, given: GuardInput) -> Checked:
        """Show one text to one guard; whatever the guard does, there is a verdict."""
        return self.judge(guard, given, await verdict_of(guard, given))

    def judge(self, guard: Guard, given: GuardInput, verdict: Verdict) -> Checked:
        """Report a verdict and turn it into what happens; ``Unknown`` becomes what the settings say."""
        self.report(guard, given.stage, verdict)
        if isinstance(verdict, Unknown) and self._policy.unknown == "block":
            verdict = Block(unknown_message(guard, verdict))
        match verdict:
            case Block() | Retry():
                return Checked("", verdict)
            case Redact():
                return Checked(verdict.text)
            case Allow() | Warn() | Unknown():
                return Checked(given.text)

    def report(self, guard: Guard, stage: Stage, verdict: Verdict) -> None:
        """Emit the event of a verdict; nothing for Allow, nor for Unknown where settings allow it."""
        if isinstance(verdict, Allow) or (isinstance(verdict, Unknown) and self._policy.unknown == "allow"):
            return
        message = unknown_message(guard, verdict) if isinstance(verdict, Unknown) else verdict.message
        findings: tuple[Finding, ...] = () if isinstance(verdict, Unknown) else verdict.findings
        name = type(verdict).__name__.lower()
        self._emit(
            GuardEvent.model_validate(
                {
                    "guard": guard.name,
                    "stage": stage,
                    "verdict": name,
                    "message": message,
                    "findings": findings,
                }
            )
        )

    def report_lost(self, lost: Iterable[PluginRecord], stage: Stage) -> None:
        """Say of each plugin whose guards are not at work that they are not; a text must not pass for checked.

        Raises:
            GuardBlocked: There is one, and settings say that "could not tell" blocks.
        """
        if self._policy.unknown == "allow":
            return
        problems = [_lost_guards(record) for record in lost]
        for problem in problems:
            message = f"{problem.message} {problem.hint}"
            self._emit(GuardEvent(guard=problem.plugin, stage=stage, verdict="unknown", message=message))
        if problems and self._policy.unknown == "block":
            first = problems[0]
            raise GuardBlocked(f"{first.plugin}: {first.message}", code="guard-lost", hint=first.hint)

    def judge_unknown(self, verdict: Unknown, guard: Guard) -> Block | None:
        """The block that an Unknown in a stream becomes, if settings say so."""
        return Block(unknown_message(guard, verdict)) if self._policy.unknown == "block" else None

    def open_gate(self, given: GuardInput, *, may_retry: Callable[[], bool]) -> OutputGate:
        """A gate for one part of an answer."""
        return OutputGate(self, given, may_retry=may_retry)


def unknown_message(guard: Guard, verdict: Unknown) -> str:
    """What the user is told when a guard could not tell."""
    return _("{guard} could not check this text: {reason}", guard=guard.name, reason=verdict.reason)


@dataclass(frozen=True)
class _Lost:
    plugin: str
    message: str
    hint: str


def _lost_guards(record: PluginRecord) -> _Lost:
    reason = record.reason.rstrip(".")
    if record.guarding:
        message = _("The guards of this plugin are not at work: {reason}.", reason=reason)
    else:
        message = _("This plugin does not work, nor do guards that it may bring: {reason}.", reason=reason)
    hint = _(
        "`tieout plugins doctor {name}` tells more; `tieout plugins disable {name}` does without it.",
        name=record.name,
    )
    return _Lost(record.name, message, hint)


async def verdict_of(guard: Guard, given: GuardInput) -> Verdict:
    """What a guard says to one text; a crash, a timeout or nonsense is Unknown, never fine."""
    answer = await bounded(guard, lambda: guard.check(given))
    return answer if isinstance(answer, Verdict) else _nonsense(answer)


async def bounded(guard: Guard, start: Callable[[], Awaitable[object]]) -> object:
    """Start a guard's work and await it within its time limit; a crash or a timeout gives Unknown."""
    try:
        async with asyncio.timeout(guard.timeout):  # no task per delta, unlike wait_for
            return await start()
    except TimeoutError:
        return Unknown(_("no verdict within {seconds:g} s", seconds=guard.timeout))
    except asyncio.CancelledError:
        raise
    except (Exception, SystemExit) as error:
        return Unknown(clean_line(f"{type(error).__name__}: {error}", limit=200))


def _nonsense(answer: object) -> Unknown:
    return Unknown(_("it returned {kind} instead of a verdict", kind=type(answer).__name__))


_UNIT_END = {
    "line": re.compile(r"\n"),
    "sentence": re.compile(r"[\n。！？!?；;]|\.(?=\s)"),
}


class _UnitStream(GuardStream):
    """A stream for guards without one: ``check`` sees whole lines, sentences, or the whole answer."""

    def __init__(self, watch: Watch, guard: Guard, given: GuardInput) -> None:
        self._watch, self._guard, self._given = watch, guard, given
        self._held = ""
        self._released = given.released
        self._hold: Hold = guard.hold

    async def feed(self, delta: str) -> Release:
        self._held += delta
        if self._hold == "all":
            return Release("")
        return await self._release(self._cut(), final=False)

    async def finish(self) -> Release:
        return await self._release(len(self._held), final=True)

    def _cut(self) -> int:
        ends = [match.end() for match in _UNIT_END[self._hold].finditer(self._held)]
        # A full stop needs to see what follows, so the last character never ends a sentence while more may come.
        return ends[-1] if ends else 0

    async def _release(self, end: int, *, final: bool) -> Release:
        """Check unit by unit, so that the outcome does not depend on how many arrived at once."""
        out = ""
        while end > 0:
            match = _UNIT_END[self._hold].search(self._held, 0, end) if self._hold != "all" else None
            size = match.end() if match else end
            unit, self._held, end = self._held[:size], self._held[size:], end - size
            given = replace(self._given, text=unit, released=self._released, final=final and not self._held)
            verdict = await verdict_of(self._guard, given)
            if isinstance(verdict, Block | Retry):
                return Release(out, verdict)
            self._watch.report(self._guard, Stage.OUTPUT, verdict)
            if isinstance(verdict, Unknown) and self._watch.judge_unknown(verdict, self._guard):
                return Release(out, verdict)
            unit = verdict.text if isinstance(verdict, Redact) else unit
            out += unit
            self._released += unit
        return Release(out)


class _FailedStream(GuardStream):
    """In place of a stream that could not be opened: says so at the first text."""

    def __init__(self, error: BaseException) -> None:
        self._error = error

    async def feed(self, delta: str) -> Release:
        raise self._error

    async def finish(self) -> Release:
        return Release("")


_LAST_WORDS = 16  # characters by which the end of a release is found again in the text it was made of


class OutputGate:
    """Holds one part of an answer back until every guard has let it through.

    ``feed`` and ``finish`` return what may be shown; it is final. After ``stopped`` is set nothing more comes.
    """

    def __init__(self, watch: Watch, given: GuardInput, *, may_retry: Callable[[], bool]) -> None:
        self._watch = watch
        self._given = given
        self._may_retry = may_retry
        self._guards = watch.at(Stage.OUTPUT)
        self._streams = [self._open(guard) for guard in self._guards]
        self._custom = [not isinstance(stream, _UnitStream) for stream in self._streams]
        self._broken: set[int] = set()
        self._fed = [""] * len(self._streams)
        self._given_out = [""] * len(self._streams)
        self.released = ""
        self.released_before = False
        """Whether anything had been released before the newest call."""
        self.stopped: Block | Retry | None = None

    def _open(self, guard: Guard) -> GuardStream:
        try:
            return guard.open_stream(self._given) or _UnitStream(self._watch, guard, self._given)
        except (Exception, SystemExit) as error:
            return _FailedStream(error)

    async def feed(self, delta: str) -> str:
        """Pass the next piece through the guards; returns what is released now."""
        return self._note(await self._pass(delta, start=0))

    async def finish(self) -> str:
        """The part has ended; returns the rest."""
        out = ""
        for index in range(len(self._streams)):
            if self.stopped:
                break
            text = await self._step(index, self._streams[index].finish, fed="")
            out = await self._pass(text, start=index + 1, into=out)
        return self._note(out)

    async def _pass(self, text: str, *, start: int, into: str = "") -> str:
        for index in range(start, len(self._streams)):
            if not text and not self.stopped:
                return into
            text = await self._step(index, partial(self._streams[index].feed, text), fed=text)
        return into + text

    async def _step(self, index: int, start: Callable[[], Awaitable[Release]], *, fed: str) -> str:
        guard = self._guards[index]
        self._fed[index] += fed
        if index in self._broken:
            return fed
        if not self._custom[index]:  # bounds each of its checks itself: how many come at once must not matter
            outcome = await start()
        else:
            outcome = await self._custom_step(index, guard, start, fed)
        if outcome.unchecked is not None:
            outcome = self._unchecked(guard, outcome, outcome.unchecked)
        self._given_out[index] += outcome.text
        return self._judged(index, guard, outcome)

    def _unchecked(self, guard: Guard, release: Release, unchecked: Unchecked) -> Release:
        """Stop in front of what could not be checked where settings say so; the user is told in any case."""
        unknown = Unknown(unchecked.reason)
        self._watch.report(guard, Stage.OUTPUT, unknown)
        stopped = self._watch.judge_unknown(unknown, guard)
        if stopped is None:
            return Release(release.text, release.verdict)
        self.stopped = stopped
        return Release(unchecked.before)

    async def _custom_step(
        self, index: int, guard: Guard, start: Callable[[], Awaitable[Release]], fed: str
    ) -> Release:
        answer = await bounded(guard, start)
        if isinstance(answer, Release) and isinstance(cast("object", answer.verdict), Verdict):
            return answer
        self._broken.add(index)
        verdict = answer if isinstance(answer, Unknown) else _nonsense(answer)
        blocked = self._watch.judge_unknown(verdict, guard)
        return Release("" if blocked else self._unreleased(index, fed), verdict)

    def _unreleased(self, index: int, fed: str) -> str:
        """What a guard that broke still held: what follows its last words, wherever it had changed the text before."""
        seen, out = self._fed[index], self._given_out[index]
        if seen.startswith(out):
            return seen[len(out) :]
        at = seen.rfind(out[-_LAST_WORDS:])
        return fed if at < 0 else seen[at + len(out[-_LAST_WORDS:]) :]

    def _judged(self, index: int, guard: Guard, release: Release) -> str:
        verdict = release.verdict
        if isinstance(verdict, Retry) and not self._may_retry():
            verdict = Block(verdict.message, verdict.findings)
        if self._custom[index] or isinstance(verdict, Block | Retry):
            self._watch.report(guard, Stage.OUTPUT, verdict)
        if isinstance(verdict, Unknown):
            checked = self._watch.judge_unknown(verdict, guard)
            if checked is not None:
                self.stopped = checked
                return "" if self._custom[index] else release.text
        if isinstance(verdict, Block | Retry):
            self.stopped = verdict
        return release.text

    def _note(self, text: str) -> str:
        self.released_before = bool(self.released)
        self.released += text
        return text
