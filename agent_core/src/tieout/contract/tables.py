"""ShippedTable: a data table that comes with a package, how old it is, and where a newer one can be had."""

from __future__ import annotations

import os
import re
from collections.abc import Awaitable, Callable, Generator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from pathlib import Path

__all__ = ["Fetch", "ShippedTable", "TableRefresh", "refreshed_table", "use_tables"]

Fetch = Callable[[str], Awaitable[bytes]]
"""Reads one https address of the declared hosts, within limits of time and size.

Raises:
    TieoutError: It cannot be had; says why.
"""

_folder: ContextVar[Path | None] = ContextVar("tieout_tables", default=None)


@dataclass(frozen=True)
class TableRefresh:
    """How a newer version of a table is made from public sources, when the user asks for it."""

    hosts: tuple[str, ...]
    """Every host that is asked; nothing else can be."""
    build: Callable[[Fetch, date], Awaitable[bytes]]
    """Returns the new table as the bytes of its file, valid; takes what it may fetch with, and today.

    It raises a ``TieoutError`` where the sources do not hold what is needed: then everything stays as it was.
    """


@dataclass(frozen=True)
class ShippedTable:
    """One table of facts inside a package, as ``tieout data status`` lists it.

    A package declares its tables with an entry point in the group ``tieout.tables`` that names a function without
    arguments returning a list of these. A table with ``refresh`` is read through :func:`refreshed_table` first, and
    then says the age of what it read.
    """

    name: str
    rows: int
    as_of: date
    source: str
    """Where the facts come from, in words."""
    valid_until: date | None = None
    """The day on which the first of its facts expires, if they do."""
    licence: str = ""
    refresh: TableRefresh | None = None

    def expired(self, today: date) -> bool:
        """Whether ``today`` is past ``valid_until``."""
        return self.valid_until is not None and today > self.valid_until


def refreshed_table(name: str) -> Path | None:
    """The file that ``tieout data refresh`` made for the table of this name, or ``None``.

    It lies in the data folder of the running host, outside a host in the one that ``TIEOUT_DATA_DIR`` or the
    platform names.
    """
    path = table_path(name, _folder.get() or default_folder())
    return path if path.is_file() else None


def table_path(name: str, folder: Path) -> Path:
    """Where the refreshed table of a name lies in a folder of tables."""
    return folder / (re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-") + ".json")


def tables_folder(data_dir: Path) -> Path:
    """Where refreshed tables lie in a data folder."""
    return data_dir / "tables"


def default_folder() -> Path:
    """The folder of tables where no host is running."""
    given = os.environ.get("TIEOUT_DATA_DIR")
    if given:
        return tables_folder(Path(given).expanduser())
    from platformdirs import user_data_path

    return tables_folder(user_data_path("tieout"))


@contextmanager
def use_tables(folder: Path) -> Generator[None]:
    """Look refreshed tables up in ``folder`` within the block, in this thread or task only."""
    token = _folder.set(folder)
    try:
        yield
    finally:
        _folder.reset(token)
