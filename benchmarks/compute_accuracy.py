"""Writes docs/compute_accuracy.md: training FLOP against published counts, and how often a run's hours are in the band.

Usage: python benchmarks/compute_accuracy.py [--check]   (--check exits with 1 when the page is out of date)

The EleutherAI cookbook's calculator is compared by its published formulae, written here from its description: 2 FLOP
per matrix element and token, attention in full, a four-fold perceptron of two matrices unless told otherwise, every
layer four times (forward, backward, recomputation) by default, three times without recomputation, logits once.
"""

from __future__ import annotations

import math
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import NormalDist, fmean, stdev

from tieout_compute_estimator import formulas
from tieout_compute_estimator.accelerators import find_device
from tieout_compute_estimator.flop_conventions import exact_flops_per_token
from tieout_compute_estimator.intervals import Fixed, Range, spread
from tieout_compute_estimator.published import PublishedModel, architecture_named, mfu_prior, model_table
from tieout_compute_estimator.relations import relations

PAGE = Path(__file__).resolve().parent.parent / "docs" / "compute_accuracy.md"
SIGMAS = NormalDist().inv_cdf(0.95)


@dataclass(frozen=True)
class Shape:
    """What the cookbook's calculator is given."""

    layers: int
    hidden: int
    vocab: int
    seq: int
    kv_share: float = 1.0
    """Key and value heads over query heads."""
    mlp_matrices: int = 2
    experts: int = 1
    """Experts that work on each token."""


SHAPES = {
    "GPT-3 175B": Shape(96, 12288, 51200, 2048),
    "GPT-3 XL": Shape(24, 2048, 51200, 2048),
    "Gopher 280B": Shape(80, 16384, 32000, 2048),
    "Chinchilla 70B": Shape(80, 8192, 32000, 2048),
    "PaLM 540B": Shape(118, 18432, 256000, 2048, 1 / 48, 3),
    "Llama 3.1 405B": Shape(126, 16384, 128256, 8192, 1 / 16, 3),
    "Llama 3 70B": Shape(80, 8192, 128256, 8192, 1 / 8, 3),
    "Llama 2 70B": Shape(80, 8192, 32000, 4096, 1 / 8, 3),
    "LLaMA 65B": Shape(80, 8192, 32000, 2048, 1.0, 3),
    "Mixtral 8x7B": Shape(32, 4096, 32000, 4096, 1 / 4, 3, 2),
}
ASSUMED_TOKENS = {"Mixtral 8x7B": 1e12}
"""For models whose makers give no tokens; the errors do not depend on them."""


def cookbook_flops(shape: Shape, tokens: float, *, defaults: bool) -> float:
    """FLOP by the calculator's formulae: with nothing but the shape given, or told all that it understands.

    It has no flag for the width of the perceptron that takes effect, so four times the hidden size stays in both.
    """
    kv_share, matrices, passes = (1.0, 2, 4) if defaults else (shape.kv_share, shape.mlp_matrices, 3)
    square = float(shape.hidden) ** 2
    attention = 2 * square * (1 + 2 * kv_share) + 2 * square + 4 * shape.seq * shape.hidden
    perceptron = 2 * matrices * 4 * square * shape.experts
    logits = 2 * shape.vocab * shape.hidden
    return tokens * (passes * shape.layers * (attention + perceptron) + logits)


def flop_table() -> list[str]:
    """One row per model: published or exact FLOP, and the error of each way to compute them."""
    lines = [
        "| model | tokens | reference FLOP | which | 6ND | cookbook, defaults | cookbook, told all | ours, exact |",
        "|---|---:|---:|---|---:|---:|---:|---:|",
    ]
    errors: dict[str, list[float]] = {"6ND": [], "defaults": [], "told": [], "ours": []}
    for row in (row for row in model_table().models if row.name in SHAPES):
        tokens = row.tokens or ASSUMED_TOKENS[row.name]
        shape = SHAPES[row.name]
        architecture = architecture_named(row.name)
        exact = None
        if architecture is not None:
            exact = tokens * exact_flops_per_token(architecture, shape.seq, attention="full").model
        reference = row.training_flops or exact
        if reference is None:
            continue
        ways = {
            "6ND": formulas.training_flops(row.working_params, tokens),
            "defaults": cookbook_flops(shape, tokens, defaults=True),
            "told": cookbook_flops(shape, tokens, defaults=False),
            "ours": exact,
        }
        cells: list[str] = []
        for name, flops in ways.items():
            own_reference = name == "ours" and row.training_flops is None
            if flops is None or own_reference:
                cells.append("reference" if own_reference else "no configuration")
                continue
            errors[name].append(flops / reference - 1)
            cells.append(f"{flops / reference - 1:+.1%}")
        which = "published" if row.training_flops else "exact count"
        lines.append(f"| {row.name} | {tokens:.3g} | {reference:.3g} | {which} | {' | '.join(cells)} |")
    means = [
        f"{fmean(abs(error) for error in errors[name]):.1%}" for name in ("6ND", "defaults", "told", "ours")
    ]
    return [*lines, f"| mean absolute error | | | | {' | '.join(means)} |"]


@dataclass(frozen=True)
class Run:
    """A published run with what was predicted for it."""

    row: PublishedModel
    family: tuple[str, str]
    mfu: float
    low: float
    value: float
    high: float

    @property
    def hours(self) -> float:
        """Published device-hours."""
        return self.row.device_hours or math.nan

    @property
    def inside(self) -> bool:
        """Whether the band holds what was published."""
        return self.low <= self.hours <= self.high


def runs() -> list[Run]:
    """Device-hours from parameters, tokens and device alone, for every run of the table that has them."""
    found: list[Run] = []
    for row in model_table().models:
        if row.device_hours is None or row.tokens is None or row.device is None:
            continue
        device = find_device(row.device)
        peak = device.peak_tflops[device.training_dtype]
        flops = formulas.training_flops(row.working_params, row.tokens)
        prior = mfu_prior(device, device.training_dtype)
        low, value, high = _band(flops, peak, (prior.low, prior.mid, prior.high))
        mfu = formulas.mfu_from_hours(flops, row.device_hours, peak * 1e12)
        found.append(Run(row, (prior.name, f"{row.maker} {row.as_of}"), mfu, low, value, high))
    return found


def _band(flops: float, peak: float, mfu: tuple[float, float, float]) -> tuple[float, float, float]:
    """5%, 50% and 95% points of the device-hours."""
    low, middle, high = (100 * end for end in mfu)
    inputs = {"C": Fixed(flops), "P": Fixed(peak), "U": Range(low, middle, high, 100.0)}
    relation = relations().device_hours

    def evaluate(values):  # type: ignore[no-untyped-def]
        return {**values, "h": relation.function(values["C"], values["P"], values["U"])}

    points = spread(evaluate, inputs, ["h"])["h"]
    return points.p5, points.p50, points.p95


def without_family(run: Run, others: list[Run]) -> Run:
    """The same run with a band from the other runs on such devices only: a lognormal for the next one."""
    logs = [
        math.log(other.mfu)
        for other in others
        if other.family[0] == run.family[0] and other.family != run.family
    ]
    middle, spread_ = fmean(logs), stdev(logs)
    degrees = len(logs) - 1
    # Student's t from the normal quantile (Cornish and Fisher), for the few runs that there are.
    quantile = SIGMAS + (SIGMAS**3 + SIGMAS) / (4 * degrees)
    reach = quantile * spread_ * math.sqrt(1 + 1 / len(logs))
    device = find_device(run.row.device or "")
    flops = formulas.training_flops(run.row.working_params, run.row.tokens or math.nan)
    peak = device.peak_tflops[device.training_dtype] * 1e12
    ends = (math.exp(middle + reach), math.exp(middle), math.exp(middle - reach))
    low, value, high = (formulas.device_hours(flops, peak, min(end, 1.0)) for end in ends)
    return Run(run.row, run.family, run.mfu, low, value, high)


def hours_section() -> list[str]:
    """The bands of every run, and how many held."""
    found = runs()
    left_out = [without_family(run, found) for run in found]
    lines = [
        "| run | device | published hours | MFU | predicted, 5% to 95% | holds | band without its family | holds |",
        "|---|---|---:|---:|---:|---|---:|---|",
    ]
    for run, alone in zip(found, left_out, strict=True):
        bands = [
            f"{item.low:.3g} to {item.high:.3g} | {'yes' if item.inside else '**no**'}"
            for item in (run, alone)
        ]
        lines.append(
            f"| {run.row.name} | {run.row.device} | {run.hours:.3g} | {run.mfu:.1%} | {' | '.join(bands)} |"
        )
    inside, alone_inside = sum(run.inside for run in found), sum(run.inside for run in left_out)
    width = math.exp(fmean(math.log(run.high / run.low) for run in found))
    alone_width = math.exp(fmean(math.log(run.high / run.low) for run in left_out))
    count = len(found)
    summary = (
        f"**Coverage: the 90% band holds {inside} of {count} published runs ({inside / count:.0%}) and is "
        f"×{width:.1f} wide.** The shipped ranges were set with these runs in view. With bands made only from the runs "
        f"of *other* releases on such devices, {alone_inside} of {count} are inside ({alone_inside / count:.0%}), "
        f"at ×{alone_width:.1f}."
    )
    return [summary, "", *lines]


_FLOP_TEXT = """\
# How accurate the compute estimator is

Written by `python benchmarks/compute_accuracy.py` from the shipped tables; nothing here is typed by hand.

## Training FLOP

The reference is what the makers published; where they published none, the exact count over every matrix of the
architecture (attention in full, logits three times, no recomputation). *Cookbook* is the formula set of the EleutherAI
cookbook's calculator: with its defaults (recomputation counted, keys and values as wide as queries, two matrices of
four times the hidden size), and told all that it understands (grouped keys, three matrices, experts, no recomputation).
It takes no other width of the perceptron than four times the hidden size, and it counts logits once.
"""
_HOURS_TEXT = """
A published count may itself be 6ND (GPT-3, Chinchilla, PaLM, Llama 3.1), so that the exact count differs from it by
attention over the context. Against exact counts 6ND is low by what it leaves out.

## Device-hours of whole runs

Predicted from parameters, tokens and device alone: 6ND over the dense peak at the assumed range of MFU. `MFU` is what
the published hours imply, over the whole run: stops, restarts and failed nodes count as far as the maker counted them.
Steady training reaches more (41% to 48% on Hopper in Megatron-LM's table), which `compute solve` takes with a goodput
of its own. The range assumed for Hopper, 15% to 42%, holds the ten public runs of 2024 and 2025 that it is made from
but one (14% to 35%), and leaves room for one as good as steady training with a tenth of its time lost.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_FLOP_TEXT, *flop_table(), _HOURS_TEXT, *hours_section(), ""])


def main() -> int:
    """Write the page, or compare it."""
    text = page()
    if "--check" in sys.argv[1:]:
        same = PAGE.exists() and PAGE.read_text("utf-8") == text
        print("docs/compute_accuracy.md is up to date" if same else "docs/compute_accuracy.md is stale")
        return 0 if same else 1
    PAGE.write_text(text, encoding="utf-8")
    print(f"wrote {PAGE.name}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
