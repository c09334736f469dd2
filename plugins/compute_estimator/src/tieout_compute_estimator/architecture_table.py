"""Architectures of published models, from the configurations that came with the weights."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tieout_compute_estimator.architecture import Architecture
from tieout_compute_estimator.architecture_config import architecture_from_config
from tieout_compute_estimator.data_layers import Stamps, data_stamps, layered

__all__ = [
    "TABLE",
    "ArchitectureRow",
    "architecture_of",
    "architecture_row",
    "architecture_table",
    "shipped_architectures",
]

TABLE = "architectures"


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ArchitectureRow(_Row):
    """The configuration of one published model."""

    name: str
    """Row of the table of models."""
    config: dict[str, object]
    """In the form of ``config.json``; keys that change no count are left out."""
    params: int | None = Field(gt=0)
    """Parameters that the released weights hold; ``None`` where only a rounded count was published."""
    source: str = Field(min_length=3)
    as_of: date
    confidence: Literal["high", "medium", "low"]
    notes: str


class ArchitectureTable(_Row):
    """The whole table with its date."""

    format: Literal[1]
    as_of: date
    source: str
    models: tuple[ArchitectureRow, ...]


def architecture_table() -> ArchitectureTable:
    """The shipped table with what packages and the user's data files add, read on first use.

    Raises:
        InputError: A data file of the user's is not valid.
    """
    shipped = _shipped()
    rows = tuple(_rows(data_stamps()).values())
    return shipped if rows == shipped.models else shipped.model_copy(update={"models": rows})


@cache
def _shipped() -> ArchitectureTable:
    return ArchitectureTable.model_validate_json(
        files("tieout_compute_estimator").joinpath("data/architectures.json").read_bytes()
    )


def shipped_architectures() -> Iterator[Architecture]:
    """The architectures of the package's own table: what is typical is not told by rows that somebody adds."""
    for row in _shipped().models:
        yield architecture_from_config(row.config, name=row.name)


@cache
def _rows(stamps: Stamps) -> dict[str, ArchitectureRow]:
    found = layered(
        "architectures", _shipped().models, ArchitectureRow, name=lambda row: row.name, defaults=_UNKNOWN
    )
    return {row.name: row for row in found.rows}


_UNKNOWN: dict[str, object] = {"params": None, "confidence": "medium", "notes": ""}
"""What the fields hold that a data file may leave out."""


def architecture_row(model: str) -> ArchitectureRow | None:
    """The configuration of the model with exactly this name in the table of models; ``None`` when there is none."""
    return _rows(data_stamps()).get(model)


def architecture_of(model: str) -> Architecture | None:
    """The architecture of the model with exactly this name in the table of models; ``None`` when there is none.

    Raises:
        InputError: The configuration in a data file is not one that can be read.
    """
    return _architecture(model, data_stamps())


@cache
def _architecture(model: str, stamps: Stamps) -> Architecture | None:
    row = architecture_row(model)
    return None if row is None else architecture_from_config(row.config, name=row.name)
