"""Times and rates of serving as figures; values come from :mod:`serving_model`, so they cannot drift apart."""

from __future__ import annotations

from dataclasses import dataclass

from tieout.plugin import Figure, Formula, TableRow
from tieout_compute_estimator import run_figures, serving_model
from tieout_compute_estimator.accelerators import TABLE as HARDWARE
from tieout_compute_estimator.derivation import N_, cell, computed, given
from tieout_compute_estimator.serving_calibration import TABLE, Fitted, calibration_table
from tieout_compute_estimator.serving_setup import Setup
from tieout_compute_estimator.units import BYTE, FLOP, PARAM

__all__ = [
    "EXPERTS",
    "MILLISECONDS",
    "POPE",
    "TOKENS_PER_SECOND",
    "Symbols",
    "brief",
    "decoding_step",
    "first_token",
    "per_device",
    "prompt_flops",
    "throughput_of",
    "token_flops",
    "token_time",
    "verified",
]

MILLISECONDS, TOKENS_PER_SECOND = "ms", "token/s"
POPE = "Pope et al. 2022, arXiv:2211.05102, section 2"
MEGATRON = "Shoeybi et al. 2019, arXiv:1909.08053, section 3"
EXPERTS = "DeepSeek-AI 2025, arXiv:2505.09343, section 2.3"
SPECULATIVE = "Leviathan et al. 2022, arXiv:2211.17192, section 3.1"
_BAND = N_("busy engine; ends: 90% band of the errors on model families left out of the fit")


def verified(setup: Setup) -> Figure:
    """Tokens that a step looks at per sequence under speculative decoding."""
    accepted = given(setup.accepted, "", N_("tokens per step"))
    return computed(
        setup.verified,
        "",
        N_("tokens that a step looks at per sequence"),
        expression="⌈a⌉",
        inputs={"a": accepted},
        latex=r"\lceil a \rceil",
        convention=N_("the fewest drafted tokens that can give as many"),
        reference=SPECULATIVE,
    )


def brief(figure: Figure) -> Figure:
    """The same quantity without what it was computed from, for use beside a field that has it in full."""
    origin = figure.origin
    if not isinstance(origin, Formula):
        return figure
    return figure.model_copy(update={"origin": origin.model_copy(update={"inputs": {}})})


@dataclass(frozen=True)
class Symbols:
    """Figures that steps and prompts share."""

    setup: Setup
    fitted: Fitted

    @property
    def rates(self) -> dict[str, Figure]:
        device = self.setup.device
        bandwidth = cell(
            self.setup.machine.bandwidth / 1e12,
            "TB/s",
            N_("memory bandwidth"),
            device,
            table=HARDWARE,
            field="memory_bandwidth_tb_s",
        )
        return {
            "n": self.setup.count,
            "b": bandwidth,
            "em": self.efficiency(self.fitted.memory, N_("share of the memory bandwidth reached"), "memory"),
            "P": run_figures.peak(device, self.setup.arithmetic),
            "ec": self.efficiency(self.fitted.compute, N_("share of the dense peak reached"), "compute"),
        }

    @property
    def layer(self) -> dict[str, Figure]:
        return {
            "L": self.setup.source.dimension(self.setup.demand.layers, N_("layers"), "num_hidden_layers"),
            "τ": self.efficiency(
                1e6 * self.fitted.layer_seconds, N_("launching one layer"), "layer_seconds", "µs"
            ),
        }

    def efficiency(self, value: float, metric: str, field: str, unit: str = "ratio") -> Figure:
        table = calibration_table()
        origin = TableRow(
            table=TABLE,
            row="fitted",
            field=field,
            source=N_("fitted on the public measurements of this table"),
            as_of=table.as_of,
            confidence="medium",
        )
        return Figure(value=value, unit=unit, metric=metric, subject="", as_of=table.as_of, origin=origin)

    def link(self, tokens: Figure) -> Figure | None:
        """Milliseconds of communication for a pass over ``tokens`` tokens."""
        setup, machine, demand = self.setup, self.setup.machine, self.setup.demand
        if machine.devices == 1 or machine.link is None:
            return None
        seconds = serving_model.link_seconds(demand, machine, tokens.value, self.fitted.link)
        rate = cell(
            2 * machine.link / 1e9,
            "GB/s",
            N_("interconnect, both directions"),
            setup.device,
            table=HARDWARE,
            field="interconnect_gb_s",
        )
        inputs = {
            "T": tokens,
            "h": setup.source.dimension(demand.hidden, N_("width"), "hidden_size"),
            "n": setup.count,
            "l": rate,
            "el": self.efficiency(self.fitted.link, N_("share of the link rate reached"), "link"),
        }
        if machine.expert_parallel:
            inputs |= {
                "L": setup.source.dimension(demand.routed_layers, N_("layers with experts"), "counted"),
                "k": setup.source.dimension(demand.chosen, N_("experts per token"), "num_experts_per_tok"),
            }
            expression = "10³ · L · T / n · k · h · 3 · (n - 1) / n / (l · 10⁹ / 2 · el)"
            convention = N_("tokens sent to their experts in FP8 and back in BF16")
        else:
            inputs["L"] = setup.source.dimension(demand.layers, N_("layers"), "num_hidden_layers")
            expression = "10³ · 2 · L · 2 · (n - 1) / n · T · h · 2 / (l · 10⁹ / 2 · el)"
            convention = N_("two ring all-reduces of BF16 activations per layer")
        return computed(
            1e3 * seconds,
            MILLISECONDS,
            N_("communication"),
            expression=expression,
            inputs=inputs,
            latex=r"\frac{4 L (n-1) T h \cdot 2}{n\, l\, e_l}",
            convention=convention,
            reference=EXPERTS if machine.expert_parallel else MEGATRON,
            subject=setup.subject,
        )


def _flops(setup: Setup, value: float, metric: str, convention: str) -> Figure:
    """FLOP counted over the tensors, or 2N where only the size is known."""
    if setup.source.architecture is not None:
        return setup.source.dimension(value, metric, "counted", unit=FLOP)
    active = given(setup.demand.token_flops / 2.0, PARAM, N_("parameters that work on a token"))
    inputs, expression = {"N": active}, "2 · N"
    if value != setup.demand.token_flops:
        inputs["p"], expression = setup.prompt, "2 · N · p"
    return computed(
        value,
        FLOP,
        metric,
        expression=expression,
        inputs=inputs,
        latex=r"2 N",
        convention=convention,
        reference=POPE,
    )


def decoding_step(setup: Setup, batch: Figure, read: Figure, kept: Figure, fitted: Fitted) -> Figure:
    """One decoding step in milliseconds."""
    symbols, demand = Symbols(setup, fitted), setup.demand
    parts = serving_model.decode_step(
        demand, setup.machine, batch.value, fitted.factors, verified=setup.verified
    )
    flops = token_flops(setup)
    inputs = {"R": read, "C": kept, "B": batch, "F": flops, **symbols.rates}
    work = "B · F"
    if setup.verified > 1:
        inputs["v"], work = verified(setup), "B · v · F"
    tokens = given(batch.value * setup.verified, "token", N_("tokens in a step"))
    link = symbols.link(tokens)
    if link is not None:
        inputs["X"] = link
    inputs |= symbols.layer
    return _timed(
        1e3 * parts.total,
        N_("decoding step"),
        f"10³ · ((R + C) / (n · b · 10¹² · em) + {work} / (n · P · 10¹² · ec)){' + X' if link else ''} + L · τ / 10³",
        inputs,
        r"t = \frac{R + C}{n b e_m} + \frac{B F}{n P e_c} + X + L \tau",
        setup,
        fitted,
    )


def _timed(
    value: float,
    metric: str,
    expression: str,
    inputs: dict[str, Figure],
    latex: str,
    setup: Setup,
    fitted: Fitted,
) -> Figure:
    return computed(
        value,
        MILLISECONDS,
        metric,
        expression=expression,
        inputs=inputs,
        latex=latex,
        convention=_BAND,
        reference=POPE,
        subject=setup.subject,
        low=value / fitted.band,
        high=value * fitted.band,
    )


def token_time(setup: Setup, step: Figure) -> Figure:
    """Time per output token: a step, or its share when a step gives more than one."""
    if setup.accepted == 1.0:
        return step.model_copy(update={"metric": N_("time per output token")})
    assert step.low is not None
    assert step.high is not None
    accepted = setup.accepted
    return computed(
        step.value / accepted,
        MILLISECONDS,
        N_("time per output token"),
        expression="t / a",
        inputs={"t": step, "a": given(accepted, "", N_("tokens per step"))},
        latex=r"t / a",
        convention=_BAND,
        reference=SPECULATIVE,
        subject=setup.subject,
        low=step.low / accepted,
        high=step.high / accepted,
    )


def token_flops(setup: Setup) -> Figure:
    """Forward FLOP of one output token."""
    return _flops(
        setup, setup.demand.token_flops, N_("FLOP of one token"), N_("attention over the context left out")
    )


def prompt_flops(setup: Setup) -> Figure:
    """Forward FLOP of the prompt."""
    return _flops(
        setup, setup.demand.prompt_flops, N_("FLOP of the prompt"), N_("attention over the context left out")
    )


def first_token(setup: Setup, fitted: Fitted) -> Figure:
    """Milliseconds to the first token of a request that waits for nobody."""
    symbols, machine = Symbols(setup, fitted), setup.machine
    seconds = serving_model.first_token(setup.demand, machine, fitted.factors)
    read = setup.source.dimension(
        serving_model.weights_read(setup.demand, machine, setup.prompt.value),
        N_("weights that the prompt reads"),
        "counted",
        unit=BYTE,
    )
    link = symbols.link(setup.prompt)
    inputs = {"Q": prompt_flops(setup), "R": read, **symbols.rates}
    if link is not None:
        inputs["X"] = link
    inputs |= symbols.layer
    return _timed(
        1e3 * seconds,
        N_("time to first token"),
        f"10³ · max(Q / (n · P · 10¹² · ec), R / (n · b · 10¹² · em)){' + X' if link else ''} + L · τ / 10³",
        inputs,
        r"\max\left(\frac{Q}{n P e_c}, \frac{R}{n b e_m}\right) + X + L \tau",
        setup,
        fitted,
    )


def throughput_of(
    setup: Setup, batch: Figure, step: Figure, fitted: Fitted, value: float, ceiling: Figure
) -> Figure:
    """Output tokens per second of a busy engine, each with its share of a step and of its prompt.

    Args:
        step: Time of one decoding step, ms.
        value: Tokens per second; the ends lie the band of the fit away, the upper one at most at ``ceiling``.
    """
    symbols = Symbols(setup, fitted)
    prompt = serving_model.prefill(setup.demand, setup.machine, fitted.factors)
    rates = symbols.rates
    link = symbols.link(setup.prompt)
    inputs = {"Q": prompt_flops(setup), "n": rates["n"], "P": rates["P"], "ec": rates["ec"]}
    if link is not None:
        inputs["X"] = link
    filling = computed(
        1e3 * prompt.total,
        MILLISECONDS,
        N_("prompt within a busy engine"),
        expression=f"10³ · Q / (n · P · 10¹² · ec){' + X' if link else ''}",
        inputs=inputs,
        latex=r"\frac{Q}{n P e_c} + X",
        convention=N_("the weights are read for the other requests anyway"),
        reference=POPE,
        subject=setup.subject,
    )
    expression = "10³ / (t / B + f / o)"
    used: dict[str, Figure] = {"t": step, "B": batch, "f": filling, "o": setup.output}
    if setup.accepted != 1.0:
        used["a"] = given(setup.accepted, "", N_("tokens per step"))
        expression = "10³ / (t / (B · a) + f / o)"
    return computed(
        value,
        TOKENS_PER_SECOND,
        N_("output tokens per second"),
        expression=expression,
        inputs=used,
        latex=r"\frac{1}{t / B + f / o}",
        convention=_BAND,
        reference=POPE,
        subject=setup.subject,
        low=value / fitted.band,
        high=min(value * fitted.band, ceiling.value),
    )


def per_device(setup: Setup, throughput: Figure) -> Figure:
    """Output tokens per second of a busy engine, for one of its devices."""
    assert throughput.low is not None
    assert throughput.high is not None
    count = setup.count.value
    return computed(
        throughput.value / count,
        TOKENS_PER_SECOND,
        N_("output tokens per second and device"),
        expression="T / n",
        inputs={"T": brief(throughput), "n": setup.count},
        latex=r"T / n",
        convention=_BAND,
        reference="",
        subject=setup.subject,
        low=throughput.low / count,
        high=throughput.high / count,
    )
