"""``picture``: draw a chart into an SVG or PNG file."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from typing import Annotated, Literal

from tieout.errors import InputError, ToolError
from tieout.plugin import (
    Card,
    Fact,
    Language,
    Plot,
    Result,
    Slot,
    ToolContext,
    tool,
    translator,
)
from tieout_compute_estimator.checks import missing
from tieout_compute_estimator.derivation import N_
from tieout_compute_estimator.serving import Answer, DeviceCount, DeviceName, Format, Model, Params, Prompt
from tieout_compute_estimator.serving_setup import Wanted
from tieout_compute_estimator.units import FLOP, TOKENS

__all__ = ["PictureKind", "PictureResult", "picture", "plot_of"]

_ = translator("tieout_compute_estimator")

PictureKind = Literal["roofline", "memory", "deadline", "scaling", "tornado", "claim"]


class PictureResult(Result):
    """The file that was written and the chart in it."""

    path: str
    size: int
    """Bytes."""
    plot: Plot

    def say(self, lang: Language = "en") -> str:
        """What was drawn, and where it is."""
        return _("{title}: drawn into {path}.", lang=lang, title=self.plot.title, path=self.path)

    def card(self, lang: Language = "en") -> Card:
        """The chart itself."""
        return Card(
            title=self.plot.title,
            blocks=(Fact(label=_("file", lang=lang), value=self.path), self.plot),
        )


@tool(effects=("read", "write"), faces=("cli", "slash"))
def picture(
    kind: PictureKind,
    out: str,
    ctx: ToolContext | None = None,
    *,
    model: Model = None,
    device: DeviceName = None,
    params: Params = None,
    tokens: Annotated[float | None, Slot("quantity", unit=TOKENS, example="15T tokens")] = None,
    flops: Annotated[float | None, Slot("quantity", unit=FLOP, example="1e24 FLOP")] = None,
    device_count: DeviceCount = None,
    dtype: Format = None,
    prompt: Prompt = None,
    output: Answer = None,
    batch: float | None = None,
    mfu: Annotated[float | None, Slot("ratio", unit="ratio", example="40%")] = None,
    text: str | None = None,
) -> PictureResult:
    """Draw a chart into an SVG or PNG file.

    roofline: where decoding and prompts lie under a device's roof. memory: weights and cache against the context.
    deadline: rent and devices against the days there are. scaling: loss against size at one training compute. tornado:
    what moves the speed of serving, or (with tokens) the cost of training. claim: a claim beside its recomputation.

    Args:
        kind: Which chart.
        out: File to write, ending in .svg or .png.
        ctx: Given by the host.
        model: Name of a published model.
        device: Accelerator, e.g. H100.
        params: All parameters, when no model is named.
        tokens: Training tokens (deadline, tornado).
        flops: Training compute (scaling).
        device_count: Accelerators that hold one copy of the model together.
        dtype: Number format of the weights.
        prompt: Tokens of a prompt.
        output: Tokens of an answer.
        batch: Sequences at once.
        mfu: Model FLOP utilisation of the run, between 0 and 1 (deadline, tornado).
        text: The claim to check (claim).

    Raises:
        InputError: Something is missing, or the file's name ends in neither .svg nor .png.
        ToolError: Unknown model or device, the file cannot be written, or PNG needs a package that is not installed.
    """
    path = Path(out).expanduser()
    if path.suffix.lower() not in (".svg", ".png"):
        raise InputError(
            _("A picture is written as .svg or .png, not {name}.", name=repr(path.name[:60])),
            code="compute-picture-file",
        )
    lang: Language = ctx.lang if ctx is not None else "en"
    wanted = Wanted(
        model=model,
        device=device,
        params=params,
        device_count=device_count,
        dtype=dtype,
        prompt=prompt,
        output=output,
        batch=batch,
    )
    plot = plot_of(kind, wanted, tokens=tokens, flops=flops, mfu=mfu, text=text, lang=lang)
    return PictureResult(path=str(path), size=_write(path, plot), plot=plot)


def plot_of(
    kind: PictureKind,
    wanted: Wanted,
    *,
    tokens: float | None = None,
    flops: float | None = None,
    mfu: float | None = None,
    text: str | None = None,
    lang: Language = "en",
) -> Plot:
    """The chart of a kind.

    Raises:
        InputError: Something that the kind needs is missing.
    """
    from tieout_compute_estimator import picture_data

    match kind:
        case "roofline":
            return _roofline(wanted, lang)
        case "memory":
            return picture_data.memory_plot(wanted, lang=lang)
        case "deadline":
            return _deadline(wanted, tokens, mfu, lang)
        case "scaling":
            return picture_data.iso_flop_plot(_compute(wanted, tokens, flops), lang=lang)
        case "tornado":
            if tokens is None:
                return picture_data.serving_tornado(wanted, lang=lang)
            return _training_tornado(wanted, tokens, mfu, lang)
        case "claim":
            return _claim(text, lang)


def _roofline(wanted: Wanted, lang: Language) -> Plot:
    from tieout_compute_estimator.serving import serving_result
    from tieout_compute_estimator.serving_figures import operating_point
    from tieout_compute_estimator.serving_setup import settle

    setup = settle(wanted)
    return serving_result(setup, operating_point(setup)).roofline(lang)


def _deadline(wanted: Wanted, tokens: float | None, mfu: float | None, lang: Language) -> Plot:
    from tieout_compute_estimator import picture_data
    from tieout_compute_estimator.training import train

    run = train(wanted.params, tokens, wanted.device, model=wanted.model, mfu=mfu)
    if run.device_hours is None:
        raise missing([(N_("device"), "H100")])
    if run.cost is None:
        raise InputError(
            _("The table has no price of {device}.", device=run.device), code="compute-missing-input"
        )
    return picture_data.deadline_plot(run.device_hours, run.cost.inputs()["p"], device=run.device, lang=lang)


def _compute(wanted: Wanted, tokens: float | None, flops: float | None) -> float:
    """The training compute given, or that of the run given."""
    if flops is not None:
        return flops
    from tieout_compute_estimator.training import train

    return train(wanted.params, tokens, model=wanted.model).flops.value


def _training_tornado(wanted: Wanted, tokens: float, mfu: float | None, lang: Language) -> Plot:
    from tieout_compute_estimator.solve_result import tornado
    from tieout_compute_estimator.solving import solve

    found = solve(
        "budget", params=wanted.params, model=wanted.model, tokens=tokens, device=wanted.device, mfu=mfu
    )
    return tornado(found.answer, found.shares, lang)


def _claim(text: str | None, lang: Language) -> Plot:
    """The first claim of a text of which a stated value was recomputed."""
    if not text:
        raise missing([(N_("text"), "GPT-3 took 3640 PF-days")])
    from tieout_compute_estimator.claims.checking import check_claims
    from tieout_compute_estimator.claims.result import CheckResult

    claims = check_claims(text)
    plots = [
        block
        for claim in claims
        for block in CheckResult(claims=(claim,), characters=len(text), verdict=claim.verdict)
        .card(lang)
        .blocks
        if isinstance(block, Plot)
    ]
    if not plots:
        raise InputError(
            _("No number of the text was recomputed, so there is nothing to draw."),
            code="compute-nothing-to-draw",
        )
    return plots[0]


def _write(path: Path, plot: Plot) -> int:
    from tieout_compute_estimator.svg_chart import svg_chart

    svg = svg_chart(plot)
    data = _png(svg) if path.suffix.lower() == ".png" else svg.encode()
    try:
        path.write_bytes(data)
    except OSError as error:
        raise ToolError(
            _("{path} cannot be written: {reason}", path=path, reason=error.strerror or str(error)),
            code="compute-picture-file",
        ) from None
    return len(data)


def _png(svg: str) -> bytes:
    """Drawn by resvg, an optional package; at twice the size, as screens are dense."""
    try:
        draw = import_module("resvg_py").svg_to_bytes
    except ImportError:
        raise ToolError(
            _("PNG files need the package resvg-py; SVG files need nothing."),
            code="compute-no-png",
            hint=_("Install tieout-compute-estimator[png], or write a file that ends in .svg."),
        ) from None
    return bytes(draw(svg_string=svg, zoom=2))
