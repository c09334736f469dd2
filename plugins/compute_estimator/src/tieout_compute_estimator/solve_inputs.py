"""What a run is solved from: what was given, and ranges for what was not."""

from __future__ import annotations

from dataclasses import dataclass, field

from tieout.errors import InputError
from tieout.plugin import Figure, translator
from tieout_compute_estimator import run_figures
from tieout_compute_estimator.accelerators import Device, find_device
from tieout_compute_estimator.caveats import today
from tieout_compute_estimator.checks import checked_dtype, fraction, missing, positive, whole
from tieout_compute_estimator.deadlines import read_deadline
from tieout_compute_estimator.derivation import N_, given
from tieout_compute_estimator.graph import Plan
from tieout_compute_estimator.price_estimates import estimated_price
from tieout_compute_estimator.priors import grid_intensity, run_prior
from tieout_compute_estimator.published import find_model, mfu_prior
from tieout_compute_estimator.relations import UNITS, relations
from tieout_compute_estimator.solutions import spread_of
from tieout_compute_estimator.workload import workload

__all__ = ["RunInputs"]

_ = translator("tieout_compute_estimator")


@dataclass
class RunInputs:
    """What is given and what is assumed, by symbol."""

    device: Device | None
    figures: dict[str, Figure] = field(default_factory=dict[str, Figure])
    assumed: dict[str, Figure] = field(default_factory=dict[str, Figure])
    notes: list[str] = field(default_factory=list[str])
    subject: str = ""
    model_device: str = ""
    from_model: frozenset[str] = frozenset()

    @property
    def user_device(self) -> bool:
        return self.device is not None

    def give(self, symbol: str, value: float, metric: str | None = None) -> None:
        """Put in what the user gave."""
        unit, name = UNITS[symbol]
        self.figures[symbol] = given(value, unit, metric or name, subject=self.subject)

    def take_size(
        self,
        *,
        params: float | None,
        tokens: float | None,
        active_params: float | None,
        model: str | None,
        flops: float | None,
    ) -> None:
        """Take work, parameters and tokens, from the arguments or from the model named."""
        if flops is not None:
            self.give("C", positive("flops", flops))
        row = find_model(model) if model else None
        if row is not None:
            self.subject, self.model_device = row.name, row.device or ""
        if params is not None or active_params is not None or row is not None:
            # The tokens only let the size be settled by the same rules as for training.
            work = workload(params=params, tokens=tokens or 1.0, active_params=active_params, model=model)
            self.figures["N"] = work.params
            self.notes += work.notes
        if tokens is not None:
            self.give("D", positive("tokens", tokens))
        elif row is not None and row.tokens is not None:
            work = workload(params=params, tokens=None, active_params=active_params, model=model)
            self.figures["D"] = work.tokens
        asked = {"N": params or active_params, "D": tokens}
        self.from_model = frozenset(name for name, value in asked.items() if value is None)

    def take_limits(
        self,
        *,
        device_count: float | None,
        days: float | None,
        deadline: str | None,
        budget: float | None,
        energy: float | None,
    ) -> None:
        """Take devices, time (in days or up to a day), money and energy."""
        if device_count is not None:
            self.give("n", whole("device_count", device_count))
        if days is not None:
            self.give("t", positive("days", days))
        elif deadline:
            start = today()
            end = read_deadline(deadline, today=start).day
            self.give("t", (end - start).days, N_("days until the deadline"))
            self.notes.append(
                _(
                    "{text} is read as the end of {day}, counted from {start}.",
                    text=repr(deadline),
                    day=end,
                    start=start,
                )
            )
        if budget is not None:
            self.give("B", positive("budget", budget), N_("budget"))
        if energy is not None:
            self.give("E", positive("energy", energy))

    def take_efficiency(self, *, mfu: float | None, goodput: float | None, pue: float | None) -> None:
        """Take utilisation, goodput and PUE; with a goodput the utilisation is that of the steady run."""
        if mfu is not None:
            self.give("U" if goodput is None else "M", 100 * fraction("mfu", mfu))
        if goodput is not None:
            self.give("g", 100 * fraction("goodput", goodput))
        if pue is not None:
            if positive("pue", pue) < 1 or pue > 3:
                raise InputError(
                    _("A PUE is between 1 and 3, not {value}.", value=pue), code="compute-bad-pue"
                )
            self.give("k", pue)

    def unknown(self) -> str:
        """The unknown when nobody names it: the first of the usual ones that is not there."""
        spent = bool(self.figures.keys() & {"B", "E"}) or {"n", "t"} <= self.figures.keys()
        size = {"N", "D"} if "C" in self.figures else {"N", "D"} & self.figures.keys()
        if spent and not size:
            return "N"
        if spent and "D" not in size:
            return "D"
        if spent and "N" not in size:
            return "N"
        if {"n", "t"} <= self.figures.keys():
            return "U" if "U" not in self.figures and "M" not in self.figures else "D"
        if "n" in self.figures:
            return "t"
        if "t" in self.figures:
            return "n"
        if self.figures.keys() & {"B", "E"}:
            return "D"
        if size:
            return "B"
        raise missing([(N_("something that is fixed"), "$5M, 90 days, 1,024 GPUs, 70B")])

    def take_model_device(self) -> None:
        """Take the device that the model was trained on, and say so."""
        self.device = find_device(self.model_device)
        self.notes.append(
            _(
                "No device was given: {device} is what {model} was trained on.",
                device=self.device.name,
                model=self.subject,
            )
        )

    def forget(self, symbol: str) -> None:
        """Drop what a model's row or the arguments say about the unknown itself."""
        dropped = self.figures.pop(symbol, None)
        if dropped is not None and symbol not in self.from_model:
            self.notes.append(
                _("{metric} is what is solved for; the value given is left out.", metric=_(dropped.metric))
            )
        if symbol == "N" and "D" in self.from_model:
            self.figures.pop("D", None)
        if symbol == "U":
            for name in ("M", "g"):
                self.figures.pop(name, None)

    def assume(
        self,
        symbol: str,
        *,
        dtype: str | None,
        usd_per_hour: float | None,
        buy_price: float | None,
        region: str | None,
        year: int | None,
    ) -> None:
        """Fill in ranges for what nobody gave."""
        self._assume_device(symbol, dtype)
        sizes = {"N", "D"} & self.figures.keys()
        if not sizes if symbol in ("N", "D") else len(sizes) == 1 and "C" not in self.figures:
            self._range("r")
        self._assume_power(symbol)
        self._assume_price(symbol, usd_per_hour, buy_price)
        if region or symbol == "G":
            self.figures["I"] = grid_intensity(region or "World", year)
            if not region:
                self.assumed["I"] = self.figures["I"]

    def _assume_device(self, symbol: str, dtype: str | None) -> None:
        if self.device is None:
            return
        name = checked_dtype(self.device, dtype)
        self.figures["P"] = run_figures.peak(self.device, name)
        if symbol == "U" or "U" in self.figures:
            return
        if "M" in self.figures or "g" in self.figures:
            for part in ("M", "g"):
                if part not in self.figures:
                    self._range(part)
            return
        self.figures["U"] = self.assumed["U"] = run_figures.assumed_mfu(mfu_prior(self.device, name))

    def _assume_power(self, symbol: str) -> None:
        if self.device is None or self.device.power_w is None:
            return
        self.figures["W"] = run_figures.power(self.device)
        for name in ("f", "o", "k"):
            if name not in self.figures and name != symbol:
                self._range(name, shown="E" in self.figures or symbol in ("E", "G"))

    def _assume_price(self, symbol: str, usd_per_hour: float | None, buy_price: float | None) -> None:
        if symbol == "p":
            return
        if usd_per_hour is not None:
            self.give("p", positive("usd_per_hour", usd_per_hour))
        elif buy_price is not None:
            self.figures["p"] = self._own(buy_price)
        elif self.device is not None:
            self._look_up_price(self.device, shown=symbol == "B" or "B" in self.figures)

    def _look_up_price(self, device: Device, *, shown: bool) -> None:
        price = run_figures.price(device, device.price) if device.price else None
        if price is None and shown:
            price = estimated_price(device)
            self.notes.append(
                _(
                    "No public rental price of {device} is in the table; a wide range is assumed.",
                    device=device.name,
                )
            )
        if price is not None:
            self.figures["p"] = price
            if shown:
                self.assumed["p"] = price

    def _own(self, buy_price: float) -> Figure:
        """The hourly cost of owning, with its own interval."""
        if self.device is None or self.device.power_w is None:
            raise missing([(N_("device"), "H100")])
        parts = {"V": given(positive("buy_price", buy_price), *UNITS["V"])}
        parts |= {name: run_prior(name, *UNITS[name]) for name in ("s", "L", "a", "e")}
        parts |= {name: self.figures[name] for name in ("W", "f", "o", "k")}
        owning = relations().owning
        figure = owning.figure(parts, interval=False)
        found = spread_of(Plan((owning,)), parts, ["p"])["p"]
        return figure.model_copy(update={"low": found.p5, "high": found.p95})

    def _range(self, symbol: str, *, shown: bool = True) -> None:
        figure = run_prior(symbol, *UNITS[symbol], device=self.device.name if self.device else "")
        self.figures[symbol] = figure
        if shown:
            self.assumed[symbol] = figure
