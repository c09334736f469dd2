"""Numbers against what is published about the same subject: confirmed, slipped, contradicted, or on a false premise."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit, slip
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.history import history
from tieout_compute_estimator.claims.knowledge import Fact, family
from tieout_compute_estimator.derivation import N_

__all__ = ["confirmed", "published", "slipped_from"]

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
    "visits",
    "users",
    "pages",
    "carbon",
    "token_price",
    "throughput",
    "share",
    "rate",
)
_OF_DEVICE = ("link", "memory", "memory_bandwidth", "power", "item_price", "unit_price")
_FROM_TO = re.compile(r"[由从].{1,30}?[降升增减提]?(?:至|到|为)|from .{1,40}? to ", re.IGNORECASE)
_OPTIMAL = re.compile(r"Chinchilla|最优|最佳|optimal|scaling law", re.IGNORECASE)
_RATE_AND_TOTAL = {
    ("power", "energy"): N_("a power where an energy is meant"),
    ("energy", "power"): N_("an energy where a power is meant"),
    ("rate", "compute"): N_("a rate where a total is meant"),
    ("compute", "rate"): N_("a total where a rate is meant"),
    ("devices", "gpu_hours"): N_("devices where device-hours are meant"),
    ("gpu_hours", "devices"): N_("device-hours where devices are meant"),
    ("devices", "servers"): N_("GPUs where servers are meant"),
    ("servers", "devices"): N_("servers where GPUs are meant"),
}


def published(bench: Bench) -> Iterator[Finding]:
    """Each number with a subject against the facts about that subject."""
    for index, measure in enumerate(bench.claim.measures):
        if measure.role not in _ROLES or (measure.role == "compute" and _serving(bench, measure)):
            continue
        if (
            measure.role == "tokens"
            and not measure.subject.startswith("Chinchilla")
            and _OPTIMAL.search(bench.claim.text[max(0, measure.start - 40) : measure.start])
        ):
            continue  # what a law recommends is not what a model was trained on
        rejected: Finding | None = None
        moves = measure.role in _OF_DEVICE and _FROM_TO.search(bench.claim.text) is not None
        for subject in _subjects(bench, measure):
            found = _judged(bench, index, measure, list(_comparable(bench, measure, subject)))
            if found is not None and found.kind == "contradict" and (measure.role == "memory" or moves):
                rejected = rejected or found  # another variant of the family may still have it
            elif found is not None:
                yield found
                break
        else:
            if rejected is not None and (
                moves or re.search(r"显存|HBM|VRAM|memory", bench.claim.text, re.IGNORECASE)
            ):
                yield rejected


def _serving(bench: Bench, measure: Measure) -> bool:
    around = bench.claim.text[max(0, measure.start - 24) : measure.end + 8]
    return bool(re.search(r"推理|运营|运行|inference|serving|operat", around, re.IGNORECASE))


def _subjects(bench: Bench, measure: Measure) -> list[str]:
    subject, device = measure.subject, measure.device
    system = [m.name for m in bench.claim.named("system")]
    if measure.role in _OF_DEVICE:
        every = [m.name for m in bench.claim.named("device")]
        if measure.role == "memory" and device:
            # 40G behind DGX-A100 is the memory of a device of the family, not of the server.
            value = in_unit(measure.value, measure.unit, "GB") or 0.0
            alike = [name for name in bench.known.devices if bench.same_family(name, device)]
            return [device, *alike, *(system if value > 300 else ())]
        return [name for name in dict.fromkeys((*system, device, *every, subject)) if name]
    if measure.role == "rate":
        return [name for name in dict.fromkeys((*system, subject)) if name]
    topics = (
        [m.name for m in bench.claim.named("topic")] if measure.role in ("share", "money", "energy") else []
    )
    return [name for name in dict.fromkeys((subject, *system, *topics)) if name]


def _comparable(bench: Bench, measure: Measure, subject: str) -> Iterator[Fact]:
    """Facts of the role that speak about the same hardware, year and period."""
    roles: tuple[str, ...] = (measure.role,)
    if measure.role in ("cost", "money"):
        roles = ("cost", "money")
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
                and measure.role not in _OF_DEVICE
                and not bench.same_family(fact.device, measure.device)
            ):
                continue
            if measure.role == "rate" and measure.dtype and fact.dtype and measure.dtype != fact.dtype:
                continue
            if bool(fact.per == "token") != bool(_per_token(bench, measure)):
                continue
            yield fact


def _per_token(bench: Bench, measure: Measure) -> bool:
    return (
        re.search(
            r"每(?:训练)?(?:一?个?)?(?:1 ?T|万亿|1 ?万亿)|per trillion|each trillion|every trillion",
            bench.claim.text,
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


def _judged(bench: Bench, index: int, measure: Measure, facts: list[Fact]) -> Finding | None:
    """The best fit of a number among facts: agreement first, then what is known to be wrong, slips, contradiction."""
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
        return confirmed(bench, index, min(real, key=lambda fact: not fact.firm))
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
    if fact.firm:
        return finding(
            "match",
            "published",
            N_("{stated} agrees with what is published about {subject}: {known} ({source})."),
            figures=base,
            words=words,
            covers=(index,),
            numbers={f"{fact.role}": figure, **_each(fact)},
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
        numbers={f"{fact.role}": figure},
        target=index,
        recomputed=figure,
    )


def _each(fact: Fact) -> dict[str, Figure]:
    """For the network of a server: what each of its accelerators has."""
    if fact.role != "link" or not fact.devices:
        return {}
    value = (in_unit(fact.value, fact.unit, "Gb/s") or 0.0) / fact.devices
    return {"gbit_per_gpu": derived(value, "Gb/s", "network per GPU", "B / n", {"B": fact.figure()})}


def _debunked(bench: Bench, index: int, fact: Fact, others: list[Fact]) -> Finding:
    right = next((other for other in others if other.status != "debunked"), None)
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


def slipped_from(
    bench: Bench, index: int, measure: Measure, usable: list[tuple[Fact, float]]
) -> Finding | None:
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
    for subject in _subjects(bench, measure):
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


_NEAR = 0.07
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


def _contradicted(
    bench: Bench, index: int, measure: Measure, usable: list[tuple[Fact, float]]
) -> Finding | None:
    """Firm facts that all say something else. Roles of which a subject has many values never contradict."""
    firm = [
        (fact, value) for fact, value in usable if fact.firm and fact.confidence != "low" and not fact.variant
    ]
    if not firm or (measure.role in _LOOSE and not _pinned(bench, measure, firm)):
        return None
    subject = bench.known.subject(measure.subject or firm[0][0].subject)
    if (
        measure.role in ("duration", "devices", "servers", "gpu_hours")
        and bench.claim.hypothetical
        and not history(bench)
    ):
        return None
    if bench.claim.forecast:
        return None  # what is announced for the future is measured against nothing
    fact, value = min(firm, key=lambda pair: abs(pair[1] / measure.value - 1) if measure.value else 9.0)
    if measure.value and abs(value / measure.value - 1) < _NEAR:
        return finding(
            "assume",
            "published",
            N_("{stated} is near what is published about {subject}, {known} ({source})."),
            figures={"stated": bench.stated(index), "known": fact.figure()},
            words={
                "subject": fact.subject,
                "source": fact.source_text,
                "assumption": "a rounding or another variant",
            },
            covers=(index,),
            numbers={"known": fact.figure()},
            target=index,
            recomputed=fact.figure(),
        )
    rested = bool(
        re.search(
            r"基于|因为|由于|考虑到|鉴于|底座|based on|because|given that|since",
            bench.claim.text,
            re.IGNORECASE,
        )
    )
    kind = "premise" if rested and measure.role in ("params", "active_params") else "contradict"
    figure = fact.figure()
    ratio = derived(
        value / measure.value if measure.value else 0.0,
        "",
        "ratio",
        "known / stated",
        {"known": figure, "stated": bench.stated(index)},
    )
    return finding(
        kind,
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


def _pinned(bench: Bench, measure: Measure, firm: list[tuple[Fact, float]]) -> bool:
    """Whether a role of many values is pinned down here: the link, power or memory of one named device or system."""
    if measure.role in ("link", "power", "memory"):
        if measure.role == "power":
            # A stated 10 MW is of a site; only what is about as large as one device speaks about the device.
            value = in_unit(measure.value, measure.unit, "W") or 0.0
            return any(
                0.3 < value / (in_unit(fact.value, fact.unit, "W") or 1.0) < 3 for fact, _value in firm
            )
        if measure.role == "link":
            named = re.search(
                r"NVLink|互联|互连|GPU 间|卡间|PCIe|网络|HCCS|interconnect|network",
                bench.claim.text,
                re.IGNORECASE,
            )
            return bool(named) and len({family(fact.subject) for fact, _value in firm}) == 1
        return len({value for _fact, value in firm}) == 1
    known = bench.known.subject(measure.subject)
    return bool(measure.year) and known is not None and known.kind == "topic"
