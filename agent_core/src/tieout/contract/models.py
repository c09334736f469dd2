"""ModelSpec: a family of language models that a plugin or the core can build."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tieout.contract.slots import Candidate
from tieout.contract.tools import Embedder, Tool
from tieout.i18n import Language

if TYPE_CHECKING:
    from pydantic_ai.models import Model

__all__ = ["ModelContext", "ModelPrice", "ModelSpec", "Probe"]


@dataclass(frozen=True)
class Probe:
    """Whether a model could be used now, found out without sending anything off the machine."""

    available: bool
    detail: str = ""
    hint: str = ""


@dataclass(frozen=True)
class ModelPrice:
    """USD per million tokens, with the day it was true."""

    input: float
    output: float
    as_of: str
    source: str


@dataclass(frozen=True)
class ModelContext:
    """What the host knows when it builds a model."""

    tools: Callable[[], Mapping[str, Tool[..., Any]]]
    """Model name of a tool to the tool; called on each request, since plugins may come and go."""
    find: Callable[[str, str], list[Candidate]]
    """``find(kind, text)``: every declared finder."""
    lang: Callable[[], Language]
    embedder: Embedder | None = None
    register_secret: Callable[[str], None] = lambda _: None
    """Call it with a key as soon as it is read; from then on no log, error or stored turn shows it."""
    on_wait: Callable[[str, float], None] = lambda _reason, _seconds: None
    """Call it before sleeping: the front end shows why it waits and for how many seconds."""


@dataclass(frozen=True)
class ModelSpec:
    """Models whose identifier starts with ``prefix`` and a colon (or is just the prefix)."""

    prefix: str
    summary: str
    build: Callable[[str, ModelContext], Model]
    """``build(name, context)``; ``name`` is what follows the colon. Imports what it needs only when called."""
    probe: Callable[[str], Probe]
    """``probe(name)``: cheap, contacts nothing but this machine, never raises; runs in a thread beside others."""
    local: bool = False
    """True when nothing leaves the machine."""
    sends_to: str = ""
    """Host that prompts are sent to, as ``doctor`` shows it; empty when local."""
    context_window: int | None = None
    """Tokens, when all models of the prefix share it."""
    price: ModelPrice | None = None
