"""Charts as data: each function returns a Plot, which a card shows and :mod:`svg_chart` draws into a file."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from tieout.plugin import Language, Plot, Series, translator
from tieout_compute_estimator.derivation import N_
from tieout_compute_estimator.serving_model import Parts

__all__ = [
    "Bar",
    "cost_against_deadline",
    "iso_flop",
    "memory_stack",
    "roofline",
    "time_shares",
    "tornado",
]

_ = translator("tieout_compute_estimator")


class Bar(NamedTuple):
    """One input of a tornado: the result with the input at its low and at its high end."""

    name: str
    low: float
    high: float


def roofline(
    *,
    peak: float,
    bandwidth: float,
    points: Sequence[tuple[str, float, float]],
    device: str,
    lang: Language = "en",
) -> Plot:
    """Attainable rate against arithmetic intensity, with operating points (Williams et al. 2009, CACM 52(4)).

    Args:
        peak: Dense FLOP/s of one device.
        bandwidth: Bytes/s of its memory.
        points: Name, FLOP per byte read, FLOP/s per device.
    """
    ridge = peak / bandwidth
    seen = [intensity for _name, intensity, _rate in points] or [ridge]
    left, right = min(min(seen), ridge) / 4, max(max(seen), ridge) * 4
    roof = Series(
        name=_("roof of {device}", lang=lang, device=device),
        x=(left, ridge, right),
        y=tuple(min(peak, bandwidth * x) / 1e12 for x in (left, ridge, right)),
    )
    marks = [Series(name=name, x=(x,), y=(rate / 1e12,)) for name, x, rate in points]
    return Plot(
        kind="line",
        title=_("Roofline", lang=lang),
        x_label="FLOP/B",
        y_label="TFLOP/s",
        series=(roof, *marks),
        x_log=True,
        y_log=True,
    )


_CAUSES = (
    ("weights", N_("reading weights")),
    ("cache", N_("reading the cache")),
    ("compute", N_("arithmetic")),
    ("link", N_("communication")),
    ("launch", N_("launching kernels")),
)


def time_shares(parts: Parts, *, lang: Language = "en") -> Plot:
    """What one output token waits for, in per cent of its time."""
    shares = [100.0 * getattr(parts, field) / parts.total for field, _name in _CAUSES]
    return Plot(
        kind="bar",
        title=_("What an output token waits for", lang=lang),
        x_label="",
        y_label="%",
        series=(Series(name="%", x=tuple(range(len(shares))), y=tuple(shares)),),
        categories=tuple(_(name, lang=lang) for _field, name in _CAUSES),
    )


def memory_stack(
    contexts: Sequence[float],
    layers: Sequence[tuple[str, Sequence[float]]],
    *,
    capacity: float | None = None,
    lang: Language = "en",
) -> Plot:
    """Memory by component against the context, each component on top of those before it.

    Args:
        contexts: Tokens.
        layers: Name of a component and its bytes at each context, from the bottom up.
        capacity: Bytes that the devices have together.
    """
    below = [0.0] * len(contexts)
    series: list[Series] = []
    for name, sizes in layers:
        top = [low + size / 1e9 for low, size in zip(below, sizes, strict=True)]
        series.append(Series(name=name, x=tuple(contexts), y=tuple(top), low=tuple(below), high=tuple(top)))
        below = top
    if capacity is not None:
        line = (capacity / 1e9,) * len(contexts)
        series.append(Series(name=_("memory of the devices", lang=lang), x=tuple(contexts), y=line))
    return Plot(
        kind="line",
        title=_("Memory against context", lang=lang),
        x_label=_("tokens of context", lang=lang),
        y_label="GB",
        series=tuple(series),
        x_log=True,
    )


def cost_against_deadline(
    days: Sequence[float],
    cost: Sequence[tuple[float, float, float]],
    devices: Sequence[float],
    *,
    device: str,
    lang: Language = "en",
) -> Plot:
    """Rent in million USD against the days there are: low, middle and high; the devices needed are the second line.

    Devices are in thousands, so that both lines share an axis.
    """
    low, mid, high = ([value / 1e6 for value in column] for column in zip(*cost, strict=True))
    rent = Series(
        name=_("rent, million USD", lang=lang), x=tuple(days), y=tuple(mid), low=tuple(low), high=tuple(high)
    )
    count = Series(
        name=_("{device}, thousands", lang=lang, device=device),
        x=tuple(days),
        y=tuple(number / 1e3 for number in devices),
    )
    return Plot(
        kind="line",
        title=_("Cost against deadline", lang=lang),
        x_label=_("days", lang=lang),
        y_label=_("million USD; thousand devices", lang=lang),
        series=(rent, count),
        x_log=True,
        y_log=True,
    )


def iso_flop(
    params: Sequence[float],
    loss: Sequence[tuple[float, float, float]],
    *,
    best: tuple[float, float, float],
    best_loss: float,
    lang: Language = "en",
) -> Plot:
    """Loss against parameters at one training compute: low, middle, high, with the optimum and its interval.

    Args:
        params: Parameters.
        loss: Lower end, middle and upper end at each.
        best: Compute-optimal parameters: lower end, middle, upper end.
        best_loss: Loss at the middle.
    """
    low, mid, high = zip(*loss, strict=True)
    curve = Series(name=_("loss", lang=lang), x=tuple(params), y=tuple(mid), low=tuple(low), high=tuple(high))
    optimum = Series(name=_("optimum", lang=lang), x=(best[1],), y=(best_loss,))
    interval = Series(
        name=_("90% interval of the optimum", lang=lang), x=(best[0], best[2]), y=(best_loss, best_loss)
    )
    return Plot(
        kind="line",
        title=_("Loss at one training compute", lang=lang),
        x_label=_("parameters", lang=lang),
        y_label=_("loss", lang=lang),
        series=(curve, interval, optimum),
        x_log=True,
    )


def tornado(bars: Sequence[Bar], *, middle: float, unit: str, title: str = "", lang: Language = "en") -> Plot:
    """How far each input moves the result, the widest first; every bar runs from its low to its high end."""
    ranked = sorted(bars, key=lambda bar: -abs(math.log(bar.high / bar.low)))
    ends = [sorted((bar.low, bar.high)) for bar in ranked]
    return Plot(
        kind="interval",
        title=title or _("What moves the result", lang=lang),
        x_label="",
        y_label=unit,
        series=(
            Series(
                name=_("result", lang=lang),
                x=tuple(range(len(ranked))),
                y=(middle,) * len(ranked),
                low=tuple(low for low, _high in ends),
                high=tuple(high for _low, high in ends),
            ),
        ),
        y_log=bool(ends) and max(high for _l, high in ends) > 20 * min(low for low, _h in ends) > 0,
        categories=tuple(bar.name for bar in ranked),
    )
