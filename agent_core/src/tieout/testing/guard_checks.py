"""Checks of guards: a verdict at every stage, and the same release however an answer is cut."""

from __future__ import annotations

__all__ = ["guard_problems", "released"]

import random
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from tieout.contract.guards import GuardInput, Stage

if TYPE_CHECKING:
    from tieout.contract.guards import Guard
    from tieout.events import GuardEvent


async def guard_problems(guards: Sequence[Guard], answers: Sequence[str]) -> list[str]:
    """Show each answer to each guard, at every stage of the guard and cut in several ways."""
    found: list[str] = []
    for guard in guards:
        if not guard.name:
            found.append(f"guard {type(guard).__name__}: has no name")
        if not guard.stages:
            found.append(f"guard {guard.name}: looks at no stage")
        if not answers:
            found.append(f"guard {guard.name}: there is no sample answer, so it is not checked")
        for text in answers:
            found += [
                f"guard {guard.name}, {text[:60]!r}: {problem}" for problem in await _of_text(guard, text)
            ]
    return found


async def _of_text(guard: Guard, text: str) -> list[str]:
    found: list[str] = []
    for stage in sorted(guard.stages - {Stage.OUTPUT}):
        _text, reports, _stopped = await _checked(guard, stage, text)
        found += [f"at {stage} it could not tell: {message}" for message in reports]
    if Stage.OUTPUT not in guard.stages:
        return found
    whole = await released(guard, [text])
    for pieces in cuttings(text):
        cut = await released(guard, pieces)
        if cut != whole:
            sizes = sorted({len(piece) for piece in pieces})
            found.append(
                f"cut into {len(pieces)} pieces of {sizes} characters it releases {cut}, whole {whole}"
            )
    return found


async def _checked(guard: Guard, stage: Stage, text: str) -> tuple[str, list[str], str]:
    from tieout.guarding import Watch
    from tieout.settings import GuardPolicy

    reports: list[GuardEvent] = []
    checked = await Watch([guard], GuardPolicy(), reports.append).check(GuardInput(stage, text))
    unknown = [event.message for event in reports if event.verdict == "unknown"]
    return checked.text, unknown, type(checked.stopped).__name__


async def released(guard: Guard, pieces: Sequence[str]) -> tuple[str, str]:
    """What one guard lets through of an answer that comes in these pieces, and how it stopped it, if it did."""
    from tieout.guarding import OutputGate, Watch
    from tieout.settings import GuardPolicy

    def ignore(_event: GuardEvent) -> None:
        """What was said on the way does not matter here."""

    watch = Watch([guard], GuardPolicy(), ignore)
    gate = OutputGate(watch, GuardInput(Stage.OUTPUT, ""), may_retry=lambda: True)
    out = ""
    for piece in pieces:
        out += await gate.feed(piece)
        if gate.stopped:
            break
    else:
        out += await gate.finish()
    return out, type(gate.stopped).__name__ if gate.stopped else ""


def cuttings(text: str) -> Iterator[list[str]]:
    """The text by the character, in pieces of a few sizes, and cut at random places (the same in every run)."""
    for size in (1, 2, 3, 7, 31):
        yield [text[start : start + size] for start in range(0, len(text), size)]
    chance = random.Random(len(text))  # noqa: S311  # places to cut, not secrets
    for _round in range(5):
        places = sorted({0, len(text), *(chance.randrange(len(text) + 1) for _ in range(6))})
        yield [text[start:end] for start, end in pairwise(places)]
