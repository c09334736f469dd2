"""Which name a number belongs to, and which name a ratio compares with."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from tieout_compute_estimator.claims.frames import Claim, Measure, Mention
from tieout_compute_estimator.claims.knowledge import Knowledge

__all__ = ["link"]

_BREAK = re.compile(r"[,。;!?\n]|(?<![A-Za-z])(?:while|whereas|but)(?![A-Za-z])|而(?!且)")
_REFERENCE_BEFORE = re.compile(
    r"(?:是|为|只有|仅有|不到|不足|比|较|相比|相较于?|相当于|等于|接近|达到?|超过|约|仅|than|of|as|versus|vs\.?|over|from|到|至|于)"
    r"\s?(?:了|约为|约|近|原|the|that of|those of|about|roughly)?\s?$",
    re.IGNORECASE,
)
_TIMES_OF = re.compile(
    r"^\s?[\w\s,'’-]{0,28}?(?:than|of|that of|as|over|compared (?:to|with)"
    r"|relative to|vs\.?|versus|the (?:size|cost|compute|params?|number)\S* of)?\s?"
    r"(?:the |that of |those of |an? |in |for |its predecessor )?$",
    re.IGNORECASE,
)
_PREDECESSOR = re.compile(
    r"第一代|初代|上一?代|前一?代|前身|前作|上代|predecessor|previous generation|prior generation"
    r"|first[- ]generation|last generation",
    re.IGNORECASE,
)
_OF_DEVICE = ("link", "memory", "memory_bandwidth", "power", "rate", "item_price", "unit_price")
_OF_SCENARIO = ("servers", "duration", "users", "visits", "tokens", "cost", "money", "energy", "gpu_hours")
_RATIOS = ("multiple", "growth", "share", "percent")


def link(claim: Claim, known: Knowledge, *, carried: Mention | None = None) -> Claim:
    """``claim`` with subject, device and reference of each measure filled in.

    Args:
        carried: The subject of the sentence before, for a claim that names none.
    """
    named = [m for m in claim.mentions if m.kind in ("model", "service", "system", "topic", "software")]
    devices = [m for m in claim.mentions if m.kind == "device" or _hosts(m, known)]
    references = _references(claim, [m for m in (*named, *devices) if m.kind != "topic"])
    free = [m for m in named if m not in references.values()] or (named if not references else [])
    firm = [m for m in free if m.kind != "topic"]
    linked: list[Measure] = []
    listed = _respectively(claim, firm)
    for index, measure in enumerate(claim.measures):
        choice = _preferred(measure, free, firm)
        subject = listed.get(index) or _nearest(claim.text, measure, choice)
        bracketed = _bracketed(claim.text, measure, firm)
        if bracketed is not None and index not in listed:
            subject = bracketed if isinstance(bracketed, Mention) else None
        compared = [m for i, m in references.items() if i < index]
        device = _device_of(claim.text, measure, devices, references.get(index), compared)
        reference = references.get(index)
        stranger = bracketed is False
        own = (
            device and measure.role in _OF_DEVICE
        )  # speaks about the accelerator, not about the text's model
        name = subject.name if subject else "" if stranger or own else carried.name if carried else ""
        if (
            subject is not None
            and subject.kind == "system"
            and measure.role in _OF_SCENARIO
            and _hosts(subject, known)
        ):
            name = ""  # eight DGX H100 for ten days say nothing about what a DGX H100 is
        if measure.role in _RATIOS and not subject and device and not carried:
            name = device
        linked.append(
            replace(
                measure,
                subject=name,
                sure=(not name or index in listed)
                if subject is None
                else _is_sure(claim.text, measure, subject, len(choice)),
                device=_accelerator(device, known),
                reference=reference.name
                if reference
                else _predecessor(claim.text, measure, name or device, known),
            )
        )
    claim.measures = linked
    return claim


def _respectively(claim: Claim, mentions: Sequence[Mention]) -> dict[int, Mention]:
    """GLM 和 Galactica 的参数量分别为 130B 和 120B: the names and the numbers in the same order."""
    match = re.search(r"分别|respectively", claim.text)
    if match is None:
        return {}
    before = [m for m in mentions if m.end <= match.start()] if match.group() == "分别" else list(mentions)
    for role in ("params", "tokens", "devices", "gpu_hours", "layers", "duration", "rate"):
        numbers = [
            (i, m)
            for i, m in enumerate(claim.measures)
            if m.role == role and (match.group() != "分别" or m.start >= match.end())
        ]
        if len(numbers) == len(before) > 1:
            return {index: mention for (index, _measure), mention in zip(numbers, before, strict=True)}
    return {}


_NAME_BEFORE_BRACKET = re.compile(
    r"(?P<name>[A-Za-z][A-Za-z0-9.+-]*(?: [A-Z0-9][A-Za-z0-9.+-]*)?)\s?\([^(),。;]{0,10}$"
)


def _bracketed(text: str, measure: Measure, mentions: Sequence[Mention]) -> Mention | Literal[False] | None:
    """The name in front of the bracket that a size stands in: a mention, False for a stranger, None for no bracket."""
    if measure.role not in ("params", "active_params", "layers", "tokens"):
        return None
    match = _NAME_BEFORE_BRACKET.search(text[max(0, measure.start - 40) : measure.start])
    if match is None:
        return None
    end = max(0, measure.start - 40) + match.end("name")
    for mention in mentions:
        if mention.start < end <= mention.end + 1:
            return mention
    return False


_STRANGER = re.compile(r"(?<![A-Za-z])[A-Z][A-Za-z]{2,}[A-Za-z0-9-]*")
_NO_STRANGERS = frozenset(
    [
        "CPU",
        "CPUs",
        "GPU",
        "GPUs",
        "TPU",
        "TPUs",
        "TFLOPS",
        "PFLOPS",
        "EFLOPS",
        "FLOPS",
        "FLOPs",
        "FLOP",
        "MFU",
        "HBM",
        "HBM3",
        "NVLink",
        "PCIe",
        "SXM",
        "MoE",
        "BF16",
        "FP16",
        "FP32",
        "FP64",
        "FP8",
        "INT8",
        "RDMA",
        "InfiniBand",
        "OpenAI",
        "Meta",
        "Google",
        "NVIDIA",
        "Nvidia",
        "Microsoft",
        "Amazon",
        "AWS",
        "DeepMind",
        "Anthropic",
        "Alibaba",
        "Tencent",
        "Baidu",
        "Huawei",
        "Token",
        "Tokens",
        "The",
        "This",
        "Training",
        "Its",
        "Each",
        "With",
        "For",
        "And",
        "MWh",
        "GWh",
        "TWh",
        "USD",
        "API",
        "Transformer",
        "NLP",
        "LLM",
        "TDP",
        "TOPS",
        "XL",
        "POPS",
        "Azure",
        "Server",
        "Servers",
        "Node",
        "Nodes",
        "Tensor",
        "Core",
        "PFlop",
        "Lambda",
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ]
)


def _is_sure(text: str, measure: Measure, subject: Mention, rivals: int) -> bool:
    """Whether nothing else is likelier to be what the number is about."""
    left, right = (
        (subject.end, measure.start) if subject.end <= measure.start else (measure.end, subject.start)
    )
    between = text[left:right]
    if len(between) > (60 if rivals > 1 else 120) or re.match(
        r"[\s的-]{0,2}(?:版本|版|变体|variant|version|级)", text[subject.end : subject.end + 8]
    ):
        return False
    return not any(word not in _NO_STRANGERS for word in _STRANGER.findall(between))


def _preferred(measure: Measure, free: Sequence[Mention], firm: Sequence[Mention]) -> Sequence[Mention]:
    """The kinds of names that a number of this role is about, when the claim has them."""
    if measure.role in ("money", "share", "percent", "energy") and (
        topics := [m for m in free if m.kind == "topic"]
    ):
        return topics if measure.role != "energy" or not firm else firm
    wanted = (
        ("system",)
        if measure.role in ("link", "cpu_cores", "rate", "memory", "power")
        else ("model", "service")
    )
    return [m for m in firm if m.kind in wanted] or firm or free


def _hosts(mention: Mention, known: Knowledge) -> bool:
    subject = known.subject(mention.name)
    return mention.kind == "system" and subject is not None and bool(subject.device)


def _accelerator(name: str, known: Knowledge) -> str:
    """The accelerator that a device or a server such as DGX A100 is or holds."""
    subject = known.subject(name)
    return subject.device or name if subject else name


def _references(claim: Claim, mentions: Sequence[Mention]) -> dict[int, Mention]:
    found: dict[int, Mention] = {}
    for index, measure in enumerate(claim.measures):
        if measure.role not in _RATIOS:
            continue
        before = [m for m in mentions if m.end <= measure.start and measure.start - m.end <= 24]
        for mention in reversed(before):
            lead = claim.text[max(0, mention.start - 14) : mention.start]
            between = claim.text[mention.end : measure.start]
            if _BREAK.search(between):
                break
            if _REFERENCE_BEFORE.search(lead):
                found[index] = mention
                break
        if index not in found:
            after = [m for m in mentions if 0 <= m.start - measure.end <= 46]
            if after and _TIMES_OF.match(claim.text[measure.end : after[0].start]):
                found[index] = after[0]
    return found


def _nearest(text: str, measure: Measure, mentions: Sequence[Mention]) -> Mention | None:
    """The name that a number is about: glued behind it, else before it, in its clause first."""
    if not mentions:
        return None
    adjective = [m for m in mentions if 0 <= m.start - measure.end <= 3]
    if adjective and measure.role in ("params", "active_params", "layers", "tokens"):
        between = text[measure.end : adjective[0].start]
        if re.fullmatch(r"[\s的-]{0,3}", between):
            return adjective[0]
    before = [m for m in mentions if m.end <= measure.start]
    after = [m for m in mentions if m.start >= measure.end]
    if after and re.fullmatch(r"\s?(?:for|in|of) (?:the )?", text[measure.end : after[0].start]):
        return after[0]
    same = [m for m in before if not _BREAK.search(text[m.end : measure.start])]
    if same:
        return same[-1]
    following = [m for m in after if not _BREAK.search(text[measure.end : m.start])]
    if following:
        return following[0]
    if before:
        return before[-1]
    inside = [m for m in mentions if m.start < measure.end and m.end > measure.start]
    return (inside or after or [None])[0]


_GLUED_BEHIND = re.compile(
    r"\s?(?:[A-Za-z0-9-]+ ){0,3}?(?:on|for|in|of) (?:the |an? |one |each )?$", re.IGNORECASE
)
_EQUALS = re.compile(
    r"\s?(?:matches|equals|rivals|ties|is on par with|keeps up with|与|和|同)\s?(?:the )?$", re.IGNORECASE
)
_PRONOUN = re.compile(r"(?<![a-z])its(?![a-z])|其|它的", re.IGNORECASE)


def _device_of(
    text: str,
    measure: Measure,
    devices: Sequence[Mention],
    reference: Mention | None,
    compared: Sequence[Mention],
) -> str:
    candidates = [m for m in devices if m is not reference] or list(devices)
    passed = [m for m in candidates if m in compared and m.end <= measure.start]
    if passed and not re.match(
        r"[^,。;]{0,4}(?:which|whose|with|,? ?has)", text[passed[-1].end : passed[-1].end + 8]
    ):
        # "only 15 % of an H100, but 96 GB": what follows is again about the device that was compared with it.
        first = [m for m in candidates if m.start < passed[0].start and m not in compared]
        if first and not any(passed[-1].end <= m.start < measure.start for m in candidates):
            candidates = [m for m in candidates if m not in passed]
    inside = [m for m in candidates if m.start < measure.end and m.end > measure.start]
    if inside:
        return inside[0].name
    behind = [m for m in candidates if 0 <= m.start - measure.end <= 34]
    if behind and _GLUED_BEHIND.fullmatch(text[measure.end : behind[0].start]):
        return behind[0].name
    found = _nearest(text, measure, candidates)
    if found is None:
        return ""
    if found.end <= measure.start:
        found = _same_as(text, measure, candidates, found)
    return found.name


def _same_as(text: str, measure: Measure, devices: Sequence[Mention], found: Mention) -> Mention:
    """ "A matches B with …" is said of A, and "its" is of the name that the sentence began with."""
    start = max(text.rfind(mark, 0, measure.start) for mark in ("。", ";", "!", "?")) + 1
    earlier = [m for m in devices if start <= m.start < found.start]
    if not earlier:
        return found
    between = text[found.end : measure.start]
    if _EQUALS.search(text[earlier[-1].end : found.start]) and re.match(
        r"\s?(?:with|at|一样|相同|持平)", between
    ):
        return earlier[-1]
    owned = _PRONOUN.search(between)
    return (
        earlier[0] if owned and not re.match(r"\s?(?:with|,|and its)\s?its|\s?with its", between) else found
    )


def _predecessor(text: str, measure: Measure, name: str, known: Knowledge) -> str:
    if measure.role != "multiple" or not name:
        return ""
    around = text[max(0, measure.start - 26) : measure.end + 40]
    subject = known.subject(name)
    return subject.previous if subject and _PREDECESSOR.search(around) else ""
