"""What ``fleet`` returns, and how it reads."""

from __future__ import annotations

from tieout.plugin import Card, CardBlock, Fact, Figure, Language, Note, Result, translator
from tieout_compute_estimator.derivation import named, ranged, shown, sourced
from tieout_compute_estimator.trees import derivations

__all__ = ["FleetResult"]

_ = translator("tieout_compute_estimator")


class FleetResult(Result):
    """Devices, money, energy and emissions of a service; months are a twelfth of 8,760 hours."""

    subject: str = ""
    device: str
    dtype: str
    region: str
    provider: str = ""
    """Whose list price the revenue is at."""
    users: Figure
    prompts_per_day: Figure
    peak_rate: Figure
    throughput: Figure
    """Of one copy of the model."""
    devices_per_copy: Figure
    copies: Figure
    devices: Figure
    input_tokens: Figure
    output_tokens: Figure
    cost: Figure | None = None
    cost_per_output: Figure | None = None
    cost_per_token: Figure | None = None
    revenue: Figure | None = None
    margin: Figure | None = None
    energy: Figure | None = None
    emissions: Figure | None = None

    def say(self, lang: Language = "en") -> str:
        """Devices first, then money, then energy."""
        lines = [
            _(
                "Serving {subject} to {users} users, each with {prompts} prompts a day, takes **{devices} {device}**: "
                "the peak is {peak}, one copy on {each} gives {throughput}.",
                lang=lang,
                subject=named(self.subject, lang),
                users=shown(self.users, lang),
                prompts=shown(self.prompts_per_day, lang),
                devices=ranged(self.devices, lang),
                device=self.device,
                peak=shown(self.peak_rate, lang),
                each=shown(self.devices_per_copy, lang),
                throughput=ranged(self.throughput, lang),
            )
        ]
        lines += self._money(lang)
        if self.energy is not None and self.emissions is not None:
            lines.append(
                _(
                    "The site uses {energy} a month, {emissions} on the grid of {region}.",
                    lang=lang,
                    energy=ranged(self.energy, lang),
                    emissions=ranged(self.emissions, lang),
                    region=self.region,
                )
            )
        text = ("" if lang == "zh" else " ").join(lines)
        return "\n\n".join([text, *(f"- {note}" for note in self.notes)])

    def _money(self, lang: Language) -> list[str]:
        if self.cost is None or self.cost_per_output is None or self.cost_per_token is None:
            return []
        lines = [
            _(
                "Rent is **{cost} a month** at {price}, that is {unit} over input and output, "
                "or {output} of output alone.",
                lang=lang,
                cost=ranged(self.cost, lang),
                price=sourced(self.cost.inputs()["p"], lang, interval=True),
                unit=ranged(self.cost_per_token, lang),
                output=ranged(self.cost_per_output, lang),
            )
        ]
        if self.revenue is not None and self.margin is not None:
            paid = self.revenue.inputs()
            lines.append(
                _(
                    "At the list price of {provider} ({input} in, {output} out) the tokens are worth {revenue}, "
                    "a gross margin of {margin}.",
                    lang=lang,
                    provider=self.provider,
                    input=shown(paid["a"], lang),
                    output=sourced(paid["b"], lang),
                    revenue=shown(self.revenue, lang),
                    margin=ranged(self.margin, lang),
                )
            )
        return lines

    def card(self, lang: Language = "en") -> Card:
        """Every figure and the derivations of devices, margin and emissions."""
        figures = (
            self.devices,
            self.copies,
            self.peak_rate,
            self.throughput,
            self.input_tokens,
            self.output_tokens,
            self.cost,
            self.cost_per_output,
            self.cost_per_token,
            self.revenue,
            self.margin,
            self.energy,
            self.emissions,
        )
        blocks: list[CardBlock] = [
            Fact(label=_(figure.metric, lang=lang), value=ranged(figure, lang), figure=figure)
            for figure in figures
            if figure is not None
        ]
        ends = [figure for figure in (self.devices, self.margin or self.cost, self.emissions) if figure]
        blocks += derivations(ends, lang)
        blocks += [Note(level="warning", text=note) for note in self.notes]
        title = _("Fleet", lang=lang)
        return Card(title=f"{title}: {self.subject}" if self.subject else title, blocks=tuple(blocks))
