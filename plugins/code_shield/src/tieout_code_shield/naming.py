"""Names and lines as they are shown: on one line, with nothing in them that acts on a terminal or forges a line."""

from __future__ import annotations

__all__ = ["printable", "speakable"]


def printable(name: str) -> str:
    """A name (or a line) with escapes (a newline as ``\\n``) for what is not printed as it is."""
    if name.isprintable():
        return name
    return "".join(mark if mark.isprintable() else _escape(mark) for mark in name)


def speakable(name: str) -> str:
    """A name with its bytes that are no UTF-8 as ``\\xff``, so that it can stand in JSON."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def _escape(mark: str) -> str:
    if "\udc80" <= mark <= "\udcff":
        return speakable(mark)
    return mark.encode("unicode_escape").decode()
