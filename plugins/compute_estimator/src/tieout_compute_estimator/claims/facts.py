"""The records of what is known: subjects with their names, and facts with status and source."""

from __future__ import annotations

from datetime import date
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tieout.plugin import Figure, TableRow
from tieout_compute_estimator.claims.frames import MentionKind

__all__ = ["TABLE", "Confidence", "Fact", "FactTable", "Nature", "Status", "Subject"]

TABLE = "facts"

Status = Literal[
    "published", "measured", "reported", "estimate", "leak", "marketing", "trend", "forecast", "debunked"
]
"""Who stands behind a fact: its maker, a count, the press, an outside estimate, a leak, an advertisement …"""

Nature = Literal[
    "", "autoregressive", "encoder", "encoder-decoder", "diffusion", "vision", "structure", "recurrent"
]
"""How a model makes its output: token by token, not at all, from noise, from pictures, of proteins, with a state."""

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
    """Month, in ISO form; no fact about it is older."""
    hardware: tuple[str, ...] = ()
    """Families of accelerators that it was trained on."""
    hardware_source: str = ""
    previous: str = ""
    """The generation before it."""
    members: tuple[str, ...] = ()
    """Models of a family, largest first."""
    lineage: str = ""
    """The published model that it is known to come from."""
    undisclosed: tuple[str, ...] = ()
    """Roles that its makers never published."""
    leaked: bool = False
    moe: bool = False
    device: str = ""
    """Accelerator in a server or rack."""
    servers_of: float | None = None
    """Accelerators in one of it, for a server or rack."""
    nature: Nature = ""
    """What kind of model it is: which claims about it can be true at all."""
    memory_kinds: tuple[str, ...] = ()
    """Kinds of memory that an accelerator has: HBM, GDDR, LPDDR, DDR, SRAM."""
    fabric: tuple[str, ...] = ()
    """Links between accelerators of one kind; PCIe where there is none besides."""
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
    """The accelerator that it counts or is measured on."""
    count: float | None = None
    """Accelerators at work in a duration."""
    year: str = ""
    """What it is of: a year, a month, ``2012/2018``, or a company's year as ``FY2022``."""
    period: str = ""
    """``day`` or ``week`` where it is so much in each."""
    per: str = ""
    """What it is for one of: ``visit``, ``token`` (a trillion of training), ``server``, ``year``."""
    dtype: str = ""
    """Number format of a rate."""
    sparse: bool | None = None
    """Whether a rate counts structured sparsity."""
    metric: str = ""
    """What it is, where the role alone does not say."""
    note: str = ""
    """``input`` or ``output`` at the head for a price of tokens; else why a role has several values."""
    assumption: str = ""
    """What has to hold for the value to be right; English, translated where it is shown."""
    correction: str = ""
    """Why a debunked value is wrong; English, translated where it is shown."""
    reference: str = ""
    """What a ratio compares with."""
    whole: str = ""
    """The subject that a share is a share of."""
    runs: tuple[str, ...] = ()
    """Models whose runs device-hours are the total of."""
    devices: float | None = None
    """Accelerators that share a link."""
    variant: bool = False
    """A rounding, or the value of a variant: it confirms under that assumption, and contradicts nothing."""
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
            field=self.role if not self.year else f"{self.role} ({self.year})",
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
