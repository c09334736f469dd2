"""What is known about the world: published runs, clusters, datasheets, prices and statistics, each with its source.

``data/facts.json`` holds what the tables of models and of hardware do not. Nothing here is keyed on the words of a
claim; a fact is about a subject and has a role, a value, a status and a source.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files

from tieout_compute_estimator.accelerators import Device, device_table
from tieout_compute_estimator.claims.facts import TABLE, Fact, FactTable, Status, Subject
from tieout_compute_estimator.claims.table_facts import of_architectures, of_devices, of_models
from tieout_compute_estimator.data_layers import Stamps, data_stamps
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


class Knowledge:
    """Subjects and facts with look-ups by name and by role."""

    def __init__(
        self, table: FactTable, models: tuple[PublishedModel, ...], devices: tuple[Device, ...]
    ) -> None:
        self.as_of = table.as_of
        self._sources = table.sources
        self.models: Mapping[str, PublishedModel] = {model.name: model for model in models}
        self.devices: Mapping[str, Device] = {device.name: device for device in devices}
        self.subjects = _subjects(table, models, devices)
        self._families: dict[str, list[str]] = {}
        for name, subject in self.subjects.items():
            for member in subject.members:
                self._families.setdefault(member, []).append(name)
        self._facts: dict[str, list[Fact]] = {}
        self._by_role: dict[str, list[Fact]] = {}
        for fact in (*_sourced(table), *of_models(models), *of_devices(devices), *of_architectures()):
            if not self._is_repeated(fact):
                self._facts.setdefault(fact.subject, []).append(fact)
                self._by_role.setdefault(fact.role, []).append(fact)

        self._infer_hardware()

    def _infer_hardware(self) -> None:
        """The accelerators that published runs of a model name, where its row names none."""
        for name, subject in self.subjects.items():
            if subject.kind != "model" or subject.hardware or subject.members:
                continue
            found = [
                family(fact.device)
                for fact in self._facts.get(name, ())
                if fact.device and fact.firm and fact.role in ("devices", "gpu_hours", "servers")
            ]
            if found:
                self.subjects[name] = subject.model_copy(update={"hardware": tuple(dict.fromkeys(found))})

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

    def source_text(self, key: str) -> str:
        """The source with a key; empty for none."""
        return self._sources[key].text if key in self._sources else ""

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
                nature="autoregressive",
            )
        else:
            aliases = (*known.aliases, *model.aliases)
            found[model.name] = known.model_copy(
                update={
                    "aliases": aliases,
                    "hardware": known.hardware or hardware,
                    "moe": moe or known.moe,
                    "nature": known.nature or "autoregressive",
                }
            )
    for device in devices:
        known = found.get(device.name)
        known = known or Subject(name=device.name, kind="device")
        found[device.name] = known.model_copy(
            update={"aliases": (*known.aliases, *device.aliases), "device": device.name}
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


@cache
def fact_table() -> FactTable:
    """The shipped table of facts, read on first use.

    Raises:
        pydantic.ValidationError: The file in the package was changed and is no valid table.
    """
    return FactTable.model_validate_json(
        files("tieout_compute_estimator").joinpath("data/facts.json").read_bytes()
    )


def knowledge() -> Knowledge:
    """Facts, models and accelerators of this context together, read on first use (some 15 ms).

    Raises:
        InputError: A data file of the user's is not valid.
    """
    return _knowledge(data_stamps())


@cache
def _knowledge(stamps: Stamps) -> Knowledge:
    return Knowledge(fact_table(), model_table().models, device_table().devices)
