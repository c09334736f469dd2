"""What ``memory`` returns, and how it reads."""

from __future__ import annotations

from tieout.plugin import Card, CardBlock, Fact, Figure, Language, Note, Result, translator
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
    kv_cache: Figure | None = None
    training_states: Figure | None = None
    total: Figure
    devices: Figure | None = None

    def say(self, lang: Language = "en") -> str:
        """Each part in GB and GiB, and the devices that hold them."""
        lines: list[str] = []
        subject = named(self.subject, lang)
        params = sourced(self.params, lang)
        if self.weights is not None:
            lines.append(
                _(
                    "The weights of {subject} ({params}) in {dtype} take {size}.",
                    lang=lang,
                    subject=subject,
                    params=params,
                    dtype=self.dtype,
                    size=shown(self.weights, lang),
                )
            )
        if self.kv_per_token is not None:
            lines.append(
                _(
                    "Each token in the KV cache takes {size}.",
                    lang=lang,
                    size=shown(self.kv_per_token, lang),
                )
            )
        if self.kv_cache is not None:
            context = self.kv_cache.inputs()["s"]
            lines.append(
                _(
                    "At {context} the cache takes {size}, and with the weights that makes {total}.",
                    lang=lang,
                    context=shown(context, lang),
                    size=shown(self.kv_cache, lang),
                    total=shown(self.total, lang),
                )
            )
        if self.training_states is not None:
            lines.append(
                _(
                    "Training {subject} ({params}) keeps {size} of weights, gradients and Adam states on each device.",
                    lang=lang,
                    subject=subject,
                    params=params,
                    size=ranged(self.training_states, lang),
                )
            )
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
        text = ("" if lang == "zh" else " ").join(lines)
        return "\n\n".join([text, *(f"- {note}" for note in self.notes)])

    def card(self, lang: Language = "en") -> Card:
        """A line per part and the derivation of the total."""
        parts = (
            self.weights,
            self.kv_per_token,
            self.kv_cache,
            self.training_states,
            self.total,
            self.devices,
        )
        facts = {figure.metric: figure for figure in parts if figure is not None}
        blocks: list[CardBlock] = [
            Fact(
                label=_(figure.metric, lang=lang),
                value=ranged(figure, lang),
                figure=figure,
            )
            for figure in facts.values()
        ]
        blocks.append(derivation(self.devices or self.total, lang))
        if self.kv_per_token is not None and self.kv_cache is None:
            blocks.append(derivation(self.kv_per_token, lang))
        blocks += [Note(level="info", text=note) for note in self.notes]
        title = _("Memory", lang=lang)
        return Card(title=f"{title}: {self.subject}" if self.subject else title, blocks=tuple(blocks))
