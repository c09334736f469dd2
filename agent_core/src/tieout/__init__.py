"""Tieout: a research agent that ties every number it says to its source.

import tieout

with tieout.open_session(model="offline") as session:
    turn = session.ask_sync("…")
    print(turn.text)
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tieout.host import Host
    from tieout.session import Session, Turn, open_session
    from tieout.settings import LoadedSettings, Settings, load_settings

__all__ = [
    "Host",
    "LoadedSettings",
    "Session",
    "Settings",
    "Turn",
    "__version__",
    "load_settings",
    "open_session",
]

__version__ = "0.1.0"

_HOMES = {
    "Host": "tieout.host",
    "LoadedSettings": "tieout.settings",
    "Session": "tieout.session",
    "Settings": "tieout.settings",
    "Turn": "tieout.session",
    "load_settings": "tieout.settings",
    "open_session": "tieout.session",
}


def __getattr__(name: str) -> object:
    """Import on first use: ``import tieout`` itself costs a few milliseconds."""
    if name not in _HOMES:
        raise AttributeError(f"module 'tieout' has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)
