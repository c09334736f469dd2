"""Cards: what a result looks like, without saying in which toolkit."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from tieout.contract.figures import Figure, ReportSpan

__all__ = ["Block", "Card", "Code", "Fact", "Note", "Plot", "Quote", "Series", "Table", "Text", "Tree"]


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Fact(_Part):
    """A labelled value; ``figure`` ties it to its source."""

    type: Literal["fact"] = "fact"
    label: str
    value: str
    figure: Figure | None = None


class Text(_Part):
    """A paragraph of Markdown."""

    type: Literal["text"] = "text"
    text: str


class Quote(_Part):
    """Words of somebody else, with the place they were read from."""

    type: Literal["quote"] = "quote"
    text: str
    span: ReportSpan | None = None


class Table(_Part):
    """Rows of plain cells; ``numeric`` lists the columns to align right."""

    type: Literal["table"] = "table"
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: tuple[int, ...] = ()


class Code(_Part):
    """A listing; ``marked`` are the 1-based lines to point out."""

    type: Literal["code"] = "code"
    text: str
    language: str = ""
    marked: tuple[int, ...] = ()


class Tree(_Part):
    """A labelled tree, such as a derivation."""

    type: Literal["tree"] = "tree"
    label: str
    children: tuple[Tree, ...] = ()


class Series(_Part):
    """Points of one line or group of bars; ``low`` and ``high`` draw a band."""

    name: str
    x: tuple[float, ...]
    y: tuple[float, ...]
    low: tuple[float, ...] = ()
    high: tuple[float, ...] = ()


class Plot(_Part):
    """A small chart; a front end that cannot draw shows the series as a table."""

    type: Literal["plot"] = "plot"
    kind: Literal["line", "scatter", "bar", "interval"]
    title: str
    x_label: str
    y_label: str
    series: tuple[Series, ...]
    x_log: bool = False
    y_log: bool = False
    categories: tuple[str, ...] = ()
    """Names of the places 0, 1, 2 … on the axis of ``x``."""

    def category(self, x: float) -> str:
        """The name of the place ``x``, or the number where it has none."""
        return self.categories[int(x)] if x in range(len(self.categories)) else f"{x:g}"

    def row_name(self, series: Series, index: int) -> str:
        """What a point of ``series`` is called in a list: its place, behind the series where that says more."""
        name = self.category(series.x[index])
        return f"{series.name} {name}" if len(self.series) > 1 and series.name != name else name


class Note(_Part):
    """A remark that must not be overlooked; ``level`` is said in words as well as in colour."""

    type: Literal["note"] = "note"
    level: Literal["info", "warning", "error"]
    text: str


Block = Annotated[Fact | Text | Quote | Table | Code | Tree | Plot | Note, Field(discriminator="type")]


class Card(_Part):
    """What a front end draws for one tool result."""

    title: str
    blocks: tuple[Block, ...] = ()


Tree.model_rebuild()
