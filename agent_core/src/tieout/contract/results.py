"""Result: the base of what every tool returns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from tieout.contract.cards import Block, Card, Fact, Note, Quote, Text
from tieout.contract.figures import Figure, ReportSpan
from tieout.i18n import Language, translator

__all__ = ["EvalMiss", "EvalResult", "EvalTally", "Result"]

_ = translator("tieout")


class Result(BaseModel):
    """Base of every tool's return value.

    Every :class:`Figure` and :class:`ReportSpan` anywhere in the fields becomes evidence by itself. ``card`` and
    ``say`` have defaults drawn from the fields; override them to say it better. ``say`` is what the offline mode
    answers with, so each number in it must come from a figure.
    """

    model_config = ConfigDict(frozen=True)

    notes: tuple[str, ...] = ()
    """Caveats that every face shows: assumptions, staleness, what was left out. Already in the user's language."""
    advice_notice: ClassVar[bool] = False
    """True where answers need the line "no investment advice" (stock and report results)."""

    @property
    def exit_code(self) -> int:
        """What the command line ends with after showing this: 0, or a check's ``tieout.errors.ExitCode``."""
        return 0

    def printout(self, lang: Language = "en") -> str | None:
        """What the command line prints instead of the card; ``None`` for the card."""
        return None

    def figures(self) -> list[tuple[str, Figure]]:
        """Every figure in the fields with its dotted path, without the inputs of formulas."""
        return [(path, item) for path, item in _walk(self, "") if isinstance(item, Figure)]

    def spans(self) -> list[ReportSpan]:
        """Every report span in the fields, those behind formulas included, each once, in order."""
        found: dict[ReportSpan, None] = {}
        for _, item in _walk(self, ""):
            if isinstance(item, ReportSpan):
                found[item] = None
            elif isinstance(item, Figure):
                for figure in item.walk():
                    if isinstance(figure.origin, ReportSpan):
                        found[figure.origin] = None
        return list(found)

    def card(self, lang: Language = "en") -> Card:
        """The toolkit-neutral card; by default one line per figure, then quotes and notes."""
        blocks: list[Block] = [
            Fact(label=_label(path, figure, lang), value=_shown(figure, lang), figure=figure)
            for path, figure in self.figures()
        ]
        blocks += [Quote(text=span.quote, span=span) for span in self.spans()]
        blocks += [Note(level="info", text=note) for note in self.notes]
        return Card(title=type(self).__name__, blocks=tuple(blocks))

    def say(self, lang: Language = "en") -> str:
        """The result as one or a few sentences of Markdown."""
        lines = [f"{_label(path, figure, lang)}: {_shown(figure, lang)}" for path, figure in self.figures()]
        lines += [f"> {span.quote}" for span in self.spans()]
        return "\n".join([*lines, *self.notes])


def _walk(value: object, path: str) -> Iterator[tuple[str, object]]:
    if isinstance(value, Figure | ReportSpan):
        yield path, value
    elif isinstance(value, BaseModel):
        for name in type(value).model_fields:
            yield from _walk(getattr(value, name), f"{path}.{name}" if path else name)
    elif isinstance(value, Mapping):
        items: Mapping[Any, Any] = value  # pyright: ignore[reportUnknownVariableType]
        for key, item in items.items():
            yield from _walk(item, f"{path}.{key}")
    elif isinstance(value, list | tuple):
        sequence: list[Any] | tuple[Any, ...] = value  # pyright: ignore[reportUnknownVariableType]
        for index, item in enumerate(sequence):
            yield from _walk(item, f"{path}[{index}]")


def _label(path: str, figure: Figure, lang: Language) -> str:
    from tieout.told import told

    parts = (told(figure.subject, lang=lang), told(figure.metric, lang=lang) or path)
    return " ".join(part for part in parts if part)


def _shown(figure: Figure, lang: Language) -> str:
    from tieout.quantities import format_quantity

    return figure.text or format_quantity(figure.value, figure.unit, lang=lang)


class EvalTally(BaseModel):
    """Cases of one kind: how many there were and how many passed."""

    total: int
    passed: int


class EvalMiss(BaseModel):
    """A case that did not pass: what was expected, what came, and by how much it differs."""

    id: str
    kind: str
    expected: str
    got: str
    difference: str = ""


class EvalResult(Result):
    """What a plugin's ``eval`` tool returns; ``tieout eval NAME FILE --json`` prints exactly these fields.

    A scorer is a tool named ``eval`` with the faces ``cli`` and ``slash``, taking one argument ``file``.
    """

    total: int
    passed: int
    by_kind: dict[str, EvalTally]
    metrics: dict[str, float] = {}
    misses: list[EvalMiss] = []

    def scores(self, lang: Language = "en", *, misses: int = 20) -> str:
        """How many cases passed, of each kind too, the metrics and the first misses: one line each."""
        lines = [_("{passed} of {total} passed", lang=lang, passed=self.passed, total=self.total)]
        lines += [f"  {kind}: {tally.passed}/{tally.total}" for kind, tally in sorted(self.by_kind.items())]
        lines += [f"  {metric} = {value:.4g}" for metric, value in sorted(self.metrics.items())]
        for miss in self.misses[:misses]:
            compared = _("expected {expected}, got {got}", lang=lang, expected=miss.expected, got=miss.got)
            lines.append(f"  ✗ {miss.id} ({miss.kind}): {compared} {miss.difference}".rstrip())
        if len(self.misses) > misses:
            lines.append(_("  … and {count} more misses", lang=lang, count=len(self.misses) - misses))
        return "\n".join([*lines, *self.notes])

    def printout(self, lang: Language = "en") -> str | None:
        """The scores, as ``tieout eval`` prints them."""
        return self.scores(lang)

    def card(self, lang: Language = "en") -> Card:
        """The scores, a block each, under how many cases passed."""
        passed, *lines = self.scores(lang).split("\n")
        return Card(title=passed, blocks=tuple(Text(text=line.strip()) for line in lines))
