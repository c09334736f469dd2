"""Cutting a text into claims: sentences that hold numbers, with their places in the raw text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tieout_compute_estimator.claims import cues
from tieout_compute_estimator.claims.frames import Claim, Measure, Mention
from tieout_compute_estimator.claims.knowledge import Knowledge
from tieout_compute_estimator.claims.linking import link
from tieout_compute_estimator.claims.naming import name_finder, sizes_of_families
from tieout_compute_estimator.claims.reading import measures_of
from tieout_compute_estimator.claims.tidying import tidy

__all__ = ["ONE_CLAIM", "Segmented", "segments"]

ONE_CLAIM = 320
"""A text up to this many characters and two sentences with numbers is one claim, read together."""
_LONGEST = 700
# What follows is looked for in the text as given, so that the full-width forms of , ; ! ? count; claims are read in
# compatibility form, which has none.
_ENDS = re.compile(
    r"[。!?;\uff01\uff1f\uff1b][”」』\"')）]?|(?<=[a-z0-9%)])\.(?=\s+[A-Z\d\"“])|\n\s*\n"
    r"|\n(?=\s*[-•*\d一二三四五六七八九十(（])|[,\uff0c](?=而(?!且))",
)
_LIST_MARK = re.compile(r"[\s\d.、()（）•*-]*")
_NUMBER = re.compile(
    r"\d|[一二三四五六七八九十百千两数几]\s?[倍成万亿个天周月年]"
    r"|half|twice|several|few (?:weeks|months|days)|doubl|hundred|thousand|million|billion|翻",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Segmented:
    """One claim with the periods that it names."""

    claim: Claim
    years: tuple[str, ...]
    """ISO forms, in the order of the text."""
    changed: tuple[tuple[str, str], ...]
    """Recognition errors that were undone: as written, as read."""


def segments(text: str, known: Knowledge, *, whole: bool = False) -> Iterator[Segmented]:
    """The claims of ``text`` in order; a stretch without a number that means anything is left out.

    Args:
        whole: Read all of ``text`` as one claim.
    """
    carried: Mention | None = None
    year = ""
    single = whole or _is_one(text)
    for start, end in [(0, len(text))] if single else _sentences(text):
        piece = text[start:end]
        if not piece.strip():
            continue
        subjects = name_finder().find(piece) if not _NUMBER.search(piece) else None
        plain = subjects is not None and not any(m.kind in ("device", "system") for m in subjects)
        if subjects is not None and plain and not cues.MIXTURE.search(piece):
            carried = _carry(subjects, carried)
            continue
        made = _claim(piece, start, known, carried, year)
        if made is None:
            continue
        year = made.years[0] if made.years else year
        carried = _carry(made.claim.mentions, carried)
        if made.claim.measures or _names_hardware(made.claim):
            yield made


_TRAINED = re.compile(r"训练|练|train|支持|support|introduc|运行|run", re.IGNORECASE)


def _names_hardware(claim: Claim) -> bool:
    """A model and what it was trained on, or a device and a number format: a claim without a number."""
    models = any(m.kind == "model" for m in claim.mentions)
    if models and cues.MIXTURE.search(claim.text):
        return True
    devices = any(m.kind in ("device", "system") for m in claim.mentions)
    about = models or bool(cues.DTYPE.search(claim.text))
    return devices and about and bool(_TRAINED.search(claim.text))


def _is_one(text: str) -> bool:
    """Whether a text is short enough, and has few enough sentences with numbers, to be one claim."""
    if len(text.strip()) > ONE_CLAIM:
        return False
    return sum(bool(_NUMBER.search(piece)) for piece in _STOPS.split(text)) <= _FEW


_STOPS = re.compile(r"[。!?\uff01\uff1f]|(?<=[a-z0-9%)])\.(?=\s+[A-Z\d\"“])|\n")
_FEW = 2


def _carry(mentions: list[Mention], before: Mention | None) -> Mention | None:
    models = [m for m in mentions if m.kind in ("model", "service")]
    return models[0] if models else before


def _claim(
    piece: str, offset: int, known: Knowledge, carried: Mention | None, year: str = ""
) -> Segmented | None:
    read = tidy(piece)
    mentions = sizes_of_families(read.text, name_finder().find(read.text), known)
    measures, periods = measures_of(read.text, mentions)
    claim = Claim(
        text=read.text,
        start=offset,
        end=offset + len(piece),
        measures=measures,
        mentions=mentions,
        forecast=bool(cues.FORECAST.search(read.text)),
        hypothetical=bool(cues.HYPOTHETICAL.search(read.text)),
        arithmetic=bool(cues.ARITHMETIC.search(read.text)),
        raw=piece,
    )
    link(claim, known, carried=carried)
    claim.places = read
    claim.measures = _dated(claim, periods, year)
    return Segmented(claim, tuple(iso for iso, _place in periods), read.changed)


_YEAR_FOLLOWS = 24


def _dated(claim: Claim, periods: list[tuple[str, int]], before: str) -> list[Measure]:
    """Each number with the period named before it, or close behind it; 同年 carries that of the sentence before."""
    carried = (
        before
        if re.match(r"\s*(?:同年|当年|该年|that year|in the same year)", claim.text, re.IGNORECASE)
        else ""
    )
    dated: list[Measure] = []
    for measure in claim.measures:
        earlier = [iso for iso, place in periods if place < measure.start]
        later = [
            iso
            for iso, place in periods
            if 0 <= place - measure.end <= _YEAR_FOLLOWS
            and not re.search("[,;]", claim.text[measure.end : place])
        ]
        dated.append(
            replace(measure, year=earlier[-1] if earlier else carried or (later[0] if later else ""))
        )
    return dated


def _sentences(text: str) -> Iterator[tuple[int, int]]:
    """Sentences; one that runs on too long is cut at a comma."""
    at = 0
    for match in _ENDS.finditer(text):
        if match.end() - at < 4 or _LIST_MARK.fullmatch(text, at, match.end()):
            continue
        yield from _bounded(text, at, match.end())
        at = match.end()
    if at < len(text):
        yield from _bounded(text, at, len(text))


def _bounded(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    while end - start > _LONGEST:
        cut = max(
            text.rfind(mark, start + _LONGEST // 2, start + _LONGEST) for mark in (",", "\uff0c", " ", "、")
        )
        cut = cut + 1 if cut > start else start + _LONGEST
        yield start, cut
        start = cut
    yield start, end
