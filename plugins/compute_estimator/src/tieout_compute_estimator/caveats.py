"""Notes about what a result rests on: prices out of date, rows of low confidence, names read one of several ways."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime

from tieout.plugin import Figure, TableRow, translator
from tieout_compute_estimator.derivation import brief_source

__all__ = ["data_notes", "today"]

_ = translator("tieout_compute_estimator")


def today() -> date:
    """The day on which answers are given, UTC."""
    return datetime.now(tz=UTC).date()


def data_notes(figures: Iterable[Figure], *, on: date) -> list[str]:
    """One note for every table row behind ``figures`` that has expired by ``on`` or has low confidence."""
    notes: dict[str, None] = {}
    for figure in figures:
        for part in figure.walk():
            row = part.origin
            if not isinstance(row, TableRow):
                continue
            if row.valid_until is not None and on > row.valid_until:
                notes[
                    _(
                        "Out of date: the price of {row} was read on {as_of} and held until {until}.",
                        row=row.row,
                        as_of=row.as_of,
                        until=row.valid_until,
                    )
                ] = None
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
