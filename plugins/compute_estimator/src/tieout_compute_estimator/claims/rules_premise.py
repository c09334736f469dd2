"""Premises: hardware and kind of a model, figures of another model, and numbers known without a subject."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import Bench, Held
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.history import history
from tieout_compute_estimator.claims.knowledge import Fact, Subject, family
from tieout_compute_estimator.claims.rules_published import confirmed
from tieout_compute_estimator.claims.slips import slipped_from
from tieout_compute_estimator.derivation import N_

__all__ = ["dense_premise", "hardware_premise", "misattributed", "recognised"]


def hardware_premise(bench: Bench) -> Iterator[Finding]:
    """A model said to have been trained on accelerators that it was not trained on."""
    if not history(bench) or not re.search(r"训练|练|train|ran on|预训练", bench.claim.text, re.IGNORECASE):
        return
    if not any(True for _found in bench.claim.of("servers", "devices", "gpu_hours", "duration")):
        yield from _named_hardware(bench)
    for index, measure in bench.claim.of("servers", "devices", "gpu_hours", "duration"):
        found = (
            _wrong_hardware(bench, bench.known.subject(measure.subject), measure.device)
            if measure.sure
            else None
        )
        if found is None:
            continue
        subject, right, source = found
        yield finding(
            "premise",
            "hardware",
            N_(
                "{subject} was not trained on {device} but on {right} ({source}); the number can "
                "only be an estimate for other hardware."
            ),
            words={
                "subject": subject.name,
                "device": family(measure.device),
                "right": right,
                "source": source,
            },
            covers=(index,),
        )
        return


def _named_hardware(bench: Bench) -> Iterator[Finding]:
    """One model and one device, without a number between them."""
    models = bench.claim.named("model")
    devices = [m.name for m in bench.claim.named("device")] or [
        subject.device
        for m in bench.claim.named("system")
        if (subject := bench.known.subject(m.name)) and subject.device
    ]
    if len(models) != 1 or len({family(name) for name in devices}) != 1:
        return
    found = _wrong_hardware(bench, bench.known.subject(models[0].name), devices[0])
    if found is None:
        return
    subject, right, source = found
    yield finding(
        "premise",
        "hardware",
        N_("{subject} was not trained on {device} but on {right} ({source})."),
        words={"subject": subject.name, "device": family(devices[0]), "right": right, "source": source},
    )


def _wrong_hardware(bench: Bench, subject: Subject | None, device: str) -> tuple[Subject, str, str] | None:
    if subject is None or not subject.hardware or bench.known.device(device) is None:
        return None
    if family(device) in subject.hardware or any(family(device).startswith(one) for one in subject.hardware):
        return None
    source = next(
        (
            fact.source_text
            for fact in bench.known.facts(subject.name)
            if fact.source == subject.hardware_source
        ),
        "",
    )
    source = source or next((fact.source_text for fact in bench.facts(subject.name)), "")
    return subject, ", ".join(subject.hardware), source


def dense_premise(bench: Bench) -> Iterator[Finding]:
    """A mixture of experts called dense, or all of its parameters called active."""
    subject = bench.subject()
    if subject is None or not subject.moe:
        return
    total, active = (
        bench.published("params", "parameter", subject.name),
        bench.published("active_params", "parameter", subject.name),
    )
    dense = re.search(
        r"(?:稠密|dense)\s?(?:的)?\s?(?:大?模型|架构|model|transformer|network|\d|语言)",
        bench.claim.text,
        re.IGNORECASE,
    )
    if dense and not re.search(
        r"非稠密|not (?:a )?dense|(?:rather than|instead of|unlike|than)[^.]{0,40}dense"
        r"|dense[^.]{0,20}would|而非|而不是|如果是",
        bench.claim.text,
        re.IGNORECASE,
    ):
        yield (
            finding(
                "premise",
                "dense",
                N_(
                    "{subject} is a sparse mixture of experts and no dense model; its work per token "
                    "is far below its {total}."
                ),
                figures={"total": total.figure} if total else {},
                numbers=_at_work(active),
                words={"subject": subject.name},
                covers=tuple(index for index, _m in bench.claim.of("params")),
            )
            if total
            else finding(
                "premise",
                "dense",
                N_("{subject} is a sparse mixture of experts and no dense model."),
                words={"subject": subject.name},
            )
        )
    for index, measure in bench.claim.of("active_params"):
        value = bench.at(index, "parameter")
        if total and active and value and agrees(measure, total.value) and not agrees(measure, active.value):
            yield finding(
                "premise",
                "active",
                N_("{stated} are all parameters of {subject}; only {active} work on one token."),
                figures={"stated": bench.stated(index), "active": active.figure},
                words={"subject": subject.name},
                covers=(index,),
                fixes={index: active.figure},
                target=index,
                recomputed=active.figure,
            )


_NAMED_LINK = re.compile(
    r"NVLink|InfiniBand|(?<![A-Z])IB(?![A-Z])|RDMA|RoCE|以太|Ethernet|网络|网卡|NIC|network|GPU ?(?:之)?间|互联"
    r"|互连|interconnect"
    r"|between GPUs|GPU-to-GPU|inter-GPU|端口|port|通信带宽|传输",
    re.IGNORECASE,
)


def _at_work(active: Held | None) -> dict[str, Figure]:
    """Parameters at work on a token, and their floating-point operations."""
    if active is None:
        return {}
    flops = derived(
        2 * active.value, "FLOP", "FLOP per token", "2 · N", {"N": active.figure},
        convention="2 FLOP per parameter and token",
    )  # fmt: skip
    return {"params_active": active.figure, "flops_per_token": flops}


def recognised(bench: Bench) -> Iterator[Finding]:
    """A number without a subject that is exactly one that is published: hours on a device, a link, a cluster."""
    for index, measure in bench.claim.of(
        "gpu_hours", "link", "duration", "cost", "money", "visits", "compute"
    ):
        if (measure.subject and any(m.name == measure.subject for m in bench.claim.mentions)) or (
            measure.digits < 2 and measure.role != "link"
        ):
            continue  # too few digits fit too many facts
        if measure.role == "link" and not measure.device and not _NAMED_LINK.search(bench.claim.text):
            continue  # a rate of some link is none that could be recognised
        candidates = [fact for fact in _candidates(bench, measure) if _like(bench, measure, fact)]
        bits = [
            f
            for f in candidates
            if measure.role == "link" and measure.per == "server" and _bits_for_bytes(measure, f)
        ]
        if bits and not bench.claim.named("device", "system"):
            # The same digits with b and B swapped: more likely than a converted figure that happens to be equal.
            found = slipped_from(
                bench, index, measure, [(f, in_unit(f.value, f.unit, measure.unit) or 0.0) for f in bits]
            )
            if found is not None:
                yield found
                continue
        exact = [f for f in candidates if f.status != "debunked" and _exactly(measure, f)]
        if exact:
            found = confirmed(
                bench, index, min(exact, key=lambda fact: (not fact.firm, fact.confidence != "high"))
            )
            # A leak that the text does not name only suggests what may be meant: its own arithmetic goes before.
            yield found.model_copy(update={"rule": "published"}) if found.rule == "leak" else found


def _bits_for_bytes(measure: Measure, fact: Fact) -> bool:
    return (
        measure.unit.endswith("B/s")
        and fact.unit.endswith("b/s")
        and fact.per == "server"
        and measure.unit[:1] == fact.unit[:1]
        and abs(measure.value / fact.value - 1) < 0.001
    )


def misattributed(bench: Bench) -> Iterator[Finding]:
    """A distinctive figure of one model that the claim gives to another: 27.5 PF-days are those of GPT-3 XL."""
    for index, measure in bench.claim.of("compute", "gpu_hours", "energy", "carbon"):
        subject = bench.known.subject(measure.subject)
        if (
            subject is None
            or subject.kind not in ("model", "service")
            or not measure.sure
            or measure.digits < 3
        ):
            continue
        related = set(bench.known.related(subject.name))
        owners = [
            f
            for f in _candidates(bench, measure)
            if f.firm and _exactly(measure, f) and f.subject not in related
        ]
        own = [
            f
            for f in bench.facts(subject.name, measure.role)
            if agrees(measure, in_unit(f.value, f.unit, measure.unit) or 0.0)
        ]
        if not owners or own or any(m.name == owners[0].subject for m in bench.claim.mentions):
            continue
        figure = owners[0].figure()
        yield finding(
            "premise",
            "misattributed",
            N_("{stated} is the published figure of {owner} ({source}), not of {subject}."),
            figures={"stated": bench.stated(index)},
            words={"owner": owners[0].subject, "subject": subject.name, "source": owners[0].source_text},
            covers=(index,),
            numbers={"known": figure},
            target=index,
        )
        return


def _candidates(bench: Bench, measure: Measure) -> list[Fact]:
    roles = ("cost", "money") if measure.role in ("cost", "money") else (measure.role,)
    return [fact for role in roles for fact in bench.known.of_role(role)]


def _like(bench: Bench, measure: Measure, fact: Fact) -> bool:
    about = fact.device or (fact.subject if bench.known.device(fact.subject) else "")
    if about and measure.device and not bench.same_family(about, measure.device):
        return False
    if measure.role == "link":
        between = re.search(
            r"NVLink|GPU ?(?:彼此)?之?间|卡间|between GPUs|GPU-to-GPU|inter-GPU|片间",
            bench.claim.text,
            re.IGNORECASE,
        )
        if between:
            return "NVLink" in fact.metric
        return bool(fact.per == "server") == (measure.per == "server") and "NVLink" not in fact.metric
    return not measure.device or bool(fact.device)


def _exactly(measure: Measure, fact: Fact) -> bool:
    value = in_unit(fact.value, fact.unit, measure.unit)
    return bool(value) and abs((value or 0.0) / measure.value - 1) < 0.002 if measure.value else False
