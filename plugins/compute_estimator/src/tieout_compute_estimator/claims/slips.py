"""Slips of units between a number and what is published: the right value in a wrong unit, scale or scope."""

from __future__ import annotations

import re

from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.comparable import subjects_of
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit, slip
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.knowledge import Fact
from tieout_compute_estimator.derivation import N_

__all__ = ["slipped_from", "wrong_scope"]

_RATE_AND_TOTAL = {
    ("power", "energy"): N_("a power where an energy is meant"),
    ("energy", "power"): N_("an energy where a power is meant"),
    ("rate", "compute"): N_("a rate where a total is meant"),
    ("compute", "rate"): N_("a total where a rate is meant"),
    ("devices", "gpu_hours"): N_("devices where device-hours are meant"),
    ("gpu_hours", "devices"): N_("device-hours where devices are meant"),
    ("devices", "servers"): N_("GPUs where servers are meant"),
    ("servers", "devices"): N_("servers where GPUs are meant"),
    ("memory_bandwidth", "memory"): N_("a bandwidth where a capacity is meant"),
    ("memory", "memory_bandwidth"): N_("a capacity where a bandwidth is meant"),
}


def slipped_from(
    bench: Bench, index: int, measure: Measure, usable: list[tuple[Fact, float]]
) -> Finding | None:
    """The first fact of which a number is a slip of units; ``usable`` holds facts with their values in its unit."""
    for fact, value in usable:
        name = slip(measure, value)
        if not name or fact.status in ("debunked", "trend") or fact.variant:
            continue
        bits = name == "bit and byte"
        figure = fact.figure()
        words = {"subject": fact.subject, "source": fact.source_text, "slip": name}
        ratio = derived(
            measure.value / value,
            "",
            "ratio",
            "stated / known",
            {"stated": bench.stated(index), "known": figure},
        )
        if ratio.value < 1:
            ratio = derived(
                value / measure.value,
                "",
                "ratio",
                "known / stated",
                {"stated": bench.stated(index), "known": figure},
            )
        if any(agrees(measure, other_value) for _other, other_value in usable):
            continue
        return finding(
            "slip",
            "slip",
            N_(
                "{stated} is off by a factor of {ratio}: {subject} has {known} ({source}); bits "
                "were taken for bytes or the other way round."
            )
            if bits
            else N_(
                "{stated} is off by a factor of {ratio}: {subject} has {known} ({source}); a slip of {slip}."
            ),
            figures={"stated": bench.stated(index), "known": figure, "ratio": ratio},
            words=words,
            covers=(index,),
            numbers={"known": figure, "factor": ratio},
            target=index,
            recomputed=figure,
            fixes={index: figure},
        )
    return _mixed_up(bench, index, measure)


def _mixed_up(bench: Bench, index: int, measure: Measure) -> Finding | None:
    """The same digits under another dimension: PFLOPS for PF-days, MW for MWh, yuan for dollars."""
    for subject in subjects_of(bench, measure):
        for fact in bench.facts(subject):
            if fact.status in ("debunked", "trend", "forecast") or fact.variant or fact.per:
                continue
            what = _RATE_AND_TOTAL.get((measure.role, fact.role))
            currency = (
                measure.dimension.startswith("money:")
                and fact.unit in ("USD", "CNY")
                and measure.unit in ("USD", "CNY")
                and fact.unit != measure.unit
                and fact.role in ("cost", "money", measure.role)
            )
            if not what and not currency:
                continue
            if not _same_digits(measure, fact):
                continue
            figure = fact.figure()
            return finding(
                "slip",
                "rate and total" if what else "currency",
                N_("{stated} has the digits of {known} for {subject} ({source}): {what}."),
                figures={"stated": bench.stated(index), "known": figure},
                words={
                    "subject": fact.subject,
                    "source": fact.source_text,
                    "what": what or N_("another currency"),
                },
                covers=(index,),
                numbers={"known": figure},
                target=index,
                recomputed=figure,
                fixes={index: figure},
            )
    return None


_PREFIX = {"K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18}


def _same_digits(measure: Measure, fact: Fact) -> bool:
    """Whether number and prefix are the same and only the kind of unit differs."""
    a, b = (
        measure.value * _PREFIX.get(measure.unit[:1].upper() if len(measure.unit) > 1 else "", 1.0),
        (fact.value * _PREFIX.get(fact.unit[:1].upper() if len(fact.unit) > 1 else "", 1.0)),
    )
    if "FLOP" in measure.unit and "FLOP" in fact.unit and abs(measure.value / fact.value - 1) < 0.01:
        return True
    if measure.unit in ("USD", "CNY", "GPU", "GPU-hour", "server", "chip") or fact.unit in ("GPU-hour",):
        a, b = measure.value, fact.value
    return bool(b) and abs(a / b - 1) < 0.01


_SCOPED = ("power", "rate", "memory", "link", "memory_bandwidth", "item_price")
_OF_EACH = re.compile(
    r"每|单|各|(?<![a-z])(?:each|per|apiece|every|single|GPUs?|cards?|chips?|modules?)(?![a-z])|卡|芯片|[xX×]\s?\d|\d\s?[xX×]",
    re.IGNORECASE,
)


def _of_whole(bench: Bench, index: int, measure: Measure) -> Finding | None:
    """The figure of one accelerator said of the server or rack that holds several of them."""
    host = bench.known.subject(measure.subject)
    named = [m for m in bench.claim.mentions if m.kind == "device"]
    if host is None or host.kind != "system" or not host.device or not measure.sure or named:
        return None
    clause = re.split(r"[,。;]", bench.claim.text[: measure.start])[-1] + "|"
    clause += re.split(r"[,。;]", bench.claim.text[measure.end :])[0]
    for mention in bench.claim.mentions:
        clause = clause.replace(mention.text, "")
    if _OF_EACH.search(clause) or bench.claim.first("servers", "per_server", "devices"):
        return None
    own = [
        v for f in bench.known.facts(host.name, measure.role) if (v := in_unit(f.value, f.unit, measure.unit))
    ]
    fact = next(
        (
            f
            for f in bench.known.facts(host.device, measure.role)
            if f.firm and (value := in_unit(f.value, f.unit, measure.unit)) and agrees(measure, value)
        ),
        None,
    )
    if fact is None or any(agrees(measure, one) for one in own):
        return None
    alike = [f for f in bench.known.facts(host.name, measure.role) if f.dtype == fact.dtype and f.firm]
    whole = alike[0] if alike else bench.known.best(host.name, measure.role)
    if whole is None and measure.role == "memory" and host.servers_of:
        whole = fact.model_copy(update={"value": fact.value * host.servers_of, "subject": host.name})
    if whole is None:
        return None
    return finding(
        "slip",
        "scope",
        N_(
            "{stated} is the figure of one {device} ({source}) and not of the whole {owner}, which has {known}."
        ),
        figures={"stated": bench.stated(index), "known": whole.figure()},
        words={"owner": host.name, "device": host.device, "source": fact.source_text},
        covers=(index,),
        numbers={"known": whole.figure()},
        target=index,
        recomputed=whole.figure(),
        fixes={index: whole.figure()},
    )


def wrong_scope(bench: Bench, index: int, measure: Measure) -> Finding | None:
    """A number said of one accelerator that is published of the server that holds several, or the other way round."""
    if measure.role not in _SCOPED:
        return None
    if not set(measure.scope) & {"gpu", "server"}:
        return _of_whole(bench, index, measure)
    hosts = [
        subject
        for subject in bench.known.subjects.values()
        if subject.kind == "system" and subject.device and bench.same_family(subject.device, measure.device)
    ]
    names = [s.name for s in hosts] if "gpu" in measure.scope else [measure.device]
    own = [measure.device] if "gpu" in measure.scope else [s.name for s in hosts]
    for name in own:
        for fact in bench.known.facts(name, measure.role):
            if agrees(measure, in_unit(fact.value, fact.unit, measure.unit) or 0.0):
                return None
    for name in names:
        for fact in bench.known.facts(name, measure.role):
            value = in_unit(fact.value, fact.unit, measure.unit)
            if value is None or not agrees(measure, value) or fact.status == "debunked":
                continue
            device = bench.known.best(measure.device, measure.role)
            figure = fact.figure()
            known = device.figure() if device is not None else figure
            return finding(
                "slip",
                "scope",
                N_(
                    "{stated} is the figure of {owner} ({source}) and not of one {device}, which has {known}."
                ),
                figures={"stated": bench.stated(index), "known": known},
                words={"owner": name, "device": measure.device, "source": fact.source_text},
                covers=(index,),
                numbers={"known": known, "whole": figure},
                target=index,
                recomputed=known,
                fixes={index: known},
            )
    return None
