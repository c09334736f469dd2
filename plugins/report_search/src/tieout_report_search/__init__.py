"""Search in broker reports, with citations that are checked against the page."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tieout_report_search.citations import holds
    from tieout_report_search.library import ReportLibrary
    from tieout_report_search.settings import ReportSettings

__all__ = ["ReportLibrary", "ReportSettings", "holds"]

_HOMES = {"ReportLibrary": "library", "ReportSettings": "settings", "holds": "citations"}


def __getattr__(name: str) -> object:
    """Import what is asked for when it is asked for, so that importing the package stays cheap."""
    if name in _HOMES:
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
