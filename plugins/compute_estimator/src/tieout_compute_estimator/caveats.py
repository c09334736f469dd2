"""Notes about what a result rests on: prices out of date, rows of low confidence, names read one of several ways."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

from tieout.plugin import Figure, Origin, TableRow, translator
from tieout_compute_estimator.derivation import brief_source

__all__ = ["data_notes", "expired_notes", "today"]

_ = translator("tieout_compute_estimator")


def today() -> date:
    """The day on which answers are given, UTC."""
    return datetime.now(tz=UTC).date()


def expired_notes(figures: Iterable[Figure], *, on: date) -> list[str]:
    """One note for every table row behind ``figures`` that has expired by ``on``."""
    rows = (part.origin for figure in figures for part in figure.walk())
    return list(dict.fromkeys(note for row in rows if (note := _expired(row, on))))


def data_notes(figures: Iterable[Figure], *, on: date) -> list[str]:
    """One note for every table row behind ``figures`` that has expired by ``on`` or has low confidence."""
    notes: dict[str, None] = {}
    for figure in figures:
        for part in figure.walk():
            row = part.origin
            if not isinstance(row, TableRow):
                continue
            if note := _expired(row, on):
                notes[note] = None
            if row.confidence == "low":
                notes[
                    _(
                        "Low confidence: table {table}, row {row} ({source}).",
                        table=_(row.table),
                        row=_(row.row),
                        source=brief_source(row.source),
                    )
                ] = None
    return list(notes)


def _expired(row: Origin | None, on: date) -> str:
    if not isinstance(row, TableRow) or row.valid_until is None or on <= row.valid_until:
        return ""
    return _(
        "Out of date: the price of {row} was read on {as_of} and held until {until}.",
        row=_(row.row),
        as_of=row.as_of,
        until=row.valid_until,
    )
