"""The sources of an answer: its numbers, grouped by what they are tied to, in the order of the text."""

from __future__ import annotations

__all__ = ["SourceGroup", "source_groups", "source_text"]

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from tieout.cardtext import origin_text
from tieout.contract.figures import UserInput
from tieout.events import MarkEvent
from tieout.i18n import translator

if TYPE_CHECKING:
    from tieout.contract.figures import Figure
    from tieout.session import Turn

_ = translator("tieout")


@dataclass
class SourceGroup:
    """Numbers of an answer that share a source, or that have none (``flagged``)."""

    source: str
    """Where they come from, in words."""
    flagged: bool = False
    """True for numbers that nothing supports or that the source contradicts."""
    numbers: list[str] = field(default_factory=list[str])
    """As the answer prints them, each once."""
    figures: list[Figure] = field(default_factory=list["Figure"])
    """The evidence behind them, for a front end that shows the derivation."""

    def line(self) -> str:
        """One line of text; a flag is said with a sign and in words."""
        return f"{'!' if self.flagged else '·'} {', '.join(self.numbers)} — {self.source}"


def source_groups(turn: Turn) -> list[SourceGroup]:
    """Group the marks of a turn. Structural numbers are left out; flagged ones come first."""
    evidence = {item.id: item.figure for item in turn.evidence}
    groups: dict[tuple[bool, str], SourceGroup] = {}
    for mark in turn.marks:
        if mark.status == "structural":
            continue
        figure = evidence.get(mark.evidence or "")
        flagged = mark.status in ("untied", "mismatch")
        group = groups.setdefault(
            (flagged, source_text(mark, figure)), SourceGroup(source_text(mark, figure), flagged)
        )
        number = turn.text[mark.start : mark.end]
        if number not in group.numbers:
            group.numbers.append(number)
        if figure is not None and figure not in group.figures:
            group.figures.append(figure)
    return sorted(groups.values(), key=lambda group: not group.flagged)


def source_text(mark: MarkEvent, figure: Figure | None) -> str:
    """Where a number comes from, in words; of one without a source, that it has none."""
    match mark.status:
        case "untied":
            return (origin_text(figure.origin) if figure else "") or _("not tied to any source")
        case "mismatch":
            return _("differs from the source: {detail}", detail=mark.detail)
        case "user":
            earlier = figure is not None and isinstance(figure.origin, UserInput) and figure.origin.earlier
            return _("an earlier question of yours") if earlier else _("your question")
        case "quoted" if figure is None:
            return mark.detail or _("inside a quotation")
        case _:
            return (origin_text(figure.origin) if figure else "") or mark.detail
