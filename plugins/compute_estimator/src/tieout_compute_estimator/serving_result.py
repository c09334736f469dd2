"""What ``serve`` returns, and how it reads."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict

from tieout.plugin import Card, CardBlock, Fact, Figure, Language, Note, Plot, Result, translator
from tieout_compute_estimator.derivation import N_, named, ranged, shown, sourced
from tieout_compute_estimator.pictures import roofline, time_shares
from tieout_compute_estimator.serving_model import Bound, Parts
from tieout_compute_estimator.trees import derivations

__all__ = ["BOUNDS", "OperatingPoint", "ServingResult", "TimeShares"]

_ = translator("tieout_compute_estimator")

BOUNDS: dict[Bound, str] = {
    "memory bandwidth": N_("memory bandwidth"),
    "compute": N_("arithmetic"),
    "communication": N_("communication between devices"),
    "capacity": N_("memory capacity: more room would allow a larger batch"),
    "kernel launches": N_("launching kernels"),
}


class TimeShares(BaseModel):
    """Seconds of the machine for one output token, by cause."""

    model_config = ConfigDict(frozen=True)

    weights: float
    cache: float
    compute: float
    link: float
    launch: float

    @property
    def parts(self) -> Parts:
        """As the model of a step has them."""
        return Parts(self.weights, self.cache, self.compute, self.link, self.launch)


class OperatingPoint(BaseModel):
    """Where decoding and prompts lie on the roofline of one device."""

    model_config = ConfigDict(frozen=True)

    peak: float
    """Dense FLOP/s."""
    bandwidth: float
    """Bytes/s."""
    decode_intensity: float
    """FLOP per byte read."""
    decode_rate: float
    """FLOP/s."""
    prompt_intensity: float
    prompt_rate: float


class ServingResult(Result):
    """How fast a model answers on some devices; ends of intervals are a 90% band."""

    subject: str = ""
    device: str
    dtype: str
    kv_dtype: str
    arithmetic: str
    parallel: str
    """``tensor`` or ``expert``."""
    params: Figure
    device_count: Figure
    prompt: Figure
    output: Figure
    weights: Figure
    cache_per_sequence: Figure
    batch: Figure
    weights_read: Figure
    experts_touched: Figure | None = None
    cache_read: Figure
    time_to_first_token: Figure
    time_per_output_token: Figure
    throughput: Figure
    throughput_per_device: Figure
    upper_bound: Figure
    bound: Bound
    """What an output token waits for most."""
    shares: TimeShares
    point: OperatingPoint

    def say(self, lang: Language = "en") -> str:
        """Throughput and latency first, then the batch and what binds."""
        lines = [
            _(
                "{subject} ({params}) in {dtype} on {count} {device} gives {throughput} at a batch of {batch}, "
                "with a prompt of {prompt} and an answer of {output} each.",
                lang=lang,
                subject=named(self.subject, lang),
                params=sourced(self.params, lang),
                dtype=self.dtype,
                count=shown(self.device_count, lang),
                device=self.device,
                throughput=f"**{ranged(self.throughput, lang)}**",
                batch=shown(self.batch, lang),
                prompt=shown(self.prompt, lang),
                output=shown(self.output, lang),
            ),
            _(
                "The first token comes after {first} without a queue, each further one after {each}.",
                lang=lang,
                first=ranged(self.time_to_first_token, lang),
                each=f"**{ranged(self.time_per_output_token, lang)}**",
            ),
            _(
                "A step reads {weights} of weights and {cache} of cache.",
                lang=lang,
                weights=shown(self.weights_read, lang),
                cache=shown(self.cache_read, lang),
            ),
        ]
        if self.experts_touched is not None:
            lines.append(
                _("It touches {share} of the experts.", lang=lang, share=shown(self.experts_touched, lang))
            )
        lines.append(
            _(
                "The bound is {bound}; no software can exceed {ceiling} on this hardware (Pope et al.).",
                lang=lang,
                bound=_(BOUNDS[self.bound], lang=lang),
                ceiling=shown(self.upper_bound, lang),
            )
        )
        text = ("" if lang == "zh" else " ").join(lines)
        return "\n\n".join([text, *(f"- {note}" for note in self.notes)])

    def card(self, lang: Language = "en") -> Card:
        """The figures, where the time goes, the roofline and the derivations."""
        figures = (
            self.throughput,
            self.throughput_per_device,
            self.time_to_first_token,
            self.time_per_output_token,
            self.batch,
            self.weights,
            self.cache_per_sequence,
            self.weights_read,
            self.experts_touched,
            self.cache_read,
            self.upper_bound,
        )
        blocks: list[CardBlock] = [
            Fact(label=_(figure.metric, lang=lang), value=ranged(figure, lang), figure=figure)
            for figure in figures
            if figure is not None
        ]
        blocks.append(Fact(label=_("bound", lang=lang), value=_(BOUNDS[self.bound], lang=lang)))
        blocks += [time_shares(self.shares.parts, lang=lang), self.roofline(lang)]
        blocks += derivations((self.throughput, self.batch, self.time_to_first_token, self.upper_bound), lang)
        blocks += [Note(level="warning", text=note) for note in self.notes]
        title = _("Serving", lang=lang)
        return Card(title=f"{title}: {self.subject}" if self.subject else title, blocks=tuple(blocks))

    def roofline(self, lang: Language = "en") -> Plot:
        """One device's roof with decoding and prompts on it."""
        point = self.point
        marks = [
            (_("decoding", lang=lang), point.decode_intensity, point.decode_rate),
            (_("prompt", lang=lang), point.prompt_intensity, point.prompt_rate),
        ]
        return roofline(
            peak=point.peak, bandwidth=point.bandwidth, points=marks, device=self.device, lang=lang
        )
