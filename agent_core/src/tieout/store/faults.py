"""SQLite's and the system's errors in words: what happened to which file, and what to do next."""

from __future__ import annotations

__all__ = ["explain"]

import errno
import sqlite3
from pathlib import Path

from tieout.errors import StoreError
from tieout.i18n import translator

_ = translator("tieout")

_DAMAGED = frozenset({sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB})
_NOT_ALLOWED = frozenset(
    {sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM, sqlite3.SQLITE_AUTH}
)
_IN_USE = frozenset({sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED})


def explain(error: sqlite3.Error | OSError, path: Path | None) -> StoreError:
    """The :class:`StoreError` that tells a person what ``error`` means.

    Codes: ``store-corrupt``, ``store-readonly``, ``store-full``, ``store-busy``, ``store-io`` and, for anything
    else, ``store``.
    """
    if isinstance(error, OSError):
        return (
            _full(error, path) if error.errno in {errno.ENOSPC, errno.EDQUOT} else _not_writable(error, path)
        )
    code = (getattr(error, "sqlite_errorcode", None) or 0) & 0xFF
    if code in _DAMAGED:
        return _damaged(error, path)
    if code in _NOT_ALLOWED or "readonly" in str(error):
        return _not_writable(error, path)
    if code == sqlite3.SQLITE_FULL:
        return _full(error, path)
    if code in _IN_USE:
        return StoreError(
            _(
                "The conversation store {path} is in use by another process and did not become free.",
                path=path,
            ),
            code="store-busy",
            hint=_("Try again, or end the other process."),
        )
    return StoreError(
        _("The conversation store {path} failed: {reason}.", path=path, reason=error),
        code="store-io" if code == sqlite3.SQLITE_IOERR else "store",
        hint=_("Check the disk; `tieout sessions export --salvage` writes out what can still be read."),
    )


def _damaged(error: sqlite3.Error, path: Path | None) -> StoreError:
    return StoreError(
        _("The conversation store {path} is damaged or no database: {reason}.", path=path, reason=error),
        code="store-corrupt",
        hint=_(
            "Save what can be read with `tieout sessions export --salvage`, then move {path} away; "
            "a new store is made at the next start.",
            path=path,
        ),
    )


def _not_writable(error: Exception, path: Path | None) -> StoreError:
    reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
    return StoreError(
        _("The conversation store {path} cannot be opened for writing: {reason}.", path=path, reason=reason),
        code="store-readonly",
        hint=_("Make its folder writable or name another file as the store."),
    )


def _full(error: Exception, path: Path | None) -> StoreError:
    return StoreError(
        _(
            "There is no room left to write to the conversation store {path}: {reason}.",
            path=path,
            reason=error,
        ),
        code="store-full",
        hint=_("Free some disk space and try again; what was stored before is safe."),
    )
