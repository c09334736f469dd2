"""What is known about the world: published runs, clusters, datasheets, prices and statistics, each with its source.

``data/facts.json`` holds what the tables of models and of hardware do not. Nothing here is keyed on the words of a
claim; a fact is about a subject and has a role, a value, a status and a source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tieout.plugin import Figure, TableRow
from tieout_compute_estimator.accelerators import Device, device_table
from tieout_compute_estimator.claims.frames import MentionKind
from tieout_compute_estimator.published import PublishedModel, model_table

__all__ = [
    "TABLE",
    "Fact",
    "FactTable",
    "Knowledge",
    "Status",
    "Subject",
    "fact_table",
    "family",
    "knowledge",
]

TABLE = "facts"

Status = Literal[
    "published", "measured", "reported", "estimate", "leak", "marketing", "trend", "forecast", "debunked"
]
"""Who stands behind a fact: its maker, a count, the press, an outside estimate, a leak, an advertisement …"""

Confidence = Literal["high", "medium", "low"]


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class Origin(_Row):
    """Where a fact was read."""

    text: str = Field(min_length=3)
    as_of: date
    confidence: Confidence


class Subject(_Row):
    """Something that facts are about, and the names that people write for it."""

    name: str
    kind: MentionKind
    aliases: tuple[str, ...] = ()
    released: str = ""
    hardware: tuple[str, ...] = ()
    """Families of accelerators that it was trained on."""
    hardware_source: str = ""
    previous: str = ""
    """The generation before it."""
    members: tuple[str, ...] = ()
    """Models of a family, largest first."""
    lineage: str = ""
    """The published model that it is known to come from."""
    base: str = ""
    undisclosed: tuple[str, ...] = ()
    """Roles that its makers never published."""
    leaked: bool = False
    moe: bool = False
    device: str = ""
    """Accelerator in a server or rack."""
    servers_of: float | None = None
    """Accelerators in one of it, for a server or rack."""
    needs: tuple[str, ...] = ()
    """Words of which one has to stand in the text for a name as common as ``GDP`` to mean it."""


class Fact(_Row):
    """One value of one role of one subject."""

    subject: str
    role: str
    value: float
    unit: str
    low: float | None = None
    high: float | None = None
    status: Status = "published"
    source: str
    """Key of the sources, or the source itself for rows taken over from the other tables."""
    source_text: str = ""
    as_of: date | None = None
    confidence: Confidence | None = None
    device: str = ""
    count: float | None = None
    """Accelerators at work in a duration."""
    days: float | None = None
    year: str = ""
    period: str = ""
    per: str = ""
    dtype: str = ""
    sparse: bool | None = None
    bound: str = ""
    metric: str = ""
    note: str = ""
    assumption: str = ""
    """What has to hold for the value to be right; English, translated where it is shown."""
    correction: str = ""
    """Why a debunked value is wrong; English, translated where it is shown."""
    reference: str = ""
    whole: str = ""
    run: str = ""
    runs: tuple[str, ...] = ()
    devices: float | None = None
    links: int | None = None
    variant: bool = False
    conditional: bool = False
    """Published, but true only under ``assumption``."""
    table: str = TABLE

    @property
    def ends(self) -> tuple[float, float]:
        """Lower and upper end."""
        return (
            self.value if self.low is None else self.low,
            self.value if self.high is None else self.high,
        )

    @property
    def firm(self) -> bool:
        """Whether the maker or a count stands behind it."""
        return self.status in ("published", "measured") and not self.conditional

    def figure(self, metric: str = "") -> Figure:
        """The fact as a figure with its source."""
        origin = TableRow(
            table=self.table,
            row=self.subject,
            field=self.role if not self.year else f"{self.role} {self.year}",
            source=self.source_text or self.source,
            as_of=self.as_of,
            confidence=self.confidence or "medium",
        )
        return Figure(
            value=self.value,
            unit=self.unit,
            low=self.low,
            high=self.high,
            as_of=self.as_of,
            subject=self.subject,
            metric=metric or self.metric or self.role.replace("_", " "),
            origin=origin,
        )


class FactTable(_Row):
    """The shipped file."""

    format: Literal[1]
    as_of: date
    origin: str
    sources: dict[str, Origin]
    subjects: tuple[Subject, ...]
    facts: tuple[Fact, ...]


class Knowledge:
    """Subjects and facts with look-ups by name and by role."""

    def __init__(
        self, table: FactTable, models: tuple[PublishedModel, ...], devices: tuple[Device, ...]
    ) -> None:
        self.as_of = table.as_of
        self.models: Mapping[str, PublishedModel] = {model.name: model for model in models}
        self.devices: Mapping[str, Device] = {device.name: device for device in devices}
        self.subjects = _subjects(table, models, devices)
        self._families: dict[str, list[str]] = {}
        for name, subject in self.subjects.items():
            for member in subject.members:
                self._families.setdefault(member, []).append(name)
        self._facts: dict[str, list[Fact]] = {}
        self._by_role: dict[str, list[Fact]] = {}
        for fact in (*_sourced(table), *_of_models(models), *_of_devices(devices), *_of_architectures()):
            if not self._is_repeated(fact):
                self._facts.setdefault(fact.subject, []).append(fact)
                self._by_role.setdefault(fact.role, []).append(fact)

    def _is_repeated(self, fact: Fact) -> bool:
        return any(
            other.role == fact.role and other.value == fact.value and other.status == fact.status
            for other in self._facts.get(fact.subject, ())
            if other.device == fact.device
            and other.year == fact.year
            and other.dtype == fact.dtype
            and other.unit == fact.unit
            and other.sparse == fact.sparse
        )

    def subject(self, name: str) -> Subject | None:
        """The subject called exactly ``name``."""
        return self.subjects.get(name)

    def facts(self, subject: str, *roles: str) -> Iterator[Fact]:
        """Facts about ``subject`` with one of ``roles`` (all roles when none is given), debunked ones included."""
        for fact in self._facts.get(subject, ()):
            if not roles or fact.role in roles:
                yield fact

    def of_role(self, role: str) -> list[Fact]:
        """Every fact with ``role``."""
        return self._by_role.get(role, [])

    def best(self, subject: str, role: str) -> Fact | None:
        """The firmest fact of a role, the first where several are equally firm; never a debunked one."""
        found = [
            fact
            for fact in self.facts(subject, role)
            if fact.status != "debunked" and not fact.variant and not fact.per
        ]
        order = ("published", "measured", "reported", "leak", "estimate", "marketing", "trend", "forecast")
        return min(found, key=lambda fact: order.index(fact.status), default=None)

    def related(self, subject: str) -> list[str]:
        """``subject``, its members and the family it belongs to."""
        found = self.subjects.get(subject)
        members = found.members if found else ()
        return list(dict.fromkeys([subject, *members, *self._families.get(subject, ())]))

    def device(self, name: str) -> Device | None:
        """The accelerator called exactly ``name``."""
        return self.devices.get(name)


def family(device: str) -> str:
    """The family of an accelerator: ``A100`` for every A100.

    >>> family("A100-80GB SXM"), family("TPU v4"), family("GB200 (per GPU)")
    ('A100', 'TPU v4', 'GB200')
    """
    return re.split(r"[ -]\d+ ?GB| \(| (?:SXM|PCIe|NVL)", device)[0]


def _subjects(
    table: FactTable, models: tuple[PublishedModel, ...], devices: tuple[Device, ...]
) -> dict[str, Subject]:
    found = {subject.name: subject for subject in table.subjects}
    for model in models:
        known = found.get(model.name)
        hardware = (family(model.device),) if model.device else ()
        moe = model.active_params is not None
        if known is None:
            found[model.name] = Subject(
                name=model.name,
                kind="model",
                aliases=model.aliases,
                hardware=hardware,
                moe=moe,
                released=model.released,
            )
        else:
            aliases = (*known.aliases, *model.aliases)
            found[model.name] = known.model_copy(
                update={"aliases": aliases, "hardware": known.hardware or hardware, "moe": moe or known.moe}
            )
    for device in devices:
        known = found.get(device.name)
        aliases = (*(known.aliases if known else ()), *device.aliases)
        found[device.name] = Subject(
            name=device.name,
            kind="device",
            aliases=aliases,
            previous=known.previous if known else "",
            device=device.name,
        )
    return found


def _sourced(table: FactTable) -> Iterator[Fact]:
    for fact in table.facts:
        origin = table.sources[fact.source]
        yield fact.model_copy(
            update={
                "source_text": origin.text,
                "as_of": fact.as_of or origin.as_of,
                "confidence": fact.confidence or origin.confidence,
            }
        )


def _of_models(models: tuple[PublishedModel, ...]) -> Iterator[Fact]:
    for model in models:
        cells = (
            ("params", model.params, "parameter"),
            ("active_params", model.active_params, "parameter"),
            ("tokens", model.tokens, "token"),
            ("gpu_hours", model.device_hours, "GPU-hour"),
            ("compute", model.training_flops, "FLOP"),
            ("layers", model.layers, ""),
        )
        for role, value, unit in cells:
            if value is not None:
                yield Fact(
                    subject=model.name,
                    role=role,
                    value=value,
                    unit=unit,
                    source="models",
                    table="models",
                    source_text=model.source,
                    as_of=model.as_of,
                    confidence=model.confidence,
                    device=(model.device or "") if role == "gpu_hours" else "",
                    status="leak" if model.confidence == "low" else "published",
                    assumption="a leak that its makers never confirmed" if model.confidence == "low" else "",
                )


def _of_devices(devices: tuple[Device, ...]) -> Iterator[Fact]:
    for device in devices:
        cells: list[tuple[str, float | None, str, str, bool | None]] = [
            ("memory", _scaled(device.memory_gb, 1e9), "B", "", None),
            ("memory_bandwidth", device.memory_bandwidth_tb_s, "TB/s", "", None),
            ("power", device.power_w, "W", "", None),
            ("link", device.interconnect_gb_s, "GB/s", "", None),
        ]
        for dtype, peak in device.peak_tflops.items():
            unit = "TOP/s" if dtype.startswith("int") else "TFLOP/s"
            cells.append(("rate", peak, unit, dtype, False))
            if device.sparsity_multiplier and dtype not in ("fp64", "fp32", "fp64_tensor"):
                cells.append(("rate", peak * device.sparsity_multiplier, unit, dtype, True))
        for role, value, unit, dtype, sparse in cells:
            if value is not None:
                yield Fact(
                    subject=device.name,
                    role=role,
                    value=value,
                    unit=unit,
                    source="hardware",
                    table="hardware",
                    source_text=device.source,
                    as_of=device.as_of,
                    confidence=device.confidence,
                    device=device.name,
                    dtype=dtype,
                    sparse=sparse,
                    status="marketing" if sparse else "published",
                    assumption="structured sparsity; the dense peak is lower" if sparse else "",
                )


_SHAPES: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("layers", ("num_hidden_layers", "n_layer"), ""),
    ("heads", ("num_attention_heads", "n_head"), ""),
    ("kv_heads", ("num_key_value_heads",), ""),
    ("vocabulary", ("vocab_size",), ""),
    ("context", ("max_position_embeddings", "n_positions"), "token"),
    ("experts", ("n_routed_experts", "num_experts", "num_local_experts"), ""),
    ("hidden", ("hidden_size", "n_embd"), ""),
    ("head_dim", ("head_dim",), ""),
)
"""Role, keys of a configuration, unit."""


def _of_architectures() -> Iterator[Fact]:
    """Layers, heads, vocabulary and context of the configurations that came with published weights."""
    from tieout_compute_estimator.architecture_table import architecture_table

    for row in architecture_table().models:
        cells: dict[str, tuple[float, str]] = {}
        for role, keys, unit in _SHAPES:
            value = next((v for key in keys if isinstance(v := row.config.get(key), int | float)), None)
            if value is not None and value > 0:
                cells[role] = (float(value), unit)
        if "head_dim" not in cells and "hidden" in cells and "heads" in cells:
            cells["head_dim"] = (cells["hidden"][0] / cells["heads"][0], "")
        for role, (value, unit) in cells.items():
            yield Fact(
                subject=row.name,
                role=role,
                value=value,
                unit=unit,
                source="architectures",
                table="architectures",
                source_text=row.source,
                as_of=row.as_of,
                confidence=row.confidence,
            )


def _scaled(value: float | None, factor: float) -> float | None:
    return None if value is None else value * factor


@cache
def fact_table() -> FactTable:
    """The shipped table of facts, read on first use.

    Raises:
        pydantic.ValidationError: The file in the package was changed and is no valid table.
    """
    return FactTable.model_validate_json(
        files("tieout_compute_estimator").joinpath("data/facts.json").read_bytes()
    )


@cache
def knowledge() -> Knowledge:
    """Facts, models and accelerators together, read on first use (some 15 ms)."""
    return Knowledge(fact_table(), model_table().models, device_table().devices)
