"""What ``train`` and ``mfu`` return, and how it reads."""

from __future__ import annotations

from tieout.plugin import Card, CardBlock, Fact, Figure, Formula, Language, Note, Result, translator
from tieout_compute_estimator.derivation import brief_source, derivation, named, ranged, shown, sourced

__all__ = ["MfuResult", "TrainingEstimate"]

_ = translator("tieout_compute_estimator")


class TrainingEstimate(Result):
    """What a training run takes. Fields after ``pf_days`` need a device; ``days`` needs a number of them."""

    subject: str = ""
    """The published model, if one was named."""
    convention: str = "6nd"
    """How FLOP were counted: ``6nd``, ``3nd``, ``palm``, ``megatron`` or ``exact``."""
    params: Figure
    tokens: Figure
    flops: Figure
    hardware_flops: Figure | None = None
    """With what is computed again in the backward pass."""
    pf_days: Figure
    device: str = ""
    device_count: Figure | None = None
    peak: Figure | None = None
    mfu: Figure | None = None
    hfu: Figure | None = None
    device_hours: Figure | None = None
    days: Figure | None = None
    energy: Figure | None = None
    cost: Figure | None = None
    published_flops: Figure | None = None
    """What the makers say themselves, to compare with."""
    published_device_hours: Figure | None = None

    def say(self, lang: Language = "en") -> str:
        """FLOP first, then what the device needs for them."""
        lines = [self._flops(lang)]
        if self.hardware_flops is not None:
            lines.append(
                _(
                    "With recomputation the hardware does {flops}.",
                    lang=lang,
                    flops=shown(self.hardware_flops, lang),
                )
            )
        if self.device_hours is not None and self.mfu is not None and self.peak is not None:
            lines.append(
                _(
                    "On {device} ({metric} {peak}) at an MFU of {mfu} it needs {hours}.",
                    lang=lang,
                    device=self.device,
                    metric=_(self.peak.metric, lang=lang),
                    peak=sourced(self.peak, lang),
                    mfu=ranged(self.mfu, lang),
                    hours=f"**{ranged(self.device_hours, lang)}**",
                )
            )
        lines += self._spent(lang)
        if self.published_device_hours is not None:
            lines.append(
                _(
                    "The makers themselves report {hours}.",
                    lang=lang,
                    hours=sourced(self.published_device_hours, lang),
                )
            )
        return _join(lines, self.notes, lang)

    def _flops(self, lang: Language) -> str:
        parts = {
            "subject": named(self.subject, lang),
            "flops": f"**{shown(self.flops, lang)}**",
            "pf_days": shown(self.pf_days, lang),
            "params": sourced(self.params, lang),
            "tokens": sourced(self.tokens, lang),
        }
        if self.convention == "6nd":
            return _(
                "Training {subject} takes {flops}, that is {pf_days}: 6ND with {params} and {tokens} (Kaplan et al.).",
                lang=lang,
                **parts,
            )
        origin = self.flops.origin
        rule = origin.convention if isinstance(origin, Formula) else ""
        reference = brief_source(origin.reference, lang) if isinstance(origin, Formula) else ""
        return _(
            "Training {subject} takes {flops}, that is {pf_days}, with {params} and {tokens}: {rule} ({reference}).",
            lang=lang,
            **parts,
            rule=_(rule, lang=lang),
            reference=reference,
        )

    def _spent(self, lang: Language) -> list[str]:
        lines: list[str] = []
        if self.days is not None and self.device_count is not None:
            lines.append(
                _(
                    "With {count} working all the time that is {days}.",
                    lang=lang,
                    count=shown(self.device_count, lang),
                    days=f"**{ranged(self.days, lang)}**",
                )
            )
        if self.energy is not None:
            lines.append(_("The boards use up to {energy}.", lang=lang, energy=ranged(self.energy, lang)))
        if self.cost is not None:
            price = self.cost.inputs()["p"]
            lines.append(
                _(
                    "Rent is {cost} at {price}.",
                    lang=lang,
                    cost=ranged(self.cost, lang),
                    price=sourced(price, lang, interval=True),
                )
            )
        return lines

    def card(self, lang: Language = "en") -> Card:
        """The figures, what the makers published, and the derivation of the furthest figure."""
        figures = (
            self.flops,
            self.hardware_flops,
            self.pf_days,
            self.mfu,
            self.hfu,
            self.device_hours,
            self.days,
            self.energy,
            self.cost,
            self.published_flops,
            self.published_device_hours,
        )
        blocks: list[CardBlock] = [_fact(figure, lang) for figure in figures if figure is not None]
        ends = [
            figure
            for figure in (self.days or self.device_hours or self.pf_days, self.energy, self.cost)
            if figure
        ]
        blocks += [derivation(figure, lang) for figure in ends]
        blocks += [Note(level="warning", text=note) for note in self.notes]
        title = _("Training compute", lang=lang)
        return Card(title=f"{title}: {self.subject}" if self.subject else title, blocks=tuple(blocks))


class MfuResult(Result):
    """How much of the dense peak a run used for the model's own FLOP."""

    subject: str = ""
    device: str
    params: Figure
    tokens: Figure
    device_hours: Figure
    peak: Figure
    convention: str = "6nd"
    """How FLOP were counted."""
    flops: Figure
    hardware_flops: Figure | None = None
    """With recomputation; ``None`` when nothing is computed again."""
    mfu: Figure
    hfu: Figure | None = None
    """Hardware FLOP utilisation, where activations are computed again."""
    achieved: Figure
    mfu_published_size: Figure | None = None
    """The same with the published size, when the size given ("70B") is a rounding of it."""

    def say(self, lang: Language = "en") -> str:
        """The utilisation, the peak it is measured against, and what it was computed from."""
        lines = [
            _(
                "The MFU is {mfu} of the {metric} of {device} ({peak}).",
                lang=lang,
                mfu=f"**{ranged(self.mfu, lang)}**",
                metric=_(self.peak.metric, lang=lang),
                device=self.device,
                peak=sourced(self.peak, lang),
            ),
            self._reckoned(lang),
        ]
        if self.hfu is not None:
            lines.append(
                _("With what is computed again the HFU is {hfu}.", lang=lang, hfu=ranged(self.hfu, lang))
            )
        if self.mfu_published_size is not None:
            size = self.mfu_published_size.inputs()["C"].inputs()["N"]
            lines.append(
                _(
                    "With the published size of {params} it is {mfu}.",
                    lang=lang,
                    params=sourced(size, lang),
                    mfu=shown(self.mfu_published_size, lang),
                )
            )
        return _join(lines, self.notes, lang)

    def _reckoned(self, lang: Language) -> str:
        parts = {
            "params": sourced(self.params, lang),
            "tokens": sourced(self.tokens, lang),
            "flops": shown(self.flops, lang),
            "hours": sourced(self.device_hours, lang),
            "rate": shown(self.achieved, lang),
        }
        origin = self.flops.origin
        if self.convention == "6nd" or not isinstance(origin, Formula):
            return _(
                "It follows from 6ND with {params} and {tokens}, which is {flops}, over {hours}; "
                "each device did {rate} of useful work.",
                lang=lang,
                **parts,
            )
        return _(
            "It follows from {params} and {tokens}, which is {flops}, over {hours}; each device did {rate} of useful "
            "work. Counted: {rule} ({reference}).",
            lang=lang,
            **parts,
            rule=_(origin.convention, lang=lang),
            reference=brief_source(origin.reference, lang),
        )

    def card(self, lang: Language = "en") -> Card:
        """The figures and the derivation tree."""
        figures = (self.mfu, self.hfu, self.mfu_published_size, self.achieved, self.peak, self.flops)
        blocks: list[CardBlock] = [_fact(figure, lang) for figure in figures if figure is not None]
        blocks.append(derivation(self.mfu, lang, symbol="MFU"))
        blocks += [Note(level="warning", text=note) for note in self.notes]
        return Card(title=f"MFU: {self.subject or self.device}", blocks=tuple(blocks))


def _fact(figure: Figure, lang: Language) -> Fact:
    return Fact(label=_(figure.metric, lang=lang), value=ranged(figure, lang), figure=figure)


def _join(lines: list[str], notes: tuple[str, ...], lang: Language) -> str:
    text = ("" if lang == "zh" else " ").join(lines)
    return "\n\n".join([text, *(f"- {note}" for note in notes)]) if notes else text
