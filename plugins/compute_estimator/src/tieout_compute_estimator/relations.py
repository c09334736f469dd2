"""The formulas of a training run, each once: symbols, units, wording, convention and the paper it is from.

Symbols: N parameters, D tokens, r tokens per parameter, C training FLOP, P dense peak in TFLOP/s, U run-average MFU in
per cent, M steady MFU in per cent, g goodput (share of the wall time that training moves forward), h device-hours,
n devices, t days, p USD per device-hour, B cost in USD, W board power in watt, f share of it that is drawn, o hosts and
network on top, k power usage effectiveness, E energy in MWh, I grid intensity in kg/kWh, G emissions in tonnes;
of own hardware V purchase price, s what comes on top of it, L years of use, a share of hours in use, e USD per kWh.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from tieout_compute_estimator import formulas
from tieout_compute_estimator.derivation import N_
from tieout_compute_estimator.graph import Relation, product
from tieout_compute_estimator.units import (
    DAY,
    DEVICE,
    DEVICE_HOUR,
    FLOP,
    GWH,
    KG_PER_KWH,
    KWH,
    MWH,
    NUMBER,
    PARAM,
    PERCENT,
    PF_DAY,
    RATIO,
    TCO2,
    TFLOPS,
    TOKENS,
    TOKENS_PER_PARAM,
    USD,
    USD_PER_HOUR,
    USD_PER_KWH,
    WATT,
    YEAR,
)

__all__ = ["BROWN", "KAPLAN", "PALM", "UNITS", "Relations", "board_energy", "relations"]

KAPLAN = "Kaplan et al. 2020, arXiv:2001.08361, section 2.1"
BROWN = "Brown et al. 2020, arXiv:2005.14165, Table D.1"
PALM = "Chowdhery et al. 2022, arXiv:2204.02311, appendix B"
HOFFMANN = "Hoffmann et al. 2022, arXiv:2203.15556, section 3.4"
HOURS_PER_YEAR = 8_760.0
PATTERSON = "Patterson et al. 2021, arXiv:2104.10350, section 2"

UNITS: dict[str, tuple[str, str]] = {
    "N": (PARAM, N_("parameters")),
    "D": (TOKENS, N_("training tokens")),
    "r": (TOKENS_PER_PARAM, N_("tokens per parameter")),
    "C": (FLOP, N_("training FLOP")),
    "P": (TFLOPS, N_("dense peak")),
    "U": (PERCENT, N_("MFU")),
    "M": (PERCENT, N_("steady MFU")),
    "g": (PERCENT, N_("goodput")),
    "h": (DEVICE_HOUR, N_("device-hours")),
    "n": (DEVICE, N_("devices")),
    "t": (DAY, N_("duration")),
    "p": (USD_PER_HOUR, N_("rental price")),
    "B": (USD, N_("rental cost")),
    "W": (WATT, N_("board power")),
    "f": (RATIO, N_("share of board power drawn")),
    "o": (NUMBER, N_("hosts and network on top of the boards")),
    "k": (NUMBER, N_("power usage effectiveness")),
    "E": (MWH, N_("site energy")),
    "I": (KG_PER_KWH, N_("grid intensity")),
    "G": (TCO2, N_("emissions")),
    "V": (USD, N_("purchase price of one device")),
    "s": (NUMBER, N_("hosts, network and building over the price of the accelerators")),
    "L": (YEAR, N_("years of use")),
    "a": (RATIO, N_("share of hours in use")),
    "e": (USD_PER_KWH, N_("electricity price")),
}
"""Unit and metric of every symbol."""


class Relations:
    """The relations as attributes; made once by :func:`relations`."""

    def __init__(self) -> None:
        self.training_flops = product(
            "C",
            UNITS,
            over=("6", "N", "D"),
            function=formulas.training_flops,
            latex=r"C = 6 N D",
            convention=N_(
                "parameters that work on each token; attention over the context and recomputation left out"
            ),
            reference=KAPLAN,
        )
        self.tokens_per_param = product(
            "D",
            UNITS,
            over=("r", "N"),
            function=_times,
            convention=N_("compute-optimal training when nobody says otherwise"),
            reference=HOFFMANN,
        )
        params = Relation(
            "N",
            *UNITS["N"],
            ("C", "r"),
            _optimal_params,
            "√(C / (6 · r))",
            r"N = \sqrt{\frac{C}{6 r}}",
            self.tokens_per_param.convention,
            HOFFMANN,
            frozenset({"r"}),
        )
        self.optimal_flops = Relation(
            "C",
            *UNITS["C"],
            ("r", "N"),
            _optimal_flops,
            "6 · r · N²",
            r"C = 6 r N^2",
            self.tokens_per_param.convention,
            HOFFMANN,
            others={"N": params},
        )
        self.device_hours = product(
            "h",
            UNITS,
            over=("C",),
            under=("3600", "P", "10¹²", "U / 100"),
            function=_device_hours,
            latex=r"h = \frac{C}{3600 \, P \, U}",
            convention=N_(
                "dense peak; U is the average over the whole run, restarts and evaluation included"
            ),
            reference=PALM,
        )
        self.goodput = product(
            "U",
            UNITS,
            over=("M", "g / 100"),
            function=_goodput,
            convention=N_("steady MFU times the share of wall time that training moves forward"),
            reference=PALM,
        )
        self.days = product(
            "t",
            UNITS,
            over=("h",),
            under=("24", "n"),
            function=formulas.wall_days,
            expression="h / (24 · n)",
            latex=r"t = \frac{h}{24 n}",
            convention=N_("all devices busy all the time"),
        )
        self.cost = _cost(
            UNITS,
            N_("on-demand rent of the accelerators; storage, network, staff and failed runs left out"),
        )
        self.own_cost = _cost(
            UNITS | {"B": (USD, N_("cost of owning"))},
            N_("the run's share of the purchase price and its electricity; staff and failed runs left out"),
        )
        self.site_energy = product(
            "E",
            UNITS,
            over=("h", "W", "f", "o", "k"),
            under=("10⁶",),
            function=_site_energy,
            convention=N_("boards, hosts, network and cooling of the site while the run lasts"),
            reference=PATTERSON,
        )
        self.emissions = product(
            "G",
            UNITS,
            over=("E", "I"),
            function=_emissions,
            convention=N_("location-based grid average; making of the hardware left out"),
            reference=PATTERSON,
        )
        self.owning = Relation(
            "p",
            USD_PER_HOUR,
            N_("hourly cost of owning"),
            ("V", "s", "L", "a", "W", "f", "o", "k", "e"),
            _owning,
            "V · s / (8760 · L · a) + W · f · o · k · e / 10³",
            r"\frac{V s}{8760 \, L \, a} + \frac{W f o k e}{10^3}",
            N_("purchase price written off evenly over the hours in use, and electricity; staff left out"),
            "",
            frozenset({"L", "a"}),
        )
        self.pf_days = Relation(
            "PFd",
            PF_DAY,
            N_("training compute"),
            ("C",),
            formulas.pf_days,
            "C / (10¹⁵ · 86400)",
            r"C / (10^{15} \cdot 86400)",
            N_("one petaFLOP/s for one day is 8.64e19 FLOP"),
            BROWN,
        )
        self.mfu = Relation(
            "U",
            PERCENT,
            N_("MFU"),
            ("C", "h", "P"),
            _mfu_percent,
            "C / (3600 · h · P · 10¹²)",
            r"\mathrm{MFU} = \frac{6 N D}{3600 \, h \, P}",
            N_("dense peak; whole run, so restarts and evaluation lower it"),
            PALM,
            frozenset({"h", "P"}),
        )
        self.achieved = Relation(
            "R",
            TFLOPS,
            N_("achieved rate per device"),
            ("C", "h"),
            _achieved,
            "C / (3600 · h · 10¹²)",
            r"\frac{C}{3600 \, h}",
            N_("model FLOP only"),
            PALM,
            frozenset({"h"}),
        )

    @property
    def run(self) -> tuple[Relation, ...]:
        """The relations that tie a whole run together and can be solved for any symbol."""
        return (
            self.training_flops,
            self.device_hours,
            self.days,
            self.cost,
            self.site_energy,
            self.emissions,
            self.goodput,
            self.tokens_per_param,
            self.optimal_flops,
        )

    @property
    def owned_run(self) -> tuple[Relation, ...]:
        """The same for hardware that was bought."""
        return tuple(self.own_cost if relation is self.cost else relation for relation in self.run)


def _cost(units: Mapping[str, tuple[str, str]], convention: str) -> Relation:
    return product(
        "B", units, over=("h", "p"), function=formulas.cost_usd, latex=r"h \, p", convention=convention
    )


@cache
def relations() -> Relations:
    """The relations, built on first use."""
    return Relations()


_ENERGY_SCALES = ((GWH, 1e6, "10⁹"), (MWH, 1e3, "10⁶"), (KWH, 1.0, "10³"))


def board_energy(kwh: float) -> Relation:
    """E = h W of the boards alone, in the unit that fits ``kwh``."""
    unit, size, divisor = next((scale for scale in _ENERGY_SCALES if kwh >= scale[1]), _ENERGY_SCALES[-1])

    def energy(hours: float, watts: float) -> float:
        return formulas.energy_kwh(hours, watts) / size

    return Relation(
        "E",
        unit,
        N_("energy"),
        ("h", "W"),
        energy,
        f"h · W / {divisor}",
        r"E = h W",
        N_("board power at its limit; hosts, network and cooling left out"),
    )


def _times(left: float, right: float) -> float:
    return left * right


def _goodput(steady: float, goodput: float) -> float:
    return steady * goodput / 100.0


def _achieved(flops: float, hours: float) -> float:
    return flops / (hours * formulas.SECONDS_PER_HOUR) / 1e12


def _optimal_flops(ratio: float, params: float) -> float:
    return formulas.training_flops(params, ratio * params)


def _optimal_params(flops: float, ratio: float) -> float:
    return (flops / formulas.training_flops(1.0, ratio)) ** 0.5


def _device_hours(flops: float, peak: float, percent: float) -> float:
    return formulas.device_hours(flops, peak * 1e12, percent / 100)


def _mfu_percent(flops: float, hours: float, peak: float) -> float:
    return 100 * formulas.mfu_from_hours(flops, hours, peak * 1e12)


def _site_energy(hours: float, watts: float, drawn: float, hosts: float, pue: float) -> float:
    return formulas.energy_kwh(hours, watts * drawn * hosts, pue=pue) / 1e3


def _emissions(megawatt_hours: float, intensity: float) -> float:
    return formulas.co2_tonnes(megawatt_hours * 1e3, intensity)


def _owning(
    price: float,
    extra: float,
    life: float,
    used: float,
    watts: float,
    drawn: float,
    hosts: float,
    pue: float,
    tariff: float,
) -> float:
    return price * extra / (life * HOURS_PER_YEAR * used) + watts * drawn * hosts * pue * tariff / 1e3
