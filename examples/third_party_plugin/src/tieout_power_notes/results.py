"""What the tools return. Each Figure and each span in a field becomes evidence by itself."""

from __future__ import annotations

from tieout.plugin import Card, Fact, Figure, Language, Note, ReportSpan, Result, translator
from tieout.quantities import format_quantity

_ = translator("tieout_power_notes")


def shown(figure: Figure, lang: Language) -> str:
    """A figure as people write it."""
    return format_quantity(figure.value, figure.unit, lang=lang, digits=4)


class Bill(Result):
    """Energy and cost of a load over a time."""

    load: Figure
    time: Figure
    pue: Figure
    energy: Figure
    price: Figure
    cost: Figure

    def say(self, lang: Language = "en") -> str:
        """One sentence. Each number in it comes from a figure, or the tie-out would mark it."""
        return _(
            "Running {load} for {time} at a PUE of {pue} takes {energy} and costs {cost}, at {price} on average.",
            lang=lang,
            load=shown(self.load, lang),
            time=shown(self.time, lang),
            pue=shown(self.pue, lang),
            energy=shown(self.energy, lang),
            cost=shown(self.cost, lang),
            price=shown(self.price, lang),
        )

    def card(self, lang: Language = "en") -> Card:
        """One line per figure, and what the price leaves out."""
        rows = (
            (_("Cost", lang=lang), self.cost),
            (_("Energy", lang=lang), self.energy),
            (_("Price", lang=lang), self.price),
        )
        facts = [Fact(label=label, value=shown(figure, lang), figure=figure) for label, figure in rows]
        caveat = Note(level="info", text=_("An average price: contracts of large sites differ.", lang=lang))
        return Card(title=_("Electricity bill", lang=lang), blocks=(*facts, caveat))


class Found(Result):
    """Notes, word for word. The default `say` and `card` quote them, with their place."""

    quotes: list[ReportSpan]
