"""Numbers against what is published about the same subject: confirmed, slipped, contradicted, or on a false premise."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.comparable import OF_DEVICE, comparable, stands_behind, subjects_of
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.history import history, is_serving
from tieout_compute_estimator.claims.knowledge import Fact
from tieout_compute_estimator.claims.pinning import is_of_many, is_pinned
from tieout_compute_estimator.claims.slips import slipped_from, wrong_scope
from tieout_compute_estimator.derivation import N_

__all__ = ["confirmed", "published"]

_ROLES = (
    "params",
    "active_params",
    "tokens",
    "dataset",
    "devices",
    "servers",
    "per_server",
    "cpu_cores",
    "duration",
    "gpu_hours",
    "compute",
    "mfu",
    "goodput",
    "cost",
    "money",
    "unit_price",
    "item_price",
    "energy",
    "power",
    "link",
    "memory",
    "memory_bandwidth",
    "layers",
    "experts",
    "vocabulary",
    "context",
    "heads",
    "kv_heads",
    "head_dim",
    "hidden",
    "visits",
    "users",
    "pages",
    "carbon",
    "token_price",
    "throughput",
    "share",
    "rate",
)
_EACH_OF = re.compile(r"(?:每(?:训练)?|(?<![a-z])(?:per|each|every))\s?(?:一?个?)?\s?$", re.IGNORECASE)
_FROM_TO = re.compile(r"[由从].{1,30}?[降升增减提]?(?:至|到|为)|from .{1,40}? to ", re.IGNORECASE)
_VARIANT = "a rounding or another variant"
_OPTIMAL = re.compile(r"Chinchilla|最优|最佳|optimal|scaling law", re.IGNORECASE)


def published(bench: Bench) -> Iterator[Finding]:
    """Each number with a subject against the facts about that subject."""
    for index, measure in enumerate(bench.claim.measures):
        if measure.role not in _ROLES or (measure.role == "compute" and is_serving(bench, measure)):
            continue
        if (
            measure.role == "tokens"
            and not measure.subject.startswith("Chinchilla")
            and _OPTIMAL.search(bench.claim.text[max(0, measure.start - 40) : measure.start])
        ):
            continue  # what a law recommends is not what a model was trained on
        if (
            measure.role == "tokens"
            and bench.claim.first("token_price", "throughput", "users")
            and not re.search(r"训练|train|corpus|语料", bench.claim.text, re.IGNORECASE)
        ):
            continue  # tokens that are served, and not those of the training
        if measure.role == "tokens" and _EACH_OF.search(
            bench.claim.text[max(0, measure.start - 12) : measure.start]
        ):
            continue  # for each trillion tokens
        found = _about_world(bench, index, measure)
        if found is not None:
            yield found


def _about_world(bench: Bench, index: int, measure: Measure) -> Finding | None:
    """The first name of the claim that a number fits, when it does not stand right behind another that it does not."""
    names = subjects_of(bench, measure)
    if (slipped := wrong_scope(bench, index, measure)) is not None:
        return slipped
    rejected: Finding | None = None
    own = names[0] if names else ""
    for name in names:
        found = _judged(bench, index, measure, list(comparable(bench, measure, name)))
        if found is None:
            continue
        if found.kind not in ("match", "assume"):
            rejected = rejected or found
        elif rejected is None or name == own:
            return found
        elif not stands_behind(bench, measure, own) or (
            measure.role in OF_DEVICE and bench.same_family(name, own) and not _is_exact(bench, own)
        ):
            if not bench.same_family(name, own) or measure.role == "memory":
                return found
            return found.model_copy(
                update={
                    "kind": "assume",
                    "words": {**found.words, "assumption": _VARIANT},
                }
            )
    if rejected is not None and measure.role == "memory" and rejected.kind == "premise":
        moves = _FROM_TO.search(bench.claim.text)
        return (
            rejected if moves or re.search(r"显存|HBM|VRAM|memory", bench.claim.text, re.IGNORECASE) else None
        )
    return rejected


def _is_exact(bench: Bench, name: str) -> bool:
    """Whether the text names the variant: H100 SXM and not H100 alone."""
    return any(
        m.name == name and re.search(r"SXM|PCIe|NVL|\d{2,3} ?GB?(?![A-Za-z])", m.text)
        for m in bench.claim.mentions
    )


_MAXIMA = ("power", "memory", "memory_bandwidth", "link", "context", "rate")
"""Roles whose published value is the largest there is: "up to 14.3 kW" names it."""


def _judged(bench: Bench, index: int, measure: Measure, facts: list[Fact]) -> Finding | None:
    """The best fit of a number among facts: agreement first, then what is known to be wrong, slips, contradiction."""
    if measure.bound == "at most" and measure.role in _MAXIMA:
        measure = replace(measure, bound=None)  # what a datasheet gives is the most already
    usable = [
        (fact, value) for fact in facts if (value := in_unit(fact.value, fact.unit, measure.unit)) is not None
    ]
    fits = [
        fact
        for fact, value in usable
        if agrees(
            measure,
            in_unit(fact.ends[0], fact.unit, measure.unit) or value,
            high=in_unit(fact.ends[1], fact.unit, measure.unit),
            tolerance=0.004 if measure.role == "memory" else 0.025,
        )
    ]
    real = [fact for fact in fits if fact.status != "debunked"]
    wrong = [fact for fact in fits if fact.status == "debunked"]
    if not real and not wrong and (base := _base_claim(bench, measure)):
        wrong = [base]
    if wrong and not [fact for fact in real if fact.firm]:
        return _debunked(
            bench, index, wrong[0], [fact for fact, _value in usable if fact.status != "debunked"]
        )
    if real:
        return confirmed(bench, index, min(real, key=lambda fact: (not fact.firm, fact.variant)))
    if not measure.sure:
        return None
    if slipped := slipped_from(bench, index, measure, usable):
        return slipped
    return _contradicted(bench, index, measure, [pair for pair in usable if pair[0].status != "debunked"])


def _base_claim(bench: Bench, measure: Measure) -> Fact | None:
    """A size given to the base of a model, when it is a known mistake about that model."""
    if measure.role != "params" or not re.search(
        r"基于|底座|based on|built on", bench.claim.text, re.IGNORECASE
    ):
        return None
    for mention in bench.claim.named("model", "service"):
        for fact in bench.known.facts(mention.name, "params"):
            if fact.status == "debunked" and agrees(
                measure, in_unit(fact.value, fact.unit, measure.unit) or 0.0
            ):
                return fact
    return None


def confirmed(bench: Bench, index: int, fact: Fact) -> Finding:
    """A number that a fact agrees with: a match where its maker stands behind it, else true under an assumption."""
    figure = fact.figure()
    measure = bench.claim.measures[index]
    if fact.status == "marketing" and fact.sparse and measure.sparse and fact.dtype == measure.dtype:
        fact = fact.model_copy(
            update={"status": "published"}
        )  # the text itself says that it is the sparse peak
    base = {"stated": bench.stated(index), "known": figure}
    words = {"subject": fact.subject, "source": fact.source_text}
    if fact.status == "forecast":
        return finding(
            "assume",
            "published",
            N_("{stated} is what was announced for {subject} ({known}, {source}), not what was counted."),
            figures=base,
            words=words,
            covers=(index,),
            numbers={"known": figure},
            target=index,
            recomputed=figure,
        )
    if fact.variant:
        return _near(bench, index, fact)
    if fact.firm:
        return finding(
            "match",
            "published",
            N_("{stated} agrees with what is published about {subject}: {known} ({source})."),
            figures=base,
            words=words,
            covers=_confirms(bench, index, fact),
            numbers={fact.role: figure, **_each(fact)},
            target=index,
            recomputed=figure,
            firm=fact.confidence != "low",
        )
    return finding(
        "assume",
        "leak" if fact.status == "leak" else "published",
        N_(
            "{stated} agrees with {known} for {subject} ({source}), which holds under an "
            "assumption: {assumption}."
        ),
        figures=base,
        words={**words, "assumption": fact.assumption or fact.status},
        covers=(index,),
        numbers={fact.role: figure},
        target=index,
        recomputed=figure,
    )


def _near(bench: Bench, index: int, fact: Fact) -> Finding:
    """A number that is not quite the published one."""
    figure = fact.figure()
    return finding(
        "assume",
        "published",
        N_("{stated} is near what is published about {subject}, {known} ({source})."),
        figures={"stated": bench.stated(index), "known": figure},
        words={"subject": fact.subject, "source": fact.source_text, "assumption": _VARIANT},
        covers=(index,),
        numbers={"known": figure},
        target=index,
        recomputed=figure,
    )


def _confirms(bench: Bench, index: int, fact: Fact) -> tuple[int, ...]:
    """What a figure for each trillion tokens confirms: itself and the trillion."""
    if fact.per != "token":
        return (index,)
    return (index, *(i for i, m in bench.claim.of("tokens") if m.value == 1e12))


def _each(fact: Fact) -> dict[str, Figure]:
    """For the network of a server: what each of its accelerators has."""
    if fact.role != "link" or not fact.devices:
        return {}
    value = (in_unit(fact.value, fact.unit, "Gb/s") or 0.0) / fact.devices
    return {"gbit_per_gpu": derived(value, "Gb/s", "network per GPU", "B / n", {"B": fact.figure()})}


def _debunked(bench: Bench, index: int, fact: Fact, others: list[Fact]) -> Finding:
    right = others[0] if others else None
    return finding(
        "premise",
        "debunked",
        N_("{stated} is a known mistake about {subject}: {correction} ({source})."),
        figures={"stated": bench.stated(index)},
        words={"subject": fact.subject, "correction": fact.correction, "source": fact.source_text},
        covers=(index,),
        target=index,
        recomputed=right.figure() if right else None,
        fixes={index: right.figure()} if right else {},
    )


_NEARBY = 0.07
_LOOSE = (
    "duration",
    "cost",
    "money",
    "item_price",
    "unit_price",
    "token_price",
    "users",
    "visits",
    "mfu",
    "goodput",
    "throughput",
    "link",
    "dataset",
    "rate",
    "power",
    "memory",
)


_MEASURED = ("compute", "gpu_hours", "duration", "cost", "energy", "carbon", "throughput", "unit_price")
"""Roles of what a run took: a wrong one contradicts the record, and says nothing false about what a model is."""


def _contradicted(
    bench: Bench, index: int, measure: Measure, usable: list[tuple[Fact, float]]
) -> Finding | None:
    """Firm facts that all say something else. Roles of which a subject has many values never contradict."""
    firm = [
        (fact, value) for fact, value in usable if fact.firm and fact.confidence != "low" and not fact.variant
    ]
    if not firm or (measure.role in _LOOSE and not is_pinned(bench, measure, firm)):
        return None
    subject = bench.known.subject(measure.subject or firm[0][0].subject)
    if (
        measure.role in ("duration", "devices", "servers", "gpu_hours")
        and bench.claim.hypothetical
        and not history(bench)
    ):
        return None
    if is_of_many(bench, measure):
        return None
    if bench.claim.forecast:
        return None  # what is announced for the future is measured against nothing
    fact, value = min(firm, key=lambda pair: abs(pair[1] / measure.value - 1) if measure.value else 9.0)
    if measure.value and abs(value / measure.value - 1) < _NEARBY:
        return _near(bench, index, fact)
    figure = fact.figure()
    ratio = derived(
        value / measure.value if measure.value else 0.0,
        "",
        "ratio",
        "known / stated",
        {"known": figure, "stated": bench.stated(index)},
    )
    return finding(
        "contradict" if measure.role in _MEASURED else "premise",
        "published",
        N_("{stated} contradicts what is published about {subject}: {known} ({source})."),
        figures={"stated": bench.stated(index), "known": figure},
        words={"subject": subject.name if subject else fact.subject, "source": fact.source_text},
        covers=(index,),
        numbers={"known": figure, "ratio": ratio},
        target=index,
        recomputed=figure,
        fixes={index: figure},
    )
