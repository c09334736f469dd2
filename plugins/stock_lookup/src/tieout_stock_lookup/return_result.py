"""What the tool ``returns`` returns: the table of relative and absolute returns that broker reports print."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from tieout.plugin import Card, CardBlock, Fact, Figure, Language, Note, Result, Table, translator

__all__ = ["ReturnsResult", "WindowReturn", "window_name"]

_ = translator("tieout_stock_lookup")


class WindowReturn(BaseModel):
    """One row of the return table; a missing number has its reason."""

    model_config = ConfigDict(frozen=True)

    window: str
    length: Figure | None = None
    """The window in months."""
    base_day: date | None = None
    absolute: Figure | None = None
    """Per cent."""
    index: Figure | None = None
    """Per cent."""
    relative: Figure | None = None
    """Percentage points with the arithmetic method, per cent with the geometric one."""
    reason: str = ""
    flags: tuple[str, ...] = ()


class ReturnsResult(Result):
    """Returns over windows, absolute, of the benchmark, and relative to it."""

    advice_notice: ClassVar[bool] = True

    symbol: str
    name: str
    last_day: date | None
    benchmark: str = ""
    benchmark_name: str = ""
    method: Literal["arithmetic", "geometric"] = "arithmetic"
    adjusted: bool = False
    demo: bool = False
    windows: tuple[WindowReturn, ...]
    source: str
    name_numbers: tuple[Figure, ...] = ()

    def say(self, lang: Language = "en") -> str:
        """One sentence for each window, then how it was counted and from what."""
        lines = [self._sentence(row, lang) for row in self.windows]
        method = (
            _("relative = share minus index, in percentage points", lang=lang)
            if self.method == "arithmetic"
            else _("relative = ratio of the two, in per cent", lang=lang)
        )
        closes = _("adjusted closes", lang=lang) if self.adjusted else _("closes as traded", lang=lang)
        lines.append(
            _(
                "Source: {source}, {closes} up to {day}; {method}.",
                lang=lang,
                source=self.source,
                closes=closes,
                day=self.last_day or "–",
                method=method,
            )
        )
        flags = dict.fromkeys(flag for row in self.windows for flag in row.flags)
        return "\n\n".join([*lines, *flags, *self.notes])

    def _sentence(self, row: WindowReturn, lang: Language) -> str:
        window = window_name(row.window, lang)
        if row.absolute is None:
            return _(
                "**{name}**, {window}: no number, because {reason}.",
                lang=lang,
                name=self._who(),
                window=window,
                reason=row.reason,
            )
        text = _(
            "**{name}**, {window} (since the close of {day}): {absolute}",
            lang=lang,
            name=self._who(),
            window=window,
            day=row.base_day,
            absolute=row.absolute.text,
        )
        if row.index is not None and row.relative is not None:
            text += _(
                "; {index_name} {index}; relative {relative}",
                lang=lang,
                index_name=self.benchmark_name,
                index=row.index.text,
                relative=self._points(row.relative, lang),
            )
        elif row.reason:
            text += _("; no relative return, because {reason}", lang=lang, reason=row.reason)
        return text + ("。" if lang == "zh" else ".")

    def _points(self, relative: Figure, lang: Language) -> str:
        return (
            f"{relative.value:+.2f} " + _("percentage points", lang=lang)
            if relative.unit == "pp"
            else relative.text
        )

    def _who(self) -> str:
        return f"{self.name} ({self.symbol})"

    def card(self, lang: Language = "en") -> Card:
        """The table that broker reports print: relative and absolute for each window."""
        columns = (
            _("Window", lang=lang),
            _("From the close of", lang=lang),
            _("Absolute", lang=lang),
            self.benchmark_name or _("Index", lang=lang),
            _("Relative", lang=lang),
        )
        rows = tuple(
            (
                window_name(row.window, lang),
                str(row.base_day or "–"),
                *(f.text if f else "–" for f in (row.absolute, row.index, row.relative)),
            )
            for row in self.windows
        )
        reasons = dict.fromkeys(
            f"{window_name(row.window, lang)}: {row.reason}" for row in self.windows if row.reason
        )
        flags = dict.fromkeys(flag for row in self.windows for flag in row.flags)
        blocks: list[CardBlock] = [Table(columns=columns, rows=rows, numeric=(2, 3, 4))]
        blocks.append(Fact(label=_("Source", lang=lang), value=self.source))
        blocks += [Note(level="warning", text=text) for text in (*reasons, *flags, *self.notes)]
        return Card(title=_("Returns of {name}", lang=lang, name=self._who()), blocks=tuple(blocks))


def window_name(window: str, lang: Language) -> str:
    """A canonical window in words."""
    if window == "YTD":
        return _("year to date", lang=lang)
    months = int(window.removesuffix("M"))
    return _("1 month", lang=lang) if months == 1 else _("{n} months", lang=lang, n=months)
