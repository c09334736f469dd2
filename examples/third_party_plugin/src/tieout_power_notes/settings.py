"""The settings of the plugin. The object lives as long as its host, so it also holds what a host shares."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr

from tieout_power_notes.notes import Notes


class PowerSettings(BaseModel):
    """``[plugins.power]`` in tieout.toml."""

    model_config = ConfigDict(extra="forbid")

    pue: float = Field(default=1.25, ge=1, le=3)
    """Energy of the site over energy of the computers, where the question does not say it."""

    _notes: Notes = PrivateAttr(default_factory=Notes)

    @property
    def notes(self) -> Notes:
        """The notes of this host: not of the module, since a program may have two hosts."""
        return self._notes
