"""The JSON lines of an export: one line per row, the same for a whole export and for a salvage."""

from __future__ import annotations

__all__ = ["COLUMNS", "FORMAT", "HEADER", "Row", "line", "to_text"]

import json
from collections.abc import Mapping
from typing import Final, TypeAlias

from tieout.store.rows import Json, SqlText, from_sql

FORMAT: Final = 1
HEADER: Final[Mapping[str, Json]] = {"type": "tieout-sessions", "version": FORMAT}

SqlValue: TypeAlias = SqlText | int | None
Row: TypeAlias = Mapping[str, SqlValue]

COLUMNS: Final[Mapping[str, tuple[str, ...]]] = {
    "sessions": ("id", "title", "created_at", "updated_at"),
    "entries": ("id", "parent_id", "conversation_id", "kind", "message"),
    "conversations": ("id", "head_id", "record"),
    "turns": (
        *("id", "session_id", "question", "answer", "status", "model", "started_at", "ended_at"),
        *("usage", "evidence", "marks", "last_entry_id", "recovered"),
    ),
    "drafts": ("turn_id", "answer", "evidence"),
}
"""The columns an export holds, by table."""

_KINDS: Final = {"sessions": "session", "entries": "entry", "conversations": "conversation", "turns": "turn"}
_JSON: Final = frozenset({"message", "record", "usage", "evidence", "marks"})


def line(table: str, row: Row) -> dict[str, Json]:
    """One row as the object of its line.

    Raises:
        ValueError: JSON inside the row is damaged.
    """
    made: dict[str, Json] = {"type": _KINDS[table]}
    for name in COLUMNS[table]:
        value = row[name]
        text = from_sql(value) if isinstance(value, str | bytes) else value
        made[name] = json.loads(text) if name in _JSON and isinstance(text, str) else text
    return made


def to_text(made: Mapping[str, Json]) -> str:
    """The line itself: readable characters, except where lone surrogates have to be escaped."""
    text = json.dumps(made, ensure_ascii=False, separators=(",", ":"))
    try:
        text.encode()
    except UnicodeEncodeError:
        return json.dumps(made, separators=(",", ":"))
    return text
