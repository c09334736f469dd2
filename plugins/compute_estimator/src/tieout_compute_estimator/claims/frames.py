"""The records that reading a text gives: numbers with their roles, names, and claims that hold both."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from tieout.plugin import Figure
from tieout_compute_estimator.claims.tidying import Tidied

__all__ = ["Claim", "Measure", "Mention", "MentionKind", "Role"]

Role = Literal[
    "params",
    "active_params",
    "tokens",
    "dataset",
    "devices",
    "servers",
    "per_server",
    "cpu_cores",
    "duration",
    "span",
    "doubling",
    "gpu_hours",
    "compute",
    "rate",
    "mfu",
    "goodput",
    "cost",
    "unit_price",
    "item_price",
    "energy",
    "power",
    "link",
    "memory",
    "bandwidth",
    "memory_bandwidth",
    "multiple",
    "growth",
    "share",
    "percent",
    "layers",
    "experts",
    "vocabulary",
    "context",
    "heads",
    "visits",
    "users",
    "pages",
    "money",
    "carbon",
    "intensity",
    "pue",
    "token_price",
    "throughput",
    "year",
    "count",
    "weights",
    "bytes_each",
    "cache",
    "kv_heads",
    "head_dim",
    "ports",
    "words",
    "load",
    "energy_price",
    "hidden",
    "efficiency",
]
"""What a number says: decided by its unit and the words around it."""

MentionKind = Literal["model", "device", "system", "service", "organisation", "topic", "software"]


@dataclass(frozen=True, slots=True)
class Measure:
    """One number of a claim; values are in ``unit``, a symbol of the default table of ``tieout.quantities``."""

    value: float
    unit: str
    dimension: str
    role: Role
    text: str
    start: int
    """Offset in the text that was read."""
    end: int
    low: float | None = None
    high: float | None = None
    approximate: bool = False
    bound: Literal["at least", "at most"] | None = None
    step: float = 1.0
    """Size of one unit of the last printed digit, in ``unit``."""
    subject: str = ""
    """Name of the model, device or system that it is about."""
    device: str = ""
    """The accelerator that it counts or is measured on."""
    reference: str = ""
    """What a ratio compares with: ``GPT-3`` in "ten times GPT-3"."""
    dtype: str = ""
    """Number format named next to a rate: ``fp16``, ``int8`` …"""
    sparse: bool | None = None
    """Whether the words say with (True) or without (False) structured sparsity."""
    per: Literal["", "device", "server", "chip", "year", "month"] = ""
    """What a rate, power or price is said to be for."""
    scope: tuple[str, ...] = ()
    """What one of something it is for: ``gpu``, ``server``, ``visit``, ``day`` …"""
    sure: bool = True
    """Whether ``subject`` is certain: named in this claim, near, with no unknown name nearer."""
    year: str = ""
    """The period that the number is about, in ISO form."""
    chinese: bool = False
    """Written with 万 or 亿, so that a slip of magnitudes is likely."""

    @property
    def ends(self) -> tuple[float, float]:
        """Lower and upper end; equal where the text gives one value."""
        if self.low is None or self.high is None:
            return self.value, self.value
        return self.low, self.high

    @property
    def digits(self) -> int:
        """Significant digits that are printed; 0 where the number or its step is zero."""
        if not self.step or not self.value:
            return 0
        return len(f"{abs(self.value) / self.step:.0f}".rstrip("0"))

    def figure(self, metric: str = "", *, origin: Figure | None = None) -> Figure:
        """The number as the text states it; ``origin`` lends its place (a span of a report)."""
        return Figure(
            value=self.value,
            unit=self.unit,
            low=self.low,
            high=self.high,
            subject=self.subject,
            metric=metric,
            text=self.text.strip(),
            origin=None if origin is None else origin.origin,
        )


@dataclass(frozen=True, slots=True)
class Mention:
    """A name in the text and the subject of the knowledge that it means."""

    name: str
    kind: MentionKind
    start: int
    end: int
    text: str


@dataclass(slots=True)
class Claim:
    """A stretch of text with numbers that belong together."""

    text: str
    start: int
    """Offset in the text that was given."""
    end: int
    measures: list[Measure] = field(default_factory=list[Measure])
    mentions: list[Mention] = field(default_factory=list[Mention])
    forecast: bool = False
    """Says what will be, or what somebody expects."""
    hypothetical: bool = False
    """Says what something would take, not what was done."""
    arithmetic: bool = False
    """Writes a calculation (=, ×, 即, 相当于) between its numbers."""
    raw: str = ""
    """The characters as given, where noise was taken out for reading."""
    places: Tidied | None = None
    """Where each character of ``text`` stands in ``raw``."""

    def of(self, *roles: Role) -> Iterator[tuple[int, Measure]]:
        """The measures with one of ``roles``, with their index."""
        for index, measure in enumerate(self.measures):
            if measure.role in roles:
                yield index, measure

    def first(self, *roles: Role) -> tuple[int, Measure] | None:
        """The first measure with one of ``roles``."""
        return next(self.of(*roles), None)

    def named(self, *kinds: MentionKind) -> list[Mention]:
        """The mentions of ``kinds`` in order, each name once."""
        seen: dict[str, Mention] = {}
        for mention in self.mentions:
            if mention.kind in kinds:
                seen.setdefault(mention.name, mention)
        return list(seen.values())
