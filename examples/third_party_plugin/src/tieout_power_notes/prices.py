"""Average prices of electricity, each with its source."""

from __future__ import annotations

from datetime import date
from typing import Literal, get_args

from tieout.plugin import Figure, ShippedTable, TableRow

Sector = Literal["industrial", "commercial", "residential"]

_TABLE = "US electricity prices"
_SOURCE = "U.S. Energy Information Administration, Electricity explained, averages of 2023"
_AS_OF = date(2023, 12, 31)
_CENTS: dict[Sector, float] = {"industrial": 8.04, "commercial": 12.75, "residential": 16.00}


def price_of(sector: Sector) -> Figure:
    """The average price in cents per kWh, tied to its row of the table."""
    return Figure(
        value=_CENTS[sector],
        unit="cent/kWh",
        as_of=_AS_OF,
        subject=f"{sector} electricity, US",
        metric="price",
        origin=TableRow(
            table=_TABLE, row=sector, field="price", source=_SOURCE, as_of=_AS_OF, confidence="high"
        ),
    )


def shipped_tables() -> list[ShippedTable]:
    """For `tieout data status`."""
    return [ShippedTable(name=_TABLE, rows=len(get_args(Sector)), as_of=_AS_OF, source=_SOURCE)]
