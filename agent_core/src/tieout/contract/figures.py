"""Numbers that can be tied: a Figure and the Origin it came from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = [
    "Attempt",
    "Figure",
    "Formula",
    "MarketData",
    "Origin",
    "ReportSpan",
    "TableRow",
    "ToolCall",
    "UserInput",
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ReportSpan(_Frozen):
    """A place in a report: the raw characters that were re-read before the citation was shown."""

    type: Literal["report"] = "report"
    document: str
    """Content hash of the file (SHA-256, hex, at least 12 characters): survives renaming and re-indexing."""
    title: str
    page: int = Field(ge=1)
    """1-based page; 1 for a text without pages."""
    start: int = Field(ge=0)
    """Offset of the first character in the page's raw text."""
    end: int = Field(ge=0)
    """Offset after the last character in the page's raw text."""
    quote: str
    """The text as shown; its normal form is contained in the normal form of the raw span."""
    source: str = ""
    """Name of the Source that can re-read the span (``reports`` for report search)."""
    publisher: str = ""
    """Broker or institute, when known."""
    published: date | None = None


class Attempt(_Frozen):
    """A provider that was asked before the one that answered, and what it said."""

    provider: str
    error: str


class MarketData(_Frozen):
    """A price, a name or another market fact, with who said so and when."""

    type: Literal["market"] = "market"
    kind: Literal["live", "cached", "embedded", "demo", "user"]
    """``demo`` figures are synthetic and never mixed into an answer about real securities."""
    provider: str
    fetched_at: datetime
    data_time: datetime | date
    """The moment or session the figure is about, in the exchange's time zone."""
    stale: bool = False
    tried: tuple[Attempt, ...] = ()


class TableRow(_Frozen):
    """A cell of a table that ships with a plugin: a datasheet value, a price range, a calendar day."""

    type: Literal["table"] = "table"
    table: str
    row: str
    field: str
    source: str
    """Public origin: datasheet, paper, page, with its own date where it has one."""
    as_of: date | None = None
    valid_until: date | None = None
    """Past this day every answer that uses the cell says that it is out of date."""
    confidence: Literal["high", "medium", "low"] = "medium"


class ToolCall(_Frozen):
    """The figure is what a tool returned, and the tool named no better origin."""

    type: Literal["tool"] = "tool"
    tool: str
    call_id: str = ""
    path: str = ""
    """Name of the field in the tool's result, the last of its dotted path."""
    argument: str = ""
    """Name of the argument that brought the figure in, when neither the user nor a source said it: whoever made the
    call chose the value, so it supports nothing."""


class UserInput(_Frozen):
    """The user said the number; ``start`` and ``end`` are offsets in the question.

    With ``earlier`` it was said in an earlier question of the conversation, and the offsets are in that one.
    """

    type: Literal["user"] = "user"
    text: str
    start: int = Field(ge=0)
    end: int = Field(ge=0)
    earlier: bool = False


class Formula(_Frozen):
    """The figure was computed; ``inputs`` are figures with origins of their own, so this is a graph."""

    type: Literal["formula"] = "formula"
    name: str
    """Name of the quantity's formula, e.g. ``training FLOPs (6ND)``."""
    expression: str
    """Plain Unicode text over the input symbols, e.g. ``6 · N · D``."""
    inputs: dict[str, Figure] = Field(default_factory=dict)
    """Symbol to figure, in the order in which they are shown."""
    latex: str = ""
    convention: str = ""
    """What the formula counts and leaves out, e.g. ``dense peak, no recompute``."""
    reference: str = ""
    """The paper or document the formula is taken from."""


Origin = Annotated[
    ReportSpan | MarketData | TableRow | ToolCall | UserInput | Formula, Field(discriminator="type")
]


class Figure(_Frozen):
    """One number that can be tied to where it came from.

    ``value`` is in ``unit`` (a symbol of :mod:`tieout.quantities`; empty for a pure number). ``low`` and ``high``
    bound an interval in the same unit; the meaning of the interval is the origin's convention.
    """

    value: float
    unit: str = ""
    low: float | None = None
    high: float | None = None
    as_of: date | None = None
    subject: str = ""
    """What the number is about: ``Llama 3 70B``, ``600519.SH``."""
    metric: str = ""
    """Which property of the subject: ``MFU``, ``close``, ``training FLOPs``."""
    text: str = ""
    """The number as the source prints it, when the source is a text."""
    origin: Origin | None = None
    """``None`` only inside a plugin: the session fills in the user's words, an argument or the tool call."""

    def inputs(self) -> Mapping[str, Figure]:
        """The figures this one was computed from; empty unless the origin is a Formula."""
        return self.origin.inputs if isinstance(self.origin, Formula) else {}

    def walk(self) -> Iterator[Figure]:
        """This figure and everything it was computed from, depth first."""
        yield self
        for figure in self.inputs().values():
            yield from figure.walk()


Formula.model_rebuild()
Figure.model_rebuild()
