"""Premises about what is public and what a thing is: figures that nobody disclosed, mixtures, formats of a device."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tieout_compute_estimator.claims import cues
from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.findings import Finding, finding
from tieout_compute_estimator.claims.knowledge import Subject, family
from tieout_compute_estimator.derivation import N_

__all__ = ["disclosed", "formats", "mixture"]

_DISCLOSED = re.compile(
    r"公布|公开|披露|证实|确认|承认|技术报告|官方|论文|白皮书|disclos|reveal|confirm|publish|official|technical report"
    r"|model card"
    r"|system card|in (?:its|the|their) paper|states that",
    re.IGNORECASE,
)
_NOT_DISCLOSED = re.compile(
    r"(?:未|没有|没|从未|尚未|拒绝|不)[^,。;]{0,8}(?:公布|公开|披露|证实|确认)|爆料|传闻|据传|泄露|泄漏|坊间|外媒|媒体|非官方"
    r"|(?:not|never|no|n't|declin\w+|refus\w+|without)[^.]{0,24}(?:disclos|reveal|confirm|publish|official)"
    r"|undisclosed|unconfirmed|unofficial|leak|rumou?r|reported(?:ly)?|estimat|analysts?",
    re.IGNORECASE,
)
_ROLES = (
    "params",
    "active_params",
    "tokens",
    "compute",
    "devices",
    "cost",
    "layers",
    "experts",
    "duration",
    "gpu_hours",
)


def disclosed(bench: Bench) -> Iterator[Finding]:
    """A figure said to be disclosed by a maker who never gave it."""
    text = bench.claim.text
    if not _DISCLOSED.search(text) or _NOT_DISCLOSED.search(text):
        return
    for index, measure in bench.claim.of(*_ROLES):
        subject = bench.known.subject(measure.subject)
        if subject is None or not (_is_secret(subject, measure.role) or subject.leaked):
            continue
        facts = [f for f in bench.known.facts(subject.name, measure.role) if f.status != "debunked"]
        if any(fact.firm for fact in facts):
            continue
        known = facts[0].figure() if facts else None
        yield finding(
            "premise",
            "undisclosed",
            N_(
                "The makers of {subject} never gave its {role}; {known} is a leak or an outside estimate ({source})."
            )
            if known is not None
            else N_("The makers of {subject} never gave its {role}."),
            figures={} if known is None else {"known": known},
            words={
                "subject": subject.name,
                "role": measure.role.replace("_", " "),
                **({"source": facts[0].source_text} if facts else {}),
            },
            covers=(index,),
            numbers={} if known is None else {"known": known},
            target=index,
        )
        return


def _is_secret(subject: Subject, role: str) -> bool:
    return subject.kind in ("model", "service") and role in subject.undisclosed


_NO_MIXTURE = re.compile(
    r"(?:非|不是|并非|没有采用|未采用|而非|not an?|isn't|rather than|unlike)\s?(?:\S{0,10} )?"
    r"(?:混合专家|MoE|mixture|稀疏|sparse)",
    re.IGNORECASE,
)


def _is_dense(bench: Bench, subject: Subject | None) -> bool:
    """Whether a model, or every member of a family, is published as dense."""
    if subject is None or subject.moe or subject.leaked or subject.undisclosed:
        return False
    models = [bench.known.models.get(name) for name in (subject.members or (subject.name,))]
    return all(m is not None and m.active_params is None and m.confidence != "low" for m in models)


def mixture(bench: Bench) -> Iterator[Finding]:
    """A dense model called a mixture of experts, or said to activate a part of its parameters."""
    models = [subject for m in bench.claim.named("model") if (subject := bench.known.subject(m.name))]
    called = cues.MIXTURE.search(bench.claim.text) and not _NO_MIXTURE.search(bench.claim.text)
    if called and len(models) == 1 and _is_dense(bench, models[0]):
        yield _dense_model(bench, models[0], tuple(i for i, _m in bench.claim.of("params", "active_params")))
        return
    for index, measure in bench.claim.of("active_params"):
        subject = bench.known.subject(measure.subject)
        if subject is None or not measure.sure or not _is_dense(bench, subject):
            continue
        total = bench.published("params", "parameter", subject.name)
        value = bench.at(index, "parameter")
        if total is not None and value and value < 0.93 * total.value:
            yield _dense_model(bench, subject, (index,))
            return


def _dense_model(bench: Bench, subject: Subject, covers: tuple[int, ...]) -> Finding:
    total = bench.published("params", "parameter", subject.name)
    tokens = bench.published("tokens", "token", subject.name)
    work = bench.six_nd(total, tokens) if total is not None and tokens is not None else None
    return finding(
        "premise",
        "dense model",
        N_("{subject} is a dense model: all of its {total} work on every token.")
        if total is not None
        else N_("{subject} is a dense model: all of its parameters work on every token."),
        figures={} if total is None else {"total": total.figure},
        words={"subject": subject.name},
        covers=covers,
        numbers={} if work is None else {"flops": work.figure},
        fixes={
            i: total.figure
            for i in covers
            if total is not None and bench.claim.measures[i].role == "active_params"
        },
    )


_LACKS = re.compile(
    r"不支持|不具备|没有|无法|缺|not support|doesn't|does not|lacks?|without|no (?:native )?(?:FP|BF)|cannot|can't",
    re.IGNORECASE,
)
_STORED = re.compile(
    r"\s?(?:的)?\s?(?:\d+\s?B\s?)?(?:权重|模型|量化|存储|格式|weights?(?![a-z])|model|checkpoint|quanti)",
    re.IGNORECASE,
)
_NEW = ("fp8", "fp4", "fp6")
_NO_BF16 = ("V100", "P100", "P40", "T4")
"""Families of NVIDIA before Ampere, which has the format first."""


def formats(bench: Bench) -> Iterator[Finding]:
    """FP8 on an A100, BF16 on a V100: a number format that the only device of the claim does not have."""
    text = bench.claim.text
    names = [m.name for m in bench.claim.named("device")]
    families = {family(name) for name in names}
    if len(families) != 1 or _LACKS.search(text):
        return
    name = names[0]
    has = {fact.dtype for fact in bench.known.facts(name, "rate") if fact.dtype}
    device = bench.known.device(name)
    firm = device is None or device.confidence != "low"
    for match in cues.DTYPE.finditer(text):
        if _STORED.match(text[match.end() : match.end() + 20]):
            continue  # weights kept in a format that the device does not compute in
        form = cues.dtype_of(match.group())
        absent = (form in _NEW and firm and form not in has) or (
            form == "bf16" and family(name) in _NO_BF16 and "bf16" not in has
        )
        if not absent or not has:
            continue
        source = next((fact.source_text for fact in bench.known.facts(name, "rate")), "")
        yield finding(
            "premise",
            "format",
            N_("{device} has no {form}; its formats are {formats} ({source})."),
            words={
                "device": name,
                "form": form.upper(),
                "formats": ", ".join(sorted(one.upper() for one in has)),
                "source": source,
            },
            covers=tuple(i for i, m in bench.claim.of("rate") if m.dtype == form),
        )
        return
