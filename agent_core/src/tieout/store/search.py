"""Full-text search over the tokens of :mod:`tieout.text`, so that a two-character Chinese word finds its turn."""

from __future__ import annotations

__all__ = ["find", "index", "snippet"]

import sqlite3
from typing import Final, Literal

from tieout.store.rows import Hit, from_sql, parse_time
from tieout.text import fold, token_string, tokens

_INDEXED = 200_000  # characters of each text; a pasted 10 MB file is found by its beginning
_WORDS: Final = 64  # tokens of a query; FTS5's parser gives up beyond a few hundred
_BEFORE: Final = 30  # characters shown before the match
_SHOWN: Final = 90  # characters of a snippet


def index(cx: sqlite3.Connection, seq: int, *, question: str, answer: str) -> None:
    """Make the turn with row id ``seq`` findable by these texts, in place of those it had."""
    cx.execute("DELETE FROM turn_search WHERE rowid = ?", (seq,))
    cx.execute(
        "INSERT INTO turn_search (rowid, question, answer) VALUES (?, ?, ?)",
        (seq, _storable(token_string(question[:_INDEXED])), _storable(token_string(answer[:_INDEXED]))),
    )


def find(cx: sqlite3.Connection, text: str, *, limit: int) -> list[Hit]:
    """Turns that hold every word of ``text`` in question or answer, best match first, then newest."""
    query = _match_expression(text)
    if not query:
        return []
    rows = cx.execute(
        """SELECT t.session_id, s.title, t.id, t.started_at, t.question, coalesce(d.answer, t.answer)
           FROM turn_search JOIN turns t ON t.seq = turn_search.rowid JOIN sessions s ON s.id = t.session_id
                LEFT JOIN drafts d ON d.turn_id = t.id
           WHERE turn_search MATCH ? ORDER BY turn_search.rank, t.seq DESC LIMIT ?""",
        (query, limit),
    )
    return [
        _hit(text, row[0], from_sql(row[1]), row[2], row[3], from_sql(row[4]), from_sql(row[5]))
        for row in rows
    ]


def snippet(text: str, query: str) -> tuple[int, str]:
    """Where ``query`` first shows up in ``text`` (-1 when nowhere) and the text around it.

    The match ignores case, width and traditional forms; the snippet is a slice of the raw text, with an ellipsis
    on each side that was cut.
    """
    raw = text[:_INDEXED]
    folded = fold(raw)
    at = -1
    for needle in [fold(query).text.strip(), *sorted(tokens(query, query=True), key=len, reverse=True)]:
        at = folded.text.find(needle) if needle else -1
        if at >= 0:
            at = folded.raw_span(at, at + len(needle))[0]
            break
    start = max(0, at - _BEFORE)
    end = start + _SHOWN
    return at, ("…" if start else "") + raw[start:end] + ("…" if end < len(text) else "")


def _hit(
    query: str, session_id: str, title: str, turn_id: str, started: str, question: str, answer: str
) -> Hit:
    in_question, shown = snippet(question, query)
    where: Literal["question", "answer"] = "question"
    if in_question < 0:
        in_answer, from_answer = snippet(answer, query)
        if in_answer >= 0:
            where, shown = "answer", from_answer
    return Hit(
        session_id=session_id,
        title=title,
        turn_id=turn_id,
        started_at=parse_time(started),
        where=where,
        snippet=shown,
    )


def _match_expression(text: str) -> str:
    """Quoted tokens, all of which must occur; quoting leaves nothing of FTS5's own syntax in what a user typed."""
    words = list(dict.fromkeys(tokens(text[:_INDEXED], query=True)))[:_WORDS]
    return " ".join('"' + _storable(word).replace('"', '""') + '"' for word in words)


def _storable(text: str) -> str:
    """``text`` without what ends a string inside SQLite (NUL) or cannot be UTF-8 (lone surrogates)."""
    return text.replace("\0", " ").encode("utf-8", "replace").decode()
