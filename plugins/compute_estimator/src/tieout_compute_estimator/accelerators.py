"""Accelerators: the shipped table, looked up by any name people use."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from tieout.plugin import Candidate, translator
from tieout_compute_estimator.data_layers import Layered, Stamps, data_stamps, layered

if TYPE_CHECKING:
    from tieout_compute_estimator.aliases import AliasIndex

__all__ = [
    "Device",
    "DeviceTable",
    "PriceRange",
    "device_table",
    "find_device",
    "find_devices",
    "layered_devices",
]

Confidence = Literal["high", "medium", "low"]
TABLE = "hardware"
_ = translator("tieout_compute_estimator")


_VECTOR = ("fp64", "fp32", "fp64_tensor")
"""Formats that no accelerator speeds up with structured sparsity."""


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class PriceRange(_Row):
    """Rent of one device for one hour in USD, on demand, as listed across providers."""

    low: float = Field(gt=0)
    mid: float = Field(gt=0)
    high: float = Field(gt=0)
    period: str
    """When it was read, as precisely as is known: ``2026-05``."""
    as_of: date
    valid_until: date
    source: str

    @model_validator(mode="after")
    def _ordered(self) -> PriceRange:
        if not self.low <= self.mid <= self.high or self.valid_until <= self.as_of:
            raise ValueError("a price needs low <= mid <= high and an end after its start")
        return self


class Device(_Row):
    """One accelerator; every rate is dense, without structured sparsity."""

    name: str
    vendor: str
    kind: Literal["datacenter", "consumer", "soc"]
    announced: str
    aliases: tuple[str, ...]
    peak_tflops: dict[str, float]
    """Dense peak by number format, TFLOP/s (TOP/s for integers)."""
    peak_range_tflops: dict[str, tuple[float, float]] = {}
    """Low and high where public sources contradict each other."""
    sparsity_multiplier: float | None
    sparse_tflops: dict[str, float] | None = None
    """Peaks with structured sparsity, where they are not the dense ones times the multiplier; no others have it."""
    memory_gb: float | None = Field(gt=0)
    """Decimal gigabytes, as vendors count."""
    memory_bandwidth_tb_s: float | None = Field(gt=0)
    power_w: float | None = Field(gt=0)
    interconnect_gb_s: float | None = Field(gt=0)
    """Scale-up link, both directions together, GB/s."""
    price: PriceRange | None
    source: str = Field(min_length=3)
    as_of: date
    confidence: Confidence
    notes: str

    @model_validator(mode="after")
    def _plausible(self) -> Device:
        if not self.peak_tflops or min(self.peak_tflops.values()) <= 0:
            raise ValueError(f"{self.name}: peak rates must be positive")
        for dtype, (low, high) in self.peak_range_tflops.items():
            if not low <= self.peak_tflops.get(dtype, 0.0) <= high:
                raise ValueError(f"{self.name}: the {dtype} range does not hold the value")
        for dtype, peak in (self.sparse_tflops or {}).items():
            if not 1 < peak / self.peak_tflops.get(dtype, peak) <= 4:
                raise ValueError(f"{self.name}: the sparse {dtype} peak does not fit the dense one")
        return self

    @property
    def sparse_peaks(self) -> dict[str, float]:
        """Peaks with structured sparsity by number format, TFLOP/s; vector formats have none."""
        if self.sparse_tflops is not None:
            return self.sparse_tflops
        times = self.sparsity_multiplier
        return {d: p * times for d, p in self.peak_tflops.items() if d not in _VECTOR} if times else {}

    @property
    def training_dtype(self) -> str:
        """The format that a training run uses when nobody says otherwise: BF16, else FP16, else the first."""
        return next(
            (dtype for dtype in ("bf16", "fp16") if dtype in self.peak_tflops), next(iter(self.peak_tflops))
        )


class DeviceTable(_Row):
    """The whole table with its date."""

    format: Literal[1]
    as_of: date
    source: str
    devices: tuple[Device, ...]

    @model_validator(mode="after")
    def _unique(self) -> DeviceTable:
        names = [device.name for device in self.devices]
        if len(set(names)) != len(names):
            raise ValueError("two devices of one name")
        return self


def device_table() -> DeviceTable:
    """The shipped table with what packages and the user's data files add, read on first use.

    Raises:
        InputError: A data file of the user's is not valid.
    """
    shipped = _shipped()
    rows = layered_devices().rows
    return shipped if rows == shipped.devices else shipped.model_copy(update={"devices": rows})


@cache
def _shipped() -> DeviceTable:
    return DeviceTable.model_validate_json(
        files("tieout_compute_estimator").joinpath("data/hardware.json").read_bytes()
    )


def layered_devices() -> Layered[Device]:
    """The rows in use, and those of other layers with the same names."""
    return _layered(data_stamps())


@cache
def _layered(stamps: Stamps) -> Layered[Device]:
    return layered("hardware", _shipped().devices, Device, name=lambda device: device.name, defaults=_UNKNOWN)


_UNKNOWN: dict[str, object] = {
    "vendor": "",
    "kind": "datacenter",
    "announced": "",
    "aliases": (),
    "sparsity_multiplier": None,
    "memory_gb": None,
    "memory_bandwidth_tb_s": None,
    "power_w": None,
    "interconnect_gb_s": None,
    "price": None,
    "confidence": "medium",
    "notes": "",
}
"""What the fields hold that a data file may leave out."""


def _index() -> AliasIndex:
    return _index_of(data_stamps())


@cache
def _index_of(stamps: Stamps) -> AliasIndex:
    from tieout_compute_estimator.aliases import AliasIndex

    # "910B parameters" is a size, "910B" alone is the chip.
    size = r"\s*(?:个)?\s*(?:参数|params?\b|parameters?\b|tokens?\b)"
    return AliasIndex({device.name: device.aliases for device in device_table().devices}, not_before=size)


def find_device(name: str) -> Device:
    """The device called ``name`` in any of its spellings (``H100``, ``A100 80G``, ``昇腾910B``).

    Raises:
        ToolError: No such device; the message lists those with similar names.
    """
    from tieout.errors import ToolError

    row = _index().exact(name)
    if row is not None:
        return next(device for device in device_table().devices if device.name == row)
    near = _index().near(name)
    hint = (
        _("Did you mean {names}?", names=", ".join(near))
        if near
        else _("`tieout compute devices` lists every one that is known.")
    )
    raise ToolError(
        _("No accelerator called {name} is in the table.", name=repr(name[:60])),
        code="unknown-device",
        hint=hint,
    )


def find_devices(text: str) -> Sequence[Candidate]:
    """Every accelerator named in ``text`` with its span: the finder of ``Slot("device")``."""
    return _index().find(text)


def other_variants(device: Device, name: str) -> list[str]:
    """Rows that ``name`` could also have meant, when it is a family name such as ``A100``."""
    from tieout_compute_estimator.aliases import key

    if key(name) == key(device.name):
        return []
    return [row for row in _families(data_stamps()).get(key(name), ()) if row != device.name]


@cache
def _families(stamps: Stamps) -> dict[str, list[str]]:
    """The first words of row names (``A100``) to the rows that begin with them."""
    from tieout_compute_estimator.aliases import key

    families: dict[str, list[str]] = {}
    for device in device_table().devices:
        words = re.split(r"[\s\-]+", device.name)
        for family in {key("".join(words[:count])) for count in range(1, len(words))}:
            families.setdefault(family, []).append(device.name)
    return families
