"""The hooks of report search."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from tieout.plugin import PluginHost, Source, Tool, hookimpl
from tieout_report_search.settings import ReportSettings

if TYPE_CHECKING:
    from contextlib import AbstractAsyncContextManager


@hookimpl
def settings() -> type[ReportSettings]:
    """Folders and limits."""
    return ReportSettings


@hookimpl
def tools(settings: ReportSettings) -> Iterable[Tool[..., Any]]:
    """search, add, list, show, remove, eval."""
    from tieout_report_search.tools import ReportTools

    return ReportTools(settings).tools()


@hookimpl
def sources(settings: ReportSettings) -> Iterable[Source]:
    """The library, for whoever wants to check a citation."""
    from tieout_report_search.tools import ReportSource

    return [ReportSource(settings)]


@hookimpl
def lifespan(host: PluginHost, settings: ReportSettings) -> AbstractAsyncContextManager[None]:
    """Tell the source where the library is."""
    return _lifespan(host, settings)


@asynccontextmanager
async def _lifespan(host: PluginHost, settings: ReportSettings) -> AsyncGenerator[None]:
    settings.keep_in(host.data_dir)
    yield
