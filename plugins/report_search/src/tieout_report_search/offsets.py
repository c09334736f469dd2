"""Editing text while remembering where each remaining character stood."""

from __future__ import annotations

import json
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from tieout.text import Normalized, Run, fold

__all__ = ["Edit", "cuts", "edited", "normal_form", "pack_runs", "unpack_runs"]


class Edit(NamedTuple):
    """``text[start:end]`` is to become ``replacement``."""

    start: int
    end: int
    replacement: str = ""


def edited(raw: str, *passes: Iterable[Edit] | None) -> Normalized:
    """Apply one pass of edits to a raw text; see :func:`edit_again` for the next."""
    result = Normalized(raw, (Run(0, 0, len(raw), len(raw)),) if raw else ())
    for edits in passes:
        result = edit_again(result, edits or ())
    return result


def edit_again(text: Normalized, edits: Iterable[Edit]) -> Normalized:
    """Apply edits, whose offsets are in ``text.text``, and compose the runs.

    Edits may come in any order; one that overlaps an earlier (leftmost, then longest) one is left out. Deleted text
    leaves a gap between two runs.
    """
    pieces: list[str] = []
    runs: list[Run] = []
    length = done = 0
    for edit in sorted(edits, key=lambda edit: (edit.start, -edit.end)):
        if edit.start < done or edit.start == edit.end:
            continue
        length += _copy(text, done, edit.start, length, pieces, runs)
        if edit.replacement:
            raw_start, raw_end = text.raw_span(edit.start, edit.end)
            pieces.append(edit.replacement)
            runs.append(Run(length, raw_start, len(edit.replacement), raw_end - raw_start, atomic=True))
            length += len(edit.replacement)
        done = edit.end
    _copy(text, done, len(text.text), length, pieces, runs)
    return Normalized("".join(pieces), tuple(runs))


def _copy(text: Normalized, start: int, end: int, at: int, pieces: list[str], runs: list[Run]) -> int:
    """Take over ``text[start:end]`` with its runs; returns the number of characters."""
    if start >= end:
        return 0
    pieces.append(text.text[start:end])
    first = bisect_right(text.runs, start, key=lambda run: run.start) - 1
    for run in text.runs[first:]:
        if run.start >= end:
            break
        low, high = max(run.start, start), min(run.start + run.length, end)
        begin = at + low - start
        if run.atomic:
            runs.append(Run(begin, run.raw_start, high - low, run.raw_length, atomic=True))
        else:
            _append_plain(runs, Run(begin, run.raw_start + low - run.start, high - low, high - low))
    return end - start


def _append_plain(runs: list[Run], run: Run) -> None:
    last = runs[-1] if runs else None
    if last and not last.atomic and last.raw_start + last.length == run.raw_start:
        runs[-1] = Run(last.start, last.raw_start, last.length + run.length, last.length + run.length)
    else:
        runs.append(run)


def cuts(text: Normalized, raw: str) -> tuple[int, ...]:
    """Offsets in the clean text at which more than white space was taken out of the raw text.

    No quote may reach across one: its words would not stand next to each other in the report.
    """
    found: list[int] = []
    for before, after in zip(text.runs, text.runs[1:], strict=False):
        if raw[before.raw_start + before.raw_length : after.raw_start].strip():
            found.append(after.start)
    return tuple(found)


def normal_form(text: str) -> str:
    """The form in which a quote and its raw span are compared: folded, without white space and control characters."""
    return "".join(character for character in fold(text).text if character.isprintable() and character != " ")


def pack_runs(runs: Sequence[Run]) -> bytes:
    """Runs as compact JSON for the store."""
    rows = [[run.start, run.raw_start, run.length, run.raw_length, int(run.atomic)] for run in runs]
    return json.dumps(rows, separators=(",", ":")).encode()


def unpack_runs(packed: bytes) -> tuple[Run, ...]:
    """The runs that :func:`pack_runs` packed."""
    return tuple(Run(a, b, c, d, bool(atomic)) for a, b, c, d, atomic in json.loads(packed))
