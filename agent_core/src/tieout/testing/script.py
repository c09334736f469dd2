"""What a FakeModel can be told to do in one response, next to saying text."""

from __future__ import annotations

__all__ = ["Call", "Cut", "Fail", "Hang", "Step"]

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Call:
    """Call a tool: by qualified name (``compute.train``), with its arguments (a text is sent as it is)."""

    tool: str
    arguments: Mapping[str, object] | str = field(default_factory=dict[str, object])


@dataclass(frozen=True)
class Fail:
    """Raise this error in place of going on."""

    error: Exception


@dataclass(frozen=True)
class Hang:
    """Say nothing for ``seconds`` and then go on; long enough to be cancelled."""

    seconds: float = 3600.0


@dataclass(frozen=True)
class Cut:
    """End here without saying why: the connection dropped, or (``reason="length"``) the token limit was reached."""

    reason: str = ""


Step = str | Call | Fail | Hang | Cut
"""A piece of text, or one of the above."""
