"""What only the other numbers of a claim decide: members of a list, totals, and what "each" stands for."""

from __future__ import annotations

import re
from dataclasses import replace

from tieout_compute_estimator.claims import cues
from tieout_compute_estimator.claims.frames import Measure

__all__ = ["TOTAL", "is_total", "second_look"]

TOTAL = re.compile(
    r"(?:合计|总计|总共|共计|累计|加起来|之和|共|in total|total(?:l?ing)?|altogether|combined|together"
    r"|sum(?:ming)? (?:up )?to"
    r"|add(?:s|ing)? up to)[^,。;\d]{0,14}$",
    re.IGNORECASE,
)
"""Words in front of a number that say it is the sum of those before."""
TOTAL_BEHIND = re.compile(
    r"^\s?(?:in total|in all|altogether|combined|all told|total(?![a-z]))", re.IGNORECASE
)
"""The same words behind a number."""
_BETWEEN = re.compile(
    r"^\s*(?:、|和|及|与|以及|,|and|, and|&"
    r"|(?:to|提升|增长|扩大|增加|上升|下降|提高|升|增|降|减|扩|缩减?)?(?:至|到|为)?(?:了)?|(?:→|->)"
    r"|of (?:its|the)(?: total)?|out of)\s*$",
    re.IGNORECASE,
)
_OF_WHOLE = re.compile(r"^\s?(?:B )?(?:of|out of) (?:its |the |a total of )*$", re.IGNORECASE)
_MOVED = re.compile(r"^\s?(?:[降升增减涨跌](?:低|长|加)?(?:至|到|为)|至|到|to)\s?$", re.IGNORECASE)
_SIDED = re.compile(r"\s?(?:个)?\s?(?:输入|输出|input|output|prompt|completion|token)", re.IGNORECASE)
_PRICE_OF_SIDE = re.compile(
    r"^\s?(?:(?:of|for|per|/) ?(?:million )?(?:input|output)(?: tokens?)?)?"
    r"\s?(?:、|,|和|与|及|and|,? and)?\s?(?:每百万\s?(?:个)?)?"
    r"(?:输入|输出|input|output)(?:侧|价|价格|tokens?| tokens? (?:at|for))?\s?(?:为|at|for|是)?\s?$",
    re.IGNORECASE,
)
_NO_UNIT = re.compile(r"^[\d.,\s]+(?:万|亿|万亿|[KkMBT]|thousand|million|billion|trillion)?\s*$")


def is_total(text: str, measure: Measure) -> bool:
    """Whether the words around a number say that it is a sum."""
    before = text[max(0, measure.start - 24) : measure.start]
    return bool(TOTAL.search(before) or TOTAL_BEHIND.match(text[measure.end : measure.end + 14]))


def second_look(text: str, measures: list[Measure]) -> list[Measure]:
    """Measures with the roles that their neighbours give them."""
    fixed = [
        replace(m, scope=("gpu",), per="device")
        if m.role in ("memory", "weights", "dataset") and re.search(r"\d\s?[xX×*]\s?$", text[: m.start])
        else m
        for m in measures
    ]  # 8x80GB: of each of the eight
    fixed = [replace(m, role="memory") if "gpu" in m.scope and m.role == "dataset" else m for m in fixed]
    fixed = _apiece(_restated(text, _coordinated(text, fixed)))
    fixed = _totals(text, _active(text, fixed))
    fixed = [
        replace(m, role="active_params") if m.role == "params" and "token" in m.scope else m for m in fixed
    ]
    for index, measure in enumerate(fixed):
        if (
            measure.role == "count"
            and 1e8 <= measure.value < 1e16
            and cues.PARAMS.search(text[: measure.start])
        ):
            fixed[index] = replace(measure, role="params", unit="parameter", dimension="parameter")
        elif (
            measure.role == "count"
            and measure.value >= 1e10
            and re.search(r"[TB]$|万亿$|亿$|illion$", measure.text)
            and cues.TOKENS.search(text)
        ):
            fixed[index] = replace(measure, role="tokens", unit="token", dimension="token")
    return fixed


def _active(text: str, fixed: list[Measure]) -> list[Measure]:
    """A smaller count beside all parameters, where the text speaks of active ones."""
    for index in range(len(fixed) - 1):
        part, whole = fixed[index], fixed[index + 1]
        sizes = {part.role, whole.role} <= {"params", "active_params", "count"} and part.value < whole.value
        if sizes and part.value >= 1e6 and _OF_WHOLE.match(text[part.end : whole.start]):
            fixed[index] = replace(part, role="active_params", unit="parameter", dimension="parameter")
            fixed[index + 1] = replace(
                whole, role="params", unit="parameter", dimension="parameter", scope=()
            )
    totals = [m for m in fixed if m.role == "params"]
    if not totals or not cues.ACTIVE.search(text):
        return fixed
    for index, measure in enumerate(fixed):
        if measure.role == "count" and 1e8 <= measure.value < totals[0].value:
            fixed[index] = replace(measure, role="active_params", unit="parameter", dimension="parameter")
    return fixed


def _totals(text: str, fixed: list[Measure]) -> list[Measure]:
    """A bare total behind servers with so many devices in each."""
    if not any(m.role == "servers" for m in fixed) or not any(m.role == "per_server" for m in fixed):
        return fixed
    for index, measure in enumerate(fixed):
        around = text[max(0, measure.start - 6) : measure.end + 10]
        if measure.role == "count" and re.search(
            r"合计|共|总|total|altogether|in all", around, re.IGNORECASE
        ):
            fixed[index] = replace(measure, role="devices", unit="GPU", dimension="gpu")
    return fixed


def _coordinated(text: str, fixed: list[Measure]) -> list[Measure]:
    """18.4 万、36.9 万和 172 万卡时: all of a list have the unit of its last; so have bare parts of a total."""
    for index in range(len(fixed) - 2, -1, -1):
        measure, following = fixed[index], fixed[index + 1]
        between = text[measure.end : following.start]
        ranged = following.role in ("multiple", "growth") and re.fullmatch(r"\s?(?:to|-|至|到)\s?", between)
        if ranged and measure.role == "count":
            fixed[index] = replace(measure, role=following.role, unit=following.unit)
        elif _is_bare(measure) and _BETWEEN.match(between) and _lends(following):
            fixed[index] = _as(measure, following)
    for index in range(1, len(fixed)):
        measure, former = fixed[index], fixed[index - 1]
        between = text[former.end : measure.start]
        moved = re.search(r"至|到|为|(?<![a-z])to(?![a-z])|→|->", between) or re.search(
            r"(?:twice|double|倍) ?(?:the|于)?\s?$", between
        )
        if (
            _is_bare(measure)
            and moved
            and len(between) < 26
            and (_lends(former) or former.role in ("users", "visits", "pue", "layers", "heads"))
        ):
            fixed[index] = _as(measure, former)
    for index in range(1, len(fixed) - 1):
        kinds = {(m.role, m.unit) for m in fixed[:index] if _lends(m)}
        active = cues.ACTIVE.search(text[fixed[index - 1].end : fixed[index].end + 6])
        if (
            not active
            and _is_bare(fixed[index])
            and fixed[index].value >= 10
            and len(kinds) == 1
            and (fixed[index + 1].role in ("share", "percent", "multiple"))
        ):
            fixed[index] = _as(fixed[index], next(m for m in fixed[:index] if _lends(m)))
    for index in range(1, len(fixed)):
        former, measure = fixed[index - 1], fixed[index]
        priced = former.role == "token_price" and measure.role in ("money", "cost")
        if (
            priced
            and former.unit.startswith(f"{measure.unit}/")
            and _PRICE_OF_SIDE.match(text[former.end : measure.start])
        ):
            fixed[index] = replace(
                measure, role="token_price", unit=former.unit, dimension=former.dimension, scope=former.scope
            )
    for index in range(1, len(fixed)):
        former, measure = fixed[index - 1], fixed[index]
        money = former.dimension == measure.dimension and measure.dimension.startswith("money:")
        if money and former.unit == measure.unit and _MOVED.search(text[former.end : measure.start]):
            fixed[index] = replace(measure, role=former.role, scope=former.scope, per=former.per)
    for index, measure in enumerate(fixed):
        if not is_total(text, measure) or not _lends(measure):
            continue
        for at in range(index):
            sided = _SIDED.match(text[fixed[at].end : fixed[at].end + 16])
            if not sided and _is_bare(fixed[at]) and any(m.role == measure.role for m in fixed[:at]):
                fixed[at] = _as(fixed[at], measure)
    return fixed


def _restated(text: str, fixed: list[Measure]) -> list[Measure]:
    """32K(32768)上下文: the number in the bracket is the one before it, written out."""
    for index in range(len(fixed) - 1):
        first, second = fixed[index], fixed[index + 1]
        alike = first.role == "count" and second.value and abs(first.value / second.value - 1) < 0.05
        if alike and re.fullmatch(r"\s?\(\s?(?:即|i\.e\. )?", text[first.end : second.start]):
            fixed[index] = _as(first, second)
    return fixed


def _is_bare(measure: Measure) -> bool:
    roles = ("count", "context", "tokens", "params", "active_params")
    dimensions = ("number", "token", "parameter")
    return measure.role in roles and measure.dimension in dimensions and bool(_NO_UNIT.match(measure.text))


def _lends(measure: Measure) -> bool:
    return bool(measure.unit) and measure.role in (
        "gpu_hours", "devices", "servers", "tokens", "params", "energy", "power", "cost", "money", "compute", "rate",
        "carbon", "memory", "weights", "dataset", "link", "throughput", "memory_bandwidth", "context",
    )  # fmt: skip


def _as(measure: Measure, like: Measure) -> Measure:
    """A bare number with the role and unit of another, magnitudes as printed."""
    return replace(measure, role=like.role, unit=like.unit, dimension=like.dimension, device=like.device)


def _apiece(fixed: list[Measure]) -> list[Measure]:
    """400 W each: of what was counted before; of the servers in "16 nodes with eight GPUs each"."""
    for index, measure in enumerate(fixed):
        if "each" not in measure.scope:
            continue
        scope = [one for one in measure.scope if one != "each"]
        counted = [
            m for m in fixed[:index] if m.role in ("devices", "servers", "per_server", "visits", "users")
        ]
        counted = counted or [m for m in fixed[index + 1 :] if m.role in ("devices", "servers")]
        hours = any(m.role == "gpu_hours" for m in fixed)
        if counted and not (measure.role == counted[-1].role == "devices"):
            name = {
                "devices": "gpu",
                "per_server": "gpu",
                "servers": "server",
                "visits": "visit",
                "users": "user",
            }
            scope.append(name[counted[-1].role])
        elif hours:
            scope.append("gpu")
        role, per = measure.role, measure.per
        if role == "devices" and scope[-1:] == ["server"]:
            role = "per_server"
        if scope[-1:] == ["gpu"] and role in (
            "rate",
            "power",
            "link",
            "memory",
            "memory_bandwidth",
            "item_price",
        ):
            per = "device"
        elif scope[-1:] == ["server"] and role in ("rate", "power", "link", "memory", "item_price"):
            per = "server"
        fixed[index] = replace(measure, scope=tuple(scope), role=role, per=per)
    return fixed
