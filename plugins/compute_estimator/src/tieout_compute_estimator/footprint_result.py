"""What ``memory`` returns, and how it reads."""

from __future__ import annotations

from tieout.plugin import Card, CardBlock, Fact, Figure, Formula, Language, Note, Result, translator
from tieout_compute_estimator.derivation import derivation, named, ranged, shown, sourced

__all__ = ["MemoryResult"]

_ = translator("tieout_compute_estimator")


class MemoryResult(Result):
    """Memory of a model in bytes; ``devices`` is a lower bound."""

    subject: str = ""
    device: str = ""
    dtype: str = ""
    """Number format of the weights."""
    params: Figure
    weights: Figure | None = None
    kv_per_token: Figure | None = None
    """What one more token adds, once sliding windows are full."""
    recurrent_state: Figure | None = None
    """What the recurrent layers of one sequence keep, whatever its length."""
    kv_cache: Figure | None = None
    training_states: Figure | None = None
    activations: Figure | None = None
    """Of one micro-batch on one device."""
    per_device: Figure | None = None
    total: Figure
    devices: Figure | None = None
    free: Figure | None = None
    """Left on each device, when it fits."""
    lacking: Figure | None = None
    """Missing on each device, when it does not."""

    def say(self, lang: Language = "en") -> str:
        """Each part in GB and GiB, and the devices that hold them."""
        lines = [*self._serving(lang), *self._training(lang), *self._devices(lang)]
        text = ("" if lang == "zh" else " ").join(lines)
        return "\n\n".join([text, *(f"- {note}" for note in self.notes)])

    def _serving(self, lang: Language) -> list[str]:
        lines: list[str] = []
        if self.weights is not None:
            lines.append(
                _(
                    "The weights of {subject} ({params}) in {dtype} take {size}.",
                    lang=lang,
                    subject=named(self.subject, lang),
                    params=sourced(self.params, lang),
                    dtype=self.dtype,
                    size=ranged(self.weights, lang),
                )
            )
        if self.kv_per_token is not None:
            size = shown(self.kv_per_token, lang)
            lines.append(_("Each token in the KV cache takes {size}.", lang=lang, size=size))
        if self.recurrent_state is not None:
            size = shown(self.recurrent_state, lang)
            lines.append(_("The recurrent layers keep {size} per sequence.", lang=lang, size=size))
        if self.kv_cache is not None:
            lines.append(
                _(
                    "At {context} the cache takes {size}, and with the weights that makes {total}.",
                    lang=lang,
                    context=shown(self.kv_cache.inputs()["s"], lang),
                    size=shown(self.kv_cache, lang),
                    total=ranged(self.total, lang),
                )
            )
        if self.per_device is not None and self.training_states is None:
            lines.append(
                _(
                    "Split over {count} that is {size} on each.",
                    lang=lang,
                    count=shown(self.per_device.inputs()["t"], lang),
                    size=shown(self.per_device, lang),
                )
            )
        return lines

    def _training(self, lang: Language) -> list[str]:
        if self.training_states is None:
            return []
        lines = [
            _(
                "Training {subject} ({params}) keeps {size} of weights, gradients and optimiser states on each device.",
                lang=lang,
                subject=named(self.subject, lang),
                params=sourced(self.params, lang),
                size=ranged(self.training_states, lang),
            )
        ]
        if self.activations is not None:
            lines.append(
                _(
                    "Activations of one micro-batch at {context} take {size} more; together {total}.",
                    lang=lang,
                    context=shown(self.activations.inputs()["s"], lang),
                    size=shown(self.activations, lang),
                    total=ranged(self.total, lang),
                )
            )
        return lines

    def _devices(self, lang: Language) -> list[str]:
        lines: list[str] = []
        if self.devices is not None:
            lines.append(
                _(
                    "That needs at least {count} of {device} ({each} each).",
                    lang=lang,
                    count=shown(self.devices, lang),
                    device=self.device,
                    each=sourced(self.devices.inputs()["M"], lang),
                )
            )
        if self.free is not None:
            size = shown(self.free, lang)
            lines.append(
                _("It fits: {size} are left on each {device}.", lang=lang, size=size, device=self.device)
            )
        if self.lacking is not None:
            size = shown(self.lacking, lang)
            lines.append(
                _("It does not fit: each {device} lacks {size}.", lang=lang, size=size, device=self.device)
            )
        return lines

    def card(self, lang: Language = "en") -> Card:
        """A line per part and the derivation of the total."""
        parts = (
            self.params if isinstance(self.params.origin, Formula) else None,
            self.weights,
            self.kv_per_token,
            self.recurrent_state,
            self.kv_cache,
            self.training_states,
            self.activations,
            self.per_device,
            self.total,
            self.devices,
            self.free,
            self.lacking,
        )
        facts = {figure.metric: figure for figure in parts if figure is not None}
        blocks: list[CardBlock] = [
            Fact(label=_(figure.metric, lang=lang), value=ranged(figure, lang), figure=figure)
            for figure in facts.values()
        ]
        blocks.append(derivation(self.devices or self.total, lang))
        if self.kv_per_token is not None and self.kv_cache is None:
            blocks.append(derivation(self.kv_per_token, lang))
        blocks += [Note(level="info", text=note) for note in self.notes]
        title = _("Memory", lang=lang)
        return Card(title=f"{title}: {self.subject}" if self.subject else title, blocks=tuple(blocks))
