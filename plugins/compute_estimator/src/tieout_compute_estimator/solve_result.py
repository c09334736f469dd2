"""What ``solve`` returns, and how it reads."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from tieout.plugin import (
    Card,
    CardBlock,
    Fact,
    Figure,
    Language,
    Note,
    Plot,
    Result,
    Series,
    TableRow,
    translator,
)
from tieout_compute_estimator.derivation import derivation, ranged, sourced

__all__ = ["OtherRoute", "Solution", "VarianceShare", "shares_text", "tornado"]

_ = translator("tieout_compute_estimator")
MOST_SHARES = 3


class OtherRoute(BaseModel):
    """The same unknown by another way, from other inputs."""

    model_config = ConfigDict(frozen=True)

    answer: Figure
    ratio: Figure
    """This answer over the first one."""


class VarianceShare(BaseModel):
    """How much of a result's uncertainty one input makes."""

    model_config = ConfigDict(frozen=True)

    input: str
    """Name of the input, in English."""
    share: Figure
    low_end: Figure
    """The result with this input at its 5% point and all others in the middle."""
    high_end: Figure
    """The result with this input at its 95% point."""


class Solution(Result):
    """The unknown with what it rests on; intervals are 5% to 95% points of the sampled inputs."""

    subject: str = ""
    target: str
    """Which unknown: days, devices, mfu, tokens, params, budget, energy, price, emissions."""
    answer: Figure
    median: Figure | None = None
    """50% point of the draws; the answer itself is the formula at the middle of every input."""
    other_routes: tuple[OtherRoute, ...] = ()
    others: tuple[Figure, ...] = ()
    """What follows for the rest of the run."""
    assumed: tuple[Figure, ...] = ()
    """Ranges that nobody gave."""
    shares: tuple[VarianceShare, ...] = ()

    def say(self, lang: Language = "en") -> str:
        """The answer, the rest of the run, what was assumed, other routes, and where the uncertainty comes from."""
        lines = [
            _(
                "Solved for {metric}: {answer}.",
                lang=lang,
                metric=_(self.answer.metric, lang=lang),
                answer=f"**{ranged(self.answer, lang)}**",
            )
        ]
        if self.others:
            rest = [f"{_(figure.metric, lang=lang)} {ranged(figure, lang)}" for figure in self.others]
            lines.append(_("The run as a whole: {rest}.", lang=lang, rest=_list(rest, lang)))
        for other in self.other_routes:
            lines.append(
                _(
                    "By another route ({inputs}) it is {answer}, {ratio} of the first.",
                    lang=lang,
                    inputs=_list([_(figure.metric, lang=lang) for figure in _leaves(other.answer)], lang),
                    answer=ranged(other.answer, lang),
                    ratio=ranged(other.ratio, lang),
                )
            )
        if self.assumed:
            ranges = [
                f"{_(figure.metric, lang=lang)} {sourced(figure, lang, interval=True)}"
                for figure in self.assumed
            ]
            lines.append(_("Assumed: {ranges}.", lang=lang, ranges=_list(ranges, lang)))
        lines += shares_text(self.shares, lang)
        text = ("" if lang == "zh" else " ").join(lines)
        return "\n\n".join([text, *(f"- {note}" for note in self.notes)]) if self.notes else text

    def card(self, lang: Language = "en") -> Card:
        """The figures, a tornado of the inputs, and the derivation of every route."""
        figures = (self.answer, *self.others, *self.assumed)
        blocks: list[CardBlock] = [
            Fact(label=_(figure.metric, lang=lang), value=ranged(figure, lang), figure=figure)
            for figure in figures
        ]
        if self.shares:
            blocks.append(tornado(self.answer, self.shares, lang))
        blocks.append(derivation(self.answer, lang))
        blocks += [derivation(other.answer, lang) for other in self.other_routes]
        blocks += [Note(level="warning", text=note) for note in self.notes]
        title = _("Solved for {metric}", lang=lang, metric=_(self.answer.metric, lang=lang))
        return Card(title=f"{title}: {self.subject}" if self.subject else title, blocks=tuple(blocks))


def shares_text(shares: tuple[VarianceShare, ...], lang: Language) -> list[str]:
    """Where the uncertainty comes from, as a sentence; nothing when nothing is uncertain."""
    if not shares:
        return []
    parts = [
        _("{share} from {input}", lang=lang, share=ranged(item.share, lang), input=_(item.input, lang=lang))
        for item in shares[:MOST_SHARES]
    ]
    return [_("Where the uncertainty comes from: {parts}.", lang=lang, parts=_list(parts, lang))]


def tornado(answer: Figure, shares: tuple[VarianceShare, ...], lang: Language) -> Plot:
    """How far each input moves the result between its 5% and 95% points."""
    ends = [sorted((item.low_end.value, item.high_end.value)) for item in shares]
    series = Series(
        name=_(answer.metric, lang=lang),
        x=tuple(float(index) for index in range(len(shares))),
        y=tuple(answer.value for _item in shares),
        low=tuple(low for low, _high in ends),
        high=tuple(high for _low, high in ends),
    )
    return Plot(
        kind="interval",
        title=_("Sensitivity", lang=lang),
        x_label=_("input", lang=lang),
        y_label=f"{_(answer.metric, lang=lang)} ({_(answer.unit, lang=lang)})",
        series=(series,),
        categories=tuple(_(item.input, lang=lang) for item in shares),
    )


def _leaves(figure: Figure) -> list[Figure]:
    """What a route starts from and nobody assumed."""
    leaves = {part.metric: part for part in figure.walk() if not part.inputs()}
    given = [leaf for leaf in leaves.values() if not isinstance(leaf.origin, TableRow)]
    return given or list(leaves.values())


def _list(parts: list[str], lang: Language) -> str:
    return ("；" if lang == "zh" else "; ").join(parts)
