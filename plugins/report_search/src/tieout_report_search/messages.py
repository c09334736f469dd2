"""The messages of this package, in the user's language."""

from __future__ import annotations

from tieout.plugin import translator

__all__ = ["_"]

_ = translator("tieout_report_search")
