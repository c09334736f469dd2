"""Which subjects a number may be about, and which facts about them speak of the same hardware, year and period."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tieout_compute_estimator.claims import cues
from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.findings import in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.knowledge import Fact

__all__ = ["OF_DEVICE", "comparable", "stands_behind", "subjects_of"]

OF_DEVICE = ("link", "memory", "memory_bandwidth", "power", "item_price", "unit_price")
"""Roles of numbers that are about an accelerator or a server and not about the model of the text."""


def subjects_of(bench: Bench, measure: Measure) -> list[str]:
    """The names that a number may be about, the likeliest first."""
    subject, device = measure.subject, measure.device
    systems = [m.name for m in bench.claim.named("system")]
    if measure.role in OF_DEVICE:
        devices = [m.name for m in bench.claim.named("device")]
        alike = [name for name in bench.known.devices if device and bench.same_family(name, device)]
        if measure.role == "memory" and device:
            # 40G behind DGX-A100 is the memory of a device of the family, not of the server.
            value = in_unit(measure.value, measure.unit, "GB") or 0.0
            return list(dict.fromkeys((device, *alike, *devices, *(systems if value > 300 else ()))))
        near = [subject] if subject in systems else []
        if measure.per == "device":
            return [name for name in dict.fromkeys((device, *alike, *devices, *systems)) if name]
        return [name for name in dict.fromkeys((*near, *systems, device, *alike, *devices, subject)) if name]
    if measure.role == "rate":
        return [name for name in dict.fromkeys((*systems, subject)) if name]
    topics = (
        [m.name for m in bench.claim.named("topic")] if measure.role in ("share", "money", "energy") else []
    )
    models = [m.name for m in bench.claim.named("model", "service")]
    return [name for name in dict.fromkeys((subject, *systems, *topics, *models)) if name]


def stands_behind(bench: Bench, measure: Measure, name: str) -> bool:
    """Whether a number stands right behind a name, with no other number or name between: it is about that name."""
    ends = [m.end for m in bench.claim.mentions if m.end <= measure.start]
    mention = next((m for m in bench.claim.mentions if ends and m.end == max(ends)), None)
    if mention is None or mention.name != name:
        return False
    between = bench.claim.text[mention.end : measure.start]
    others = any(mention.end <= m.start < measure.start for m in bench.claim.measures if m is not measure)
    return not others and len(between) <= 40 and not re.search(r"(?<![a-z])its(?![a-z])|其|它", between)


def comparable(bench: Bench, measure: Measure, subject: str) -> Iterator[Fact]:
    """Facts of the role that speak about the same hardware, year and period."""
    roles: tuple[str, ...] = (measure.role,)
    if measure.role in ("cost", "money"):
        roles = ("cost", "money")
    if measure.role == "link" and not cues.LINK.search(bench.claim.text):
        roles = ("link", "memory_bandwidth")
    pooled = measure.role in (
        "params",
        "tokens",
        "gpu_hours",
        "energy",
        "carbon",
        "layers",
        "devices",
        "duration",
        "compute",
        "cost",
    )
    names = bench.known.related(subject) if pooled else [subject]
    if measure.role in ("gpu_hours", "energy", "carbon", "cost", "compute"):
        found = bench.known.subject(subject)
        names = [subject, *(found.members if found else ())]  # the total of a family is none of its members'
    for name in names:
        for fact in bench.known.facts(name, *roles):
            if fact.status == "debunked" and name != subject:
                continue  # a mistake about one member is none about its family
            if fact.year and not _same_year(fact.year, [measure.year] if measure.year else ()):
                continue
            if measure.role == "money" and fact.period and fact.period != measure.per:
                continue
            if (
                fact.device
                and measure.device
                and measure.role not in OF_DEVICE
                and not bench.same_family(fact.device, measure.device)
            ):
                continue
            if measure.role == "rate" and measure.dtype and fact.dtype and measure.dtype != fact.dtype:
                continue
            if bool(fact.per == "token") != bool(_per_token(bench, measure)):
                continue
            if not _of_one_scope(measure, fact) or not _of_one_side(bench, measure, fact):
                continue
            yield fact


def _of_one_side(bench: Bench, measure: Measure, fact: Fact) -> bool:
    """Whether a price of tokens is of what goes in, or of what comes out, as the text says; a port is no server."""
    if measure.role == "link":
        return "port" not in measure.scope or fact.per != "server"
    if measure.role != "token_price" or not fact.note.startswith(("input", "output")):
        return True
    text = bench.claim.text
    behind = re.split(r"[,。;、]|(?<![a-z])and(?![a-z])", text[measure.end : measure.end + 44])[0]
    ahead = re.split(r"[,。;]", text[max(0, measure.start - 24) : measure.start])[-1]
    sides = re.findall(r"input|output|输入|输出", behind, re.IGNORECASE) or re.findall(
        r"input|output|输入|输出", ahead, re.IGNORECASE
    )
    if not sides:
        return True
    side = str(sides[-1]).lower()
    return fact.note.startswith({"输入": "input", "输出": "output"}.get(side, side))


_PERIODS = {"day", "month", "year"}


def _of_one_scope(measure: Measure, fact: Fact) -> bool:
    """Whether number and fact are of the same one thing: a query, a day, or the whole."""
    if measure.role not in ("energy", "tokens", "visits", "cost", "money", "compute", "carbon"):
        return True
    if (fact.per == "visit") != ("visit" in measure.scope):
        return False
    periods = _PERIODS & set(measure.scope)
    if fact.period in _PERIODS:
        return not periods or fact.period in periods
    return not periods or measure.role in ("cost", "money", "visits") or bool(fact.year)


def _clause(text: str, measure: Measure) -> str:
    """The part of the text between two full stops or semicolons that a number stands in."""
    start = max(text.rfind(mark, 0, measure.start) for mark in "。;\n") + 1
    ends = [at for mark in "。;\n" if (at := text.find(mark, measure.end)) >= 0]
    return text[start : min(ends, default=len(text))]


def _per_token(bench: Bench, measure: Measure) -> bool:
    return (
        re.search(
            r"每(?:训练)?\s?(?:一?个?)?(?:1 ?T|万亿|1 ?万亿)|(?:per|each|every) (?:1 |one )?(?:trillion|1?T tokens)",
            _clause(bench.claim.text, measure),
            re.IGNORECASE,
        )
        is not None
    )


def _same_year(year: str, years: Iterable[str]) -> bool:
    named = list(years)
    if not named:
        return True
    exact = [one for one in named if len(one) == 7 and one[4] == "-"]
    if len(year) == 7 and exact:
        return year in exact
    return any(year[:4] in one or one[:4] in year for one in named)
