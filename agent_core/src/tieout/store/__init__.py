"""Where conversations are kept: one SQLite file that survives a killed process with question and partial answer.

:class:`SessionStore` lists, searches and recovers without importing pydantic-ai; :class:`SqliteStore` is the same
with the conversations an agent continues. Names are imported on first use.
"""

from __future__ import annotations

__all__ = [
    "Hit",
    "Json",
    "JsonObject",
    "SalvageReport",
    "Session",
    "SessionStore",
    "SqliteStore",
    "Turn",
    "TurnStatus",
    "salvage",
]

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tieout.store.rows import Hit, Json, JsonObject, Session, Turn, TurnStatus
    from tieout.store.salvaging import SalvageReport, salvage
    from tieout.store.session_store import SessionStore
    from tieout.store.sqlite_store import SqliteStore


def __getattr__(name: str) -> object:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    homes = {
        "SalvageReport": "salvaging",
        "salvage": "salvaging",
        "SessionStore": "session_store",
        "SqliteStore": "sqlite_store",
    }
    module = import_module(f"tieout.store.{homes.get(name, 'rows')}")
    return getattr(module, name)
