"""A claim on the bench: its numbers, the rest of its document, and what is known, looked up in that order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from tieout.plugin import Figure
from tieout_compute_estimator.accelerators import Device
from tieout_compute_estimator.claims.findings import derived, in_unit
from tieout_compute_estimator.claims.frames import Claim, Measure, Role
from tieout_compute_estimator.claims.knowledge import Fact, Knowledge, Subject, family

__all__ = ["Bench", "Held"]

KAPLAN = "Kaplan et al. 2020, arXiv:2001.08361"
FOUR_BYTES = "4 bytes of text per token"
"""The rule of thumb that turns bytes of text into tokens."""
HOFFMANN = "Hoffmann et al. 2022, arXiv:2203.15556"


@dataclass(frozen=True, slots=True)
class Held:
    """A value with where it comes from."""

    figure: Figure
    index: int | None = None
    """The number of the claim, when the claim states it."""
    assumed: str = ""
    """What was assumed to have it; empty for what is stated or published."""

    @property
    def value(self) -> float:
        """In the unit of the figure."""
        return self.figure.value

    @property
    def covers(self) -> tuple[int, ...]:
        """The indexes for a finding."""
        return () if self.index is None else (self.index,)


@dataclass(slots=True)
class Bench:
    """Look-ups for the rules."""

    claim: Claim
    known: Knowledge
    document: Sequence[Measure] = ()
    """Numbers of the rest of the document, with their subjects."""
    document_subjects: Sequence[str] = ()
    """Models of the document, in order of appearance."""
    lent: Figure | None = None
    """A figure whose origin the stated numbers take: the span of a report."""
    explained: set[int] = field(default_factory=set[int])
    """Numbers that the rules so far have confirmed by the claim's own arithmetic."""
    confirmed: set[int] = field(default_factory=set[int])
    """Numbers that a published value confirms."""
    covered: set[int] = field(default_factory=set[int])
    """Numbers that take part in a product or sum that comes out."""
    _stated: dict[int, Figure] = field(default_factory=dict[int, Figure])

    def stated(self, index: int) -> Figure:
        """A number of the claim as a figure."""
        if index not in self._stated:
            measure = self.claim.measures[index]
            self._stated[index] = measure.figure(measure.role.replace("_", " "), origin=self.lent)
        return self._stated[index]

    def at(self, index: int, unit: str) -> float | None:
        """A number of the claim in ``unit``."""
        measure = self.claim.measures[index]
        return in_unit(measure.value, measure.unit, unit)

    def stated_in(self, index: int, unit: str) -> Figure:
        """A number of the claim as a figure in ``unit`` without ends; zero where it measures something else."""
        update = {"value": self.at(index, unit) or 0.0, "unit": unit, "low": None, "high": None}
        return self.stated(index).model_copy(update=update)

    def subject(self) -> Subject | None:
        """The model or service that the claim is about; from the document only when it has one alone."""
        references = {m.reference for m in self.claim.measures if m.reference}
        for mention in self.claim.named("model", "service"):
            if mention.name not in references:
                return self.known.subject(mention.name)
        carried = [m.subject for m in self.claim.measures if m.subject]
        for name in carried:
            found = self.known.subject(name)
            if found and found.kind in ("model", "service"):
                return found
        return None

    def device(self) -> Device | None:
        """The accelerator that the claim names first on a count, a time or a rate; else the first named."""
        names = [m.device for m in self.claim.measures if m.device]
        names += [mention.name for mention in self.claim.named("device")]
        return next((device for name in names if (device := self.known.device(name))), None)

    def facts(self, subject: str, *roles: Role | str) -> Iterator[Fact]:
        """Facts about a subject, its family and its members."""
        for name in self.known.related(subject):
            yield from self.known.facts(name, *roles)

    def value(self, role: Role, unit: str, subject: str = "") -> Held | None:
        """The number with a role: stated in the claim, published, or said elsewhere in the document."""
        for index, measure in self.claim.of(role):
            if subject and measure.subject not in ("", subject):
                continue
            value = in_unit(measure.value, measure.unit, unit)
            if value is not None:
                return Held(self._in(self.stated(index), unit, value), index)
        return self.published(role, unit, subject) or (
            self.elsewhere(role, unit, subject) if subject else None
        )

    def published(self, role: Role | str, unit: str, subject: str) -> Held | None:
        """The number as it is known about a subject, or about the largest member of its family."""
        if not subject:
            return None
        fact = self.known.best(subject, role)
        found = self.known.subject(subject)
        if fact is None and found is not None:
            for member in found.members:
                if (fact := self.known.best(member, role)) is not None:
                    break
            if fact is None and found.lineage:
                fact = self.known.best(found.lineage, role)
        if fact is None:
            return None
        value = in_unit(fact.value, fact.unit, unit)
        if value is None:
            return None
        return Held(self._in(fact.figure(), unit, value), None, "" if fact.firm else fact.assumption)

    def elsewhere(self, role: Role, unit: str, subject: str) -> Held | None:
        """The number as the rest of the document states it about the same subject."""
        for measure in self.document:
            if measure.role == role and measure.subject == subject and measure.sure:
                value = in_unit(measure.value, measure.unit, unit)
                if value is not None:
                    return Held(self._in(measure.figure(role.replace("_", " ")), unit, value))
        return None

    def _in(self, figure: Figure, unit: str, value: float) -> Figure:
        if figure.unit == unit:
            return figure
        ends = [None if end is None else in_unit(end, figure.unit, unit) for end in (figure.low, figure.high)]
        return figure.model_copy(update={"value": value, "unit": unit, "low": ends[0], "high": ends[1]})

    def params(self, about: str = "") -> Held | None:
        """Parameters at work on each token: active ones of a mixture of experts, else all."""
        subject = self.known.subject(about) if about else self.subject()
        name = subject.name if subject else ""
        stated = self.value("active_params", "parameter", name)
        if stated and (stated.index is not None or (subject and subject.moe)):
            return stated
        return self.value("params", "parameter", name)

    def exact_params(self, about: str = "") -> Held | None:
        """The published parameter count behind a rounded one that is stated."""
        subject = self.known.subject(about) if about else self.subject()
        if subject is None:
            return None
        role = "active_params" if self.known.best(subject.name, "active_params") else "params"
        return self.published(role, "parameter", subject.name)

    def tokens(self, about: str = "") -> Held | None:
        """Training tokens: stated, published, or 4 bytes of text each."""
        subject = self.known.subject(about) if about else self.subject()
        found = self.value("tokens", "token", subject.name if subject else "")
        if found is not None:
            return found
        for index, _measure in self.claim.of("dataset"):
            if self.at(index, "B"):
                return Held(self.text_tokens(index), index, FOUR_BYTES)
        return None

    def text_tokens(self, index: int) -> Figure:
        """The tokens of a stated size of text, at four bytes each."""
        size = self.at(index, "B") or 0.0
        return derived(size / 4, "token", "tokens", "S / 4", {"S": self.stated(index)}, convention=FOUR_BYTES)

    def flops(self) -> Held | None:
        """Training FLOP: stated, 6ND of what is known, or published."""
        if found := self.claim.first("compute"):
            value = self.at(found[0], "FLOP")
            if value:
                return Held(self._in(self.stated(found[0]), "FLOP", value), found[0])
        computed = self.six_nd()
        if computed is not None:
            return computed
        subject = self.subject()
        return self.published("compute", "FLOP", subject.name) if subject else None

    def six_nd(self, params: Held | None = None, tokens: Held | None = None) -> Held | None:
        """6ND of the parameters and tokens at hand."""
        n, d = params or self.params(), tokens or self.tokens()
        if n is None or d is None or not n.value or not d.value:
            return None
        figure = derived(
            6 * n.value * d.value,
            "FLOP",
            "training FLOP",
            "6 · N · D",
            {"N": n.figure, "D": d.figure},
            reference=KAPLAN,
            convention="attention and recomputation left out",
        )
        return Held(figure, None, n.assumed or d.assumed)

    def device_count(self) -> Held | None:
        """Accelerators: stated, servers times accelerators in each, or one when the text says a single one."""
        for index, measure in self.claim.of("devices"):
            if measure.value:
                return Held(self._in(self.stated(index), "GPU", measure.value), index)
        inside = self.claim.first("per_server")
        if inside and not self.claim.first("servers"):
            return Held(self._in(self.stated(inside[0]), "GPU", inside[1].value), inside[0])
        return self.from_servers()

    def from_servers(self) -> Held | None:
        """Servers times the accelerators in each: stated, of the server named, or eight."""
        found = self.claim.first("servers")
        if found is None:
            return None
        index, measure = found
        inside = self.claim.first("per_server")
        if inside:
            each, assumed = self.stated(inside[0]), ""
        else:
            host = next(
                (s for m in self.claim.named("system") if (s := self.known.subject(m.name)) and s.servers_of),
                None,
            )
            count = host.servers_of if host and host.servers_of else 8.0
            each = Figure(value=count, unit="GPU", metric="GPUs per server")
            each = derived(
                count, "GPU", "GPUs per server", f"{count:.0f}", {}, convention="what such a server holds"
            )
            assumed = "" if host or measure.device else "eight GPUs in a server"
        figure = derived(
            measure.value * each.value,
            "GPU",
            "devices",
            "servers · per server",
            {"servers": self.stated(index), "per server": each},
        )
        return Held(figure, index, assumed)

    def hours(self, count: Held, index: int) -> Figure:
        """Device-hours of a count and a stated duration."""
        days = self.at(index, "day") or 0.0
        low, high = (
            in_unit(end, self.claim.measures[index].unit, "day") or 0.0
            for end in self.claim.measures[index].ends
        )
        spread = (None, None) if low == high else (count.value * low * 24, count.value * high * 24)
        return derived(
            count.value * days * 24,
            "GPU-hour",
            "device-hours",
            "n · t · 24",
            {"n": count.figure, "t": self.stated(index)},
            low=spread[0],
            high=spread[1],
        )

    def same_family(self, a: str, b: str) -> bool:
        """Whether two accelerators are of one family."""
        return bool(a) and bool(b) and family(a) == family(b)
