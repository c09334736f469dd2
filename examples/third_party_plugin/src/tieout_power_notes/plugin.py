"""The hooks: what this package brings to Tieout."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import AbstractAsyncContextManager
from typing import Any

from tieout.plugin import Guard, ModelSpec, PluginHost, Source, Tool, hookimpl
from tieout_power_notes.settings import PowerSettings


@hookimpl
def settings() -> type[PowerSettings]:
    """The table [plugins.power]."""
    return PowerSettings


@hookimpl
def tools(settings: PowerSettings) -> Iterable[Tool[..., Any]]:
    """bill and notes."""
    from tieout_power_notes.tools import power_tools

    return power_tools(settings)


@hookimpl
def guards() -> Iterable[Guard]:
    """Points out a unit that does not exist."""
    from tieout_power_notes.unit_guard import UnitGuard

    return [UnitGuard()]


@hookimpl
def models(settings: PowerSettings) -> Iterable[ModelSpec]:
    """Answers with the best note."""
    from tieout_power_notes.note_model import note_model

    return [note_model()]


@hookimpl
def sources(settings: PowerSettings) -> Iterable[Source]:
    """The notes."""
    return [settings.notes]


@hookimpl
def lifespan(host: PluginHost, settings: PowerSettings) -> AbstractAsyncContextManager[None]:
    """Take the user's own notes in, before the first use."""
    return settings.notes.with_folder(host.data_dir)
