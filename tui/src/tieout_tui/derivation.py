"""Where a number comes from, as lines of a tree: the figure, its origin, and what it was computed from."""

from __future__ import annotations

__all__ = ["SourceEntry", "derivation_lines", "source_entries"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, assert_never

from tieout.cardtext import origin_text
from tieout.contract.figures import Figure, Formula, MarketData, ReportSpan, TableRow, ToolCall, UserInput
from tieout.i18n import current_language, translator
from tieout.quantities import format_quantity
from tieout.sourcelist import source_text
from tieout.text import clean_line
from tieout.told import told, told_source

if TYPE_CHECKING:
    from tieout.events import EvidenceEvent, MarkEvent, MarkStatus
    from tieout.evidence import Evidence

_ = translator("tieout_tui")

_DEEPEST = 12
_LINE = 600


@dataclass(frozen=True)
class SourceEntry:
    """A number of the answer and what is known about it."""

    number: str
    status: MarkStatus
    origin: str
    """In a few words; for an untied number, that it is not tied."""
    figure: Figure | None = None

    def line(self) -> str:
        """One line; what is wrong begins with an exclamation mark and says so in words."""
        sign = "!" if self.status in ("untied", "mismatch") else "·"
        return clean_line(f"{sign} {self.number} — {self.origin}", limit=300)


def source_entries(
    text: str, marks: Sequence[MarkEvent], evidence: Mapping[str, EvidenceEvent | Evidence]
) -> list[SourceEntry]:
    """One entry for each number of an answer that needs a source, in order, none twice."""
    entries: dict[tuple[str, str], SourceEntry] = {}
    for mark in marks:
        if mark.status == "structural":
            continue
        number = text[mark.start : mark.end]
        item = evidence.get(mark.evidence or "")
        figure = item.figure if item else None
        entry = SourceEntry(number, mark.status, source_text(mark, figure), figure)
        entries.setdefault((number, entry.origin), entry)
    return list(entries.values())


def derivation_lines(entry: SourceEntry) -> list[str]:
    """The whole story of an entry's number: value, origin in full, and the figures it was computed from."""
    if entry.figure is None:
        return [clean_line(entry.origin, limit=_LINE)]
    return _figure_lines(entry.figure, "", 0)


def _figure_lines(figure: Figure, symbol: str, depth: int) -> list[str]:
    what = " ".join(part for part in (told(figure.subject), told(figure.metric)) if part)
    head = f"{symbol} = " if symbol else ""
    first = clean_line(head + _value(figure) + (f"  ({what})" if what else ""), limit=_LINE)
    lines = [first, *(f"   {clean_line(line, limit=_LINE)}" for line in _origin_lines(figure))]
    if depth >= _DEEPEST:
        return lines
    inputs = list(figure.inputs().items())
    for position, (name, inner) in enumerate(inputs):
        last = position == len(inputs) - 1
        top, *rest = _figure_lines(inner, name, depth + 1)
        lines.append(("└─ " if last else "├─ ") + top)
        lines += [("   " if last else "│  ") + line for line in rest]
    return lines


def _value(figure: Figure) -> str:
    lang = current_language()
    try:
        value = format_quantity(figure.value, figure.unit, lang=lang)
        if figure.low is not None and figure.high is not None:
            low = format_quantity(figure.low, figure.unit, lang=lang)
            high = format_quantity(figure.high, figure.unit, lang=lang)
            value += f" ({low} – {high})"
    except ValueError:  # not finite
        return f"{figure.value:g} {figure.unit}".strip()
    return f"{figure.text} = {value}" if figure.text and figure.text not in value else value


def _origin_lines(figure: Figure) -> list[str]:
    match figure.origin:
        case Formula() as formula:
            return _formula_lines(formula)
        case ReportSpan() as span:
            return _report_lines(span)
        case MarketData() as data:
            return _market_lines(data)
        case TableRow() as row:
            lines = ["← " + origin_text(row), _("Confidence: {level}", level=told(row.confidence))]
            return [*lines, _("Valid until {day}", day=row.valid_until)] if row.valid_until else lines
        case UserInput() as said:
            return ["← " + origin_text(said)]
        case ToolCall() as call:
            return ["← " + origin_text(call)]
        case None:
            return []
        case _:
            assert_never(figure.origin)


def _formula_lines(formula: Formula) -> list[str]:
    lines = ["← " + origin_text(formula)]
    if formula.convention:
        lines.append(_("Convention: {text}", text=told(formula.convention)))
    if formula.reference:
        lines.append(_("Reference: {text}", text=told_source(formula.reference)))
    return lines


def _report_lines(span: ReportSpan) -> list[str]:
    published = f", {span.published.isoformat()}" if span.published else ""
    document = _(
        "Document {id}, characters {start}–{end}", id=span.document[:12], start=span.start, end=span.end
    )
    return ["← " + origin_text(span) + published, f"“{span.quote}”", document]


def _market_lines(data: MarketData) -> list[str]:
    lines = [
        "← " + origin_text(data),
        _("Fetched {time}", time=data.fetched_at.isoformat(timespec="seconds")),
    ]
    if data.stale:
        lines.append(_("Out of date."))
    return lines + [
        _("Asked before: {provider}: {error}", provider=attempt.provider, error=attempt.error)
        for attempt in data.tried
    ]
