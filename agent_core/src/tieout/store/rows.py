"""What the store hands out, and how text and JSON become SQLite values without losing a character."""

from __future__ import annotations

__all__ = [
    "Hit",
    "Json",
    "JsonObject",
    "Session",
    "SqlText",
    "Turn",
    "TurnStatus",
    "dump_json",
    "from_sql",
    "load_json",
    "new_id",
    "parse_time",
    "stamp",
    "to_sql",
]

import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal, TypeAlias, cast

Json: TypeAlias = "bool | int | float | str | Sequence[Json] | Mapping[str, Json] | None"
JsonObject: TypeAlias = Mapping[str, Json]
SqlText: TypeAlias = str | bytes

TurnStatus = Literal["running", "done", "interrupted", "failed"]


@dataclass(frozen=True, kw_only=True, slots=True)
class Session:
    """One conversation as a person sees it in a list."""

    id: str
    """Also the conversation's id in pydantic-ai's sense."""

    title: str
    """The first question's beginning unless renamed; raw text, to be cleaned before display."""

    created_at: datetime
    """UTC."""

    updated_at: datetime
    """UTC; when a turn last began or ended."""

    turns: int
    """How many turns it holds, finished or not."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Turn:
    """One question and what came of it."""

    id: str
    session_id: str

    question: str
    """Exactly what the user typed."""

    answer: str
    """Exactly what was released to the user; for a running turn, its draft so far."""

    status: TurnStatus

    model: str
    """Model id the turn ran on."""

    started_at: datetime
    """UTC."""

    ended_at: datetime | None
    """UTC; ``None`` while it runs."""

    usage: JsonObject
    """What it cost, as the session reported it."""

    evidence: tuple[JsonObject, ...]
    """Evidence behind the answer's numbers."""

    marks: tuple[JsonObject, ...]
    """How each number in the answer ties to the evidence."""

    last_entry_id: str | None
    """Last conversation entry of the turn: where to fork or branch after it. ``None`` when it left none."""

    recovered: bool
    """Whether it was closed by :meth:`SessionStore.recover` because its process had died."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Hit:
    """A turn that a search found."""

    session_id: str
    title: str
    turn_id: str
    started_at: datetime

    where: Literal["question", "answer"]
    """Which text the snippet was cut from."""

    snippet: str
    """Raw text around the first match, at most about 90 characters; to be cleaned before display."""


def to_sql(text: str) -> SqlText:
    """``text`` as SQLite can hold it: lone surrogates make it a BLOB, everything else stays TEXT."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogatepass")
    return text


def from_sql(value: SqlText) -> str:
    """The text that :func:`to_sql` was given."""
    return value if isinstance(value, str) else value.decode("utf-8", "surrogatepass")


def dump_json(value: Json) -> str:
    """JSON text of ``value``; whatever JSON does not know is kept as its ``str``.

    A turn is stored at its very end, when refusing it would lose the answer; so nothing here raises.
    """
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)


def load_json(value: SqlText) -> Json:
    """The value that :func:`dump_json` was given."""
    return cast(Json, json.loads(from_sql(value)))


def new_id() -> str:
    """A random id: 16 hex digits, so that a short prefix is enough to name one among many."""
    return secrets.token_hex(8)


def stamp(moment: datetime | None = None) -> str:
    """UTC time as text of fixed width, which sorts like the time itself; now when left out."""
    return (moment or datetime.now(UTC)).astimezone(UTC).isoformat(timespec="microseconds")


def parse_time(text: str) -> datetime:
    """The time that :func:`stamp` wrote."""
    return datetime.fromisoformat(text).astimezone(UTC)
