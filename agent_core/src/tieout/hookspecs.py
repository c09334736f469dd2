"""The six hooks. This file is all that a plugin author must read; :mod:`tieout.plugin` holds the types.

A plugin is a module (or object) named by an entry point in the group ``tieout.plugins``. It implements any of these
hooks with ``@hookimpl``, each taking any subset of the arguments. Hooks are synchronous and called once, when the
plugin is loaded; nothing of pluggy happens while a question is being answered. A hook that raises costs only its own
plugin. New hooks may be added; none is taken away.
"""

# Hooks here have no body: pluggy reads names and arguments only.
# pyright: reportReturnType=false

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pluggy

if TYPE_CHECKING:
    from pydantic import BaseModel

    from tieout.contract.guards import Guard
    from tieout.contract.models import ModelSpec
    from tieout.contract.results import Result
    from tieout.contract.sources import Source
    from tieout.contract.tools import Embedder, Tool

__all__ = ["PluginHost", "guards", "hookimpl", "lifespan", "models", "settings", "sources", "tools"]

hookspec = pluggy.HookspecMarker("tieout")
hookimpl = pluggy.HookimplMarker("tieout")
"""Marks a function as the implementation of the hook of its name."""


class PluginHost(Protocol):
    """What a plugin's ``lifespan`` is given."""

    @property
    def data_dir(self) -> Path:
        """A folder of the plugin's own, which exists."""
        ...

    @property
    def embedder(self) -> Embedder | None:
        """The host's embedder, if one is installed."""
        ...

    async def call(self, name: str, /, **arguments: object) -> Result:
        """Run a tool by its qualified name, as ``ToolContext.call`` does."""
        ...


@hookspec
def settings() -> type[BaseModel]:
    """The pydantic model of ``[plugins.NAME]`` in tieout.toml. Errors are reported with file and line.

    It is validated with the context ``{"folders": {key: folder}}``: the folders of the files that set each key, from
    which relative paths start.
    """


@hookspec
def tools(settings: BaseModel) -> Iterable[Tool[..., Any] | Callable[..., Any]]:
    """Functions declared with ``@tool``. A plain function becomes a tool with the defaults."""


@hookspec
def guards(settings: BaseModel) -> Iterable[Guard]:
    """Guards over prompts, tool calls, tool results and answers."""


@hookspec
def models(settings: BaseModel) -> Iterable[ModelSpec]:
    """Families of language models."""


@hookspec
def sources(settings: BaseModel) -> Iterable[Source]:
    """Searchable text whose quoted spans can be re-read and checked."""


@hookspec
def lifespan(host: PluginHost, settings: BaseModel) -> AbstractAsyncContextManager[object]:
    """Set-up and tear-down around the plugin's use, entered before its first tool, guard or source runs."""
