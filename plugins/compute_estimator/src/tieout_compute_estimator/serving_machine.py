"""How many devices hold one copy of a model together, and what they are as plain numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from tieout.errors import InputError
from tieout.plugin import Figure, translator
from tieout_compute_estimator.accelerators import TABLE as HARDWARE
from tieout_compute_estimator.accelerators import Device
from tieout_compute_estimator.checks import whole
from tieout_compute_estimator.derivation import N_, cell, computed, given
from tieout_compute_estimator.serving_calibration import calibration_table
from tieout_compute_estimator.serving_model import (
    MAX_BATCH,
    USABLE_MEMORY,
    Demand,
    Machine,
    batch_from_memory,
    token_time,
    weights_held,
)
from tieout_compute_estimator.units import DEVICE, GB

__all__ = ["Wanted", "count_figure", "machine_of"]

_ = translator("tieout_compute_estimator")
_LARGEST = 1024
_NODE = 8


@dataclass(frozen=True)
class Wanted:
    """The arguments that every serving tool shares."""

    model: str | None = None
    device: str | None = None
    params: float | None = None
    active_params: float | None = None
    config: str | None = None
    gguf: str | None = None
    device_count: float | None = None
    prompt: float | None = None
    output: float | None = None
    batch: float | None = None
    dtype: str | None = None
    kv_dtype: str | None = None
    layers: float | None = None
    kv_heads: float | None = None
    head_dim: float | None = None
    speculative: float = 1.0
    parallel: str | None = None


def machine_of(
    device: Device, arithmetic: str, wanted: Wanted, demand: Demand, notes: list[str]
) -> tuple[Figure, Machine]:
    """Memory of one device as a figure, and the devices as plain numbers.

    Raises:
        InputError: The table has no memory of the device, or the model does not fit.
    """
    if device.memory_gb is None or device.memory_bandwidth_tb_s is None:
        raise InputError(
            _("The table has no memory size or bandwidth for {device}.", device=device.name),
            code="compute-no-memory-size",
        )
    expert = {"tensor": False, "expert": True}.get(wanted.parallel or "")
    if expert and not demand.experts:
        raise InputError(
            _("Only a mixture of experts with a known architecture can be served expert parallel."),
            code="compute-no-experts",
        )

    def machine(count: int) -> Machine:
        spread = demand.experts > 0 and count > _NODE if expert is None else expert
        return Machine(
            count,
            device.peak_tflops[arithmetic] * 1e12,
            device.memory_bandwidth_tb_s * 1e12 if device.memory_bandwidth_tb_s else 0.0,
            device.memory_gb * 1e9 if device.memory_gb else 0.0,
            None if device.interconnect_gb_s is None else device.interconnect_gb_s * 1e9 / 2,
            spread,
        )

    found = _fitting(machine, wanted, demand, device, notes)
    if found.devices > 1 and found.link is None:
        notes.append(
            _("The table has no link rate of {device}: communication is left out.", device=device.name)
        )
    elif found.devices > _NODE:
        notes.append(_("More than 8 devices: links between servers are slower than the link counted here."))
    return cell(device.memory_gb, GB, N_("memory"), device, table=HARDWARE, field="memory_gb"), found


def _fitting(
    machine: Callable[[int], Machine], wanted: Wanted, demand: Demand, device: Device, notes: list[str]
) -> Machine:
    """The devices given, else the power of two that gives most per device, or holds a batch that was given.

    Raises:
        InputError: The weights and one sequence, or the batch given, do not fit.
    """
    least = 1.0 if wanted.batch is None else float(wanted.batch)
    if wanted.device_count is not None:
        found = machine(whole("device_count", wanted.device_count))
        room = batch_from_memory(demand, found)
        if room < least:
            raise _no_room(demand, found, device, room)
        return found
    counts = [2**power for power in range(_LARGEST.bit_length())]
    fitting = [count for count in counts if batch_from_memory(demand, machine(count)) >= least]
    if not fitting:
        raise _no_room(demand, machine(_LARGEST), device, -1.0)
    if wanted.batch is not None:
        notes.append(
            _("No number of devices was given: {count} GPUs hold the model and the batch.", count=fitting[0])
        )
        return machine(fitting[0])
    # A group larger than a server is taken only where a smaller one does not hold the model.
    best = max(
        (count for count in fitting if count <= max(_NODE, fitting[0])),
        key=lambda count: _rate_per_device(demand, machine(count)),
    )
    notes.append(_("No number of devices was given: {count} GPUs give most tokens per device.", count=best))
    return machine(best)


def _rate_per_device(demand: Demand, machine: Machine) -> float:
    batch = max(1.0, min(MAX_BATCH, batch_from_memory(demand, machine)))
    factors = calibration_table().fitted.factors
    return 1.0 / token_time(demand, machine, batch, factors).total / machine.devices


def _no_room(demand: Demand, machine: Machine, device: Device, room: float) -> InputError:
    weights = f"{weights_held(demand, machine) / 1e9:,.0f} GB"
    memory = f"{USABLE_MEMORY * machine.devices * machine.memory / 1e9:,.0f} GB"
    if room >= 1:
        return InputError(
            _(
                "{count} x {device} hold at most {room} sequences of this length beside the weights.",
                count=machine.devices,
                device=device.name,
                room=int(room),
            ),
            code="compute-batch-too-large",
            hint=_("Take fewer sequences, more devices, or a smaller number format."),
        )
    return InputError(
        _(
            "The model does not fit: weights of {weights} and a sequence need more than the {memory} that "
            "{count} x {device} have for them.",
            weights=weights,
            memory=memory,
            count=machine.devices,
            device=device.name,
        ),
        code="compute-does-not-fit",
        hint=_("Take more devices or a smaller number format."),
    )


def count_figure(machine: Machine, wanted: Wanted) -> Figure:
    """The number of devices: given, or chosen here."""
    if wanted.device_count is not None:
        return given(machine.devices, DEVICE, N_("devices"))
    return computed(
        machine.devices,
        DEVICE,
        N_("devices"),
        expression="argmax T(n) / n",
        inputs={},
        latex=r"\arg\max_n T(n) / n",
        convention=N_("the power of two, within one server, that gives most output tokens per device")
        if wanted.batch is None
        else N_("the smallest power of two that holds the model and the batch"),
        reference="",
    )
