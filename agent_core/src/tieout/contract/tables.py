"""ShippedTable: a data table that comes with a package, and how old it is."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

__all__ = ["ShippedTable"]


@dataclass(frozen=True)
class ShippedTable:
    """One table of facts inside a package, as ``tieout data status`` lists it.

    A package declares its tables with an entry point in the group ``tieout.tables`` that names a function without
    arguments returning a list of these.
    """

    name: str
    rows: int
    as_of: date
    source: str
    """Where the facts come from, in words."""
    valid_until: date | None = None
    """The day on which the first of its facts expires, if they do."""
    licence: str = ""

    def expired(self, today: date) -> bool:
        """Whether ``today`` is past ``valid_until``."""
        return self.valid_until is not None and today > self.valid_until
