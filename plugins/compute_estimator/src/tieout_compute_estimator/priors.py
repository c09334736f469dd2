"""What to assume where nobody says it: ranges from published runs, and emissions of power grids by region and year."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tieout.plugin import Candidate, Figure, translator
from tieout_compute_estimator.derivation import N_, cell
from tieout_compute_estimator.units import KG_PER_KWH

if TYPE_CHECKING:
    from tieout_compute_estimator.aliases import AliasIndex

__all__ = [
    "GridRow",
    "RunPrior",
    "find_regions",
    "grid_intensity",
    "grid_table",
    "run_prior",
    "run_prior_table",
]

_ = translator("tieout_compute_estimator")
PRIORS = "run priors"
GRID = "grid intensity"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class RunPrior(_Row):
    """The 5%, 50% and 95% points to assume for one quantity, in the unit of its symbol."""

    name: str
    symbol: str
    devices: tuple[str, ...]
    """Devices that the row speaks about; empty for all."""
    low: float = Field(gt=0)
    mid: float = Field(gt=0)
    high: float = Field(gt=0)
    confidence: Literal["high", "medium", "low"]
    source: str = Field(min_length=3)

    @model_validator(mode="after")
    def _ordered(self) -> RunPrior:
        if not self.low < self.mid < self.high:
            raise ValueError(f"{self.name}: a range needs low < mid < high")
        return self


class RunPriorTable(_Row):
    """The whole table with its date; the first row that fits a symbol and device is used."""

    format: Literal[1]
    as_of: date
    source: str
    rows: tuple[RunPrior, ...]


class GridRow(_Row):
    """Emissions of one kilowatt-hour in one region and year."""

    region: str
    aliases: tuple[str, ...]
    year: int
    kg_per_kwh: float = Field(gt=0, lt=2)
    confidence: Literal["high", "medium", "low"]
    source: str = Field(min_length=3)


class GridTable(_Row):
    """The whole table with its date."""

    format: Literal[1]
    as_of: date
    source: str
    rows: tuple[GridRow, ...]


@cache
def run_prior_table() -> RunPriorTable:
    """The shipped table of ranges, read on first use."""
    return RunPriorTable.model_validate_json(
        files("tieout_compute_estimator").joinpath("data/run_priors.json").read_bytes()
    )


@cache
def grid_table() -> GridTable:
    """The shipped table of grid intensities, read on first use."""
    return GridTable.model_validate_json(
        files("tieout_compute_estimator").joinpath("data/grid_intensity.json").read_bytes()
    )


class _Sourced(_Row):
    """A row in the shape that :func:`cell` reads."""

    name: str
    source: str
    as_of: date
    confidence: Literal["high", "medium", "low"]


def run_prior(symbol: str, unit: str, metric: str, *, device: str = "") -> Figure:
    """The range to assume for ``symbol``, on ``device`` where that matters.

    Raises:
        KeyError: The table has no row for the symbol.
    """
    table = run_prior_table()
    row = next(
        (row for row in table.rows if row.symbol == symbol and (not row.devices or device in row.devices)),
        None,
    )
    if row is None:
        raise KeyError(symbol)
    named = _Sourced(name=row.name, source=row.source, as_of=table.as_of, confidence=row.confidence)
    figure = cell(
        row.mid, unit, metric, named, table=PRIORS, field="low, mid, high", low=row.low, high=row.high
    )
    return figure.model_copy(update={"subject": ""})


@cache
def _index() -> AliasIndex:
    from tieout_compute_estimator.aliases import AliasIndex

    return AliasIndex({row.region: row.aliases for row in grid_table().rows})


def find_regions(text: str) -> Sequence[Candidate]:
    """Every region of the grid table named in ``text`` with its span."""
    # "us" and "eu" in lower case are words; as regions they are written in capitals.
    return [c for c in _index().find(text) if len(c.text) > 3 or not c.text.isascii() or c.text.isupper()]


def grid_intensity(region: str, year: int | None = None) -> Figure:
    """Emissions of the grid of ``region``, in ``year`` or the latest year that the table has.

    Raises:
        ToolError: No such region, or no such year of it; the message lists what there is.
    """
    from tieout.errors import ToolError

    name = _index().exact(region)
    if name is None:
        near = _index().near(region) or sorted({row.region for row in grid_table().rows})
        raise ToolError(
            _("No power grid called {name} is in the table.", name=repr(region[:60])),
            code="unknown-region",
            hint=_("Known: {names}.", names=", ".join(near)),
        )
    rows = sorted((row for row in grid_table().rows if row.region == name), key=lambda row: row.year)
    chosen = rows[-1] if year is None else next((row for row in rows if row.year == year), None)
    if chosen is None:
        raise ToolError(
            _("The table has no grid intensity of {region} in {year}.", region=name, year=year),
            code="unknown-year",
            hint=_("It has {names}.", names=", ".join(str(row.year) for row in rows)),
        )
    named = _Sourced(
        name=f"{chosen.region} {chosen.year}",
        source=chosen.source,
        as_of=grid_table().as_of,
        confidence=chosen.confidence,
    )
    figure = cell(chosen.kg_per_kwh, KG_PER_KWH, N_("grid intensity"), named, table=GRID, field="kg_per_kwh")
    return figure.model_copy(update={"subject": chosen.region})
