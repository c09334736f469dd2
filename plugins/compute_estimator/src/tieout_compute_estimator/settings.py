"""``[plugins.compute]`` in tieout.toml."""

from __future__ import annotations

from pathlib import Path

from pydantic import BaseModel, ConfigDict

__all__ = ["ComputeSettings"]


class ComputeSettings(BaseModel):
    """Settings of the compute estimator."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    data: tuple[Path, ...] = ()
    """JSON files with rows of one's own for the tables of hardware and models; a row of a known name replaces it."""
