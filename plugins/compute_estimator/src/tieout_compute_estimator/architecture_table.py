"""Architectures of published models, from the configurations that came with the weights."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tieout_compute_estimator.architecture import Architecture
from tieout_compute_estimator.architecture_config import architecture_from_config

__all__ = ["TABLE", "ArchitectureRow", "architecture_of", "architecture_row", "architecture_table"]

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


@cache
def architecture_table() -> ArchitectureTable:
    """The shipped table, read on first use."""
    return ArchitectureTable.model_validate_json(
        files("tieout_compute_estimator").joinpath("data/architectures.json").read_bytes()
    )


@cache
def _rows() -> dict[str, ArchitectureRow]:
    return {row.name: row for row in architecture_table().models}


def architecture_row(model: str) -> ArchitectureRow | None:
    """The configuration of the model with exactly this name in the table of models; ``None`` when there is none."""
    return _rows().get(model)


@cache
def architecture_of(model: str) -> Architecture | None:
    """The architecture of the model with exactly this name in the table of models; ``None`` when there is none."""
    row = architecture_row(model)
    return None if row is None else architecture_from_config(row.config, name=row.name)
