"""The plugin ``shield``: what the host loads. Cheap to import; rules are read on first use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tieout.plugin import hookimpl

if TYPE_CHECKING:
    from pydantic import BaseModel

    from tieout.plugin import Guard, Tool
    from tieout_code_shield.settings import ShieldSettings

__all__ = ["guards", "settings", "tools"]


@hookimpl
def settings() -> type[BaseModel]:
    """``[plugins.shield]``."""
    from tieout_code_shield.settings import ShieldSettings

    return ShieldSettings


@hookimpl
def tools(settings: ShieldSettings) -> Iterable[Tool[..., Any]]:
    """scan, scan_code, rules, explain and the scorer."""
    from tieout_code_shield.shield import shield_for
    from tieout_code_shield.tools import make_tools

    return make_tools(shield_for(settings))


@hookimpl
def guards(settings: ShieldSettings) -> Iterable[Guard]:
    """The guard over prompts, tool calls, tool results and answers."""
    from tieout_code_shield.guard import ShieldGuard
    from tieout_code_shield.shield import shield_for

    return [ShieldGuard(shield_for(settings))] if settings.enabled else []
