"""Numbers of a text with their roles: what ``tieout.quantities`` finds, and what the words around it say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from tieout_compute_estimator.claims import cues
from tieout_compute_estimator.claims.frames import Measure, Mention, Role
from tieout_compute_estimator.claims.units import COUNTED, claim_units

if TYPE_CHECKING:
    from tieout.quantities import Quantity

__all__ = ["measures_of", "years_of"]

_BEFORE, _AFTER = 22, 16
_CLAUSE_END = re.compile(r"[。;;!?!?\n]|,(?!\d)|,")
_MULTIPLIED = re.compile(r"(?P<count>\d{1,3})\s?[xX×*]\s?(?P<size>\d{2,3})\s?GB?(?![A-Za-z])")
_GLUED_MEMORY = re.compile(r"[A-Za-z]\d{2,3}[A-Z]?(?:[- ](?:SXM\d?|PCIe))?[- ]?$")
_NETWORK_CARD = re.compile(
    r"^\D{0,4}[\d.]*\s?[GT]?[bB]?(?:ps|/s)?\s?(?:的|InfiniBand|IB|RDMA|RoCE|以太网|NDR|HDR)?\s?"
    r"(?:网卡|端口|NICs?|ports?|链路|links?)",
    re.IGNORECASE,
)
_SERVER_FOLLOWS = re.compile(
    r"^\s?-?(?:GPU)?\s?(?:的)?(?:[A-Z]\d{2,3}\w*)?\s?(?:服务器|节点|整机|机型|一体机|servers?|nodes?)",
    re.IGNORECASE,
)
_PER_PARAMETER = re.compile(r"每(?:个|一)?参数(?:对应|约|训练|配)?\s?$|per param", re.IGNORECASE)
_FLOP_BEFORE = re.compile(
    r"(?:FLOPs?|浮点运算(?:次数|量)?|计算量)\s?(?:count )?(?:约为?|为|达到?|是|:|of|is|about|=|≈)?\s?$",
    re.IGNORECASE,
)
_DEVICE_NOUN = re.compile(
    r"\s?(?:个|张|块|颗|片|枚)?(?:AI ?)?(?:芯片|chips?|加速卡|GPU|卡(?!车))", re.IGNORECASE
)
_SIZED_DEVICE = re.compile(
    r"\s?(?:个|张|块|颗|片|枚)?\s?\d{2,3}\s?GB?\s?(?:的)?\s?(?:英伟达|NVIDIA)?\s?[A-Z]{1,2}\d{2,3}"
)
_SERVER_NOUN = re.compile(r"\s?(?:台|个节点|节点|nodes|servers|machines)(?!湾|风|阶)", re.IGNORECASE)


def years_of(quantities: Sequence[Quantity]) -> list[tuple[str, int]]:
    """The years and periods named, as ISO forms with their places."""
    return [(found.iso, found.start) for found in quantities if found.iso]


def measures_of(text: str, mentions: Sequence[Mention]) -> tuple[list[Measure], list[tuple[str, int]]]:
    """The numbers of a claim with their roles, in order, and the periods that it names."""
    from tieout.quantities import find

    found = find(text, units=claim_units())
    measures = [measure for quantity in found for measure in _read(text, quantity, found, mentions)]
    measures += _multiplied(text, measures)
    measures += _vague(text)
    measures.sort(key=lambda measure: measure.start)
    return _second_look(text, measures), years_of(found)


def _read(
    text: str, quantity: Quantity, others: Sequence[Quantity], mentions: Sequence[Mention]
) -> Iterator[Measure]:
    if quantity.kind in ("date", "period", "ordinal", "label"):
        return
    if any(mention.start <= quantity.start and quantity.end <= mention.end for mention in mentions):
        return  # the 20B of GPT-NeoX-20B, the 80GB of H100-80GB
    start, end = quantity.start, quantity.end
    left = max(
        [other.end for other in others if other.end <= start and other.kind not in ("label",)], default=0
    )
    right = min([other.start for other in others if other.start >= end], default=len(text))
    before, after = text[max(left, start - _BEFORE, 0) : start], text[end : min(right + 2, end + _AFTER)]
    wide = text[max(0, start - 2 * _BEFORE) : end + 2 * _AFTER]
    role, unit, factor = _role(text, quantity, before, after, wide)
    if unit in ("OP/s", "FLOP/s") and abs(quantity.value) >= 1e9:
        unit, factor = "TFLOP/s", factor * 1e-12  # 1 万亿次每秒
    value, low, high = quantity.value, quantity.low, quantity.high
    if quantity.text.startswith("-") and value < 0 and role == "memory":
        value = -value
    scaled = [None if end_ is None else end_ * factor for end_ in (value, low, high)]
    yield Measure(
        value=scaled[0] or 0.0,
        unit=unit,
        dimension=_dimension(unit),
        role=role,
        text=quantity.text,
        start=start,
        end=end,
        low=scaled[1],
        high=scaled[2],
        approximate=quantity.approximate,
        bound=quantity.bound or _bound(text, end),
        step=quantity.step * factor,
        dtype=_dtype(text, start, end) if role == "rate" else "",
        sparse=_sparse(text, start, end) if role == "rate" else None,
        per=_per(role, text, start, end),
        chinese=bool(re.search("[万亿]", quantity.text)),
    )


def _bound(text: str, end: int) -> Literal["at least"] | None:
    """还多, and more, "+" after the number."""
    return (
        "at least"
        if re.match(r"(?:还|甚至)?(?:更?多|有余)|\s?(?:or|and) more", text[end : end + 8])
        else None
    )


def _dimension(unit: str) -> str:
    from tieout.quantities import DEFAULT

    return DEFAULT.get(unit).dimension if unit in DEFAULT else "number"


def _plain_unit(quantity: Quantity) -> tuple[str, float]:
    """A symbol of the default table, and the factor to it."""
    from tieout.quantities import DEFAULT

    if quantity.unit in DEFAULT:
        return quantity.unit, 1.0
    return "", 1.0


def _role(text: str, quantity: Quantity, before: str, after: str, wide: str) -> tuple[Role, str, float]:
    unit, factor = _plain_unit(quantity)
    dimension = quantity.dimension
    if dimension in COUNTED:
        return COUNTED[dimension], "", 1.0  # type: ignore[return-value]
    simple: dict[str, Role] = {
        "compute": "compute",
        "compute/time": "rate",
        "operations/time": "rate",
        "gpu time": "gpu_hours",
        "energy": "energy",
        "carbon": "carbon",
        "intensity": "intensity",
        "cpu core": "cpu_cores",
        "server": "servers",
        "token/time": "throughput",
        "token/time/gpu": "throughput",
    }
    if (
        dimension == "compute"
        and quantity.unit == "FLOP"
        and re.search(r"每秒(?:钟)?(?:执行|进行|计算|完成|可达?)?\s?$", before)
    ):
        return "rate", "FLOP/s", 1.0
    if dimension in simple:
        return simple[dimension], unit, factor
    if dimension == "server time":
        return "gpu_hours", "GPU-day", 8.0
    match dimension:
        case "parameter":
            active = cues.ACTIVE_BEFORE.search(before) or cues.ACTIVE_AFTER.search(after)
            return ("active_params" if active else "params"), unit, factor
        case "token":
            if _PER_PARAMETER.search(before) or re.match(r"\s?(?:per|a) param", after, re.IGNORECASE):
                return "intensity", "", 1.0
            context = re.search(r"上下文|context|window|序列|长文本|窗口", before + after, re.IGNORECASE)
            vocabulary = re.search(r"词汇|词表|vocab", before + after, re.IGNORECASE)
            return ("context" if context else "vocabulary" if vocabulary else "tokens"), unit, factor
        case "gpu" | "chip":
            if _NETWORK_CARD.search(text[quantity.end : quantity.end + 24]):
                return "count", "", 1.0
            return _devices(text, quantity, before), unit, factor
        case "time":
            return _time(text, quantity, before, after, wide), unit, factor
        case "power":
            return "power", unit, factor
        case "information":
            return _information(quantity, before, after, wide, text), unit, factor
        case "information/time":
            memory = re.search(r"HBM|显存|内存|memory", wide, re.IGNORECASE)
            linked = re.search(
                r"NVLink|PCIe|网络|互联|互连|RDMA|network|interconnect|link", before + after, re.IGNORECASE
            )
            return ("memory_bandwidth" if memory and not linked else "link"), unit, factor
        case "tonne" | "mass":
            carbon = re.search(r"CO2|二氧化碳|碳|carbon|emission", wide, re.IGNORECASE)
            if carbon and quantity.unit in ("tonne", "kg"):
                return "carbon", "tCO2e", (1.0 if quantity.unit == "tonne" else 1e-3)
            return "count", unit, factor
        case "number":
            return _bare(text, quantity, before, after, wide)
        case _:
            return _priced(_money(quantity, before, after, wide), unit, wide)


def _priced(role: Role, unit: str, wide: str) -> tuple[Role, str, float]:
    """每卡时 2 美元 and 每百万 token 2 元: the denominator that stands before the money."""
    if unit in ("USD", "CNY") and role == "unit_price":
        return role, f"{unit}/GPU-hour", 1.0
    if (
        unit in ("USD", "CNY")
        and role == "token_price"
        and re.search(r"百万 ?token|million tokens", wide, re.IGNORECASE)
    ):
        return role, f"{unit}/Mtoken", 1.0
    return role, unit, 1.0


def _devices(text: str, quantity: Quantity, before: str) -> Role:
    lead = text[max(0, quantity.start - 24) : quantity.start]
    after_count = re.search(
        r"(?:每(?:一?台|个)?(?:服务器|节点|机器)|每台|单机|per (?:node|server)|each (?:node|server|with)"
        r"|(?:node|server|machine)s? (?:each )?(?:with|of|having|has))[^,,。;\d]{0,10}$",
        lead,
        re.IGNORECASE,
    )
    crossed = re.search(r"[xX×]", quantity.text) and re.search(
        r"(?:台|节点|nodes?|servers?|of|个)\s?(?:服务器|机器)?[\s((]{0,2}$",
        text[max(0, quantity.start - 10) : quantity.start],
    )
    counted = quantity.value <= 16 and _SERVER_FOLLOWS.match(text[quantity.end : quantity.end + 24])
    return "per_server" if after_count or crossed or counted else "devices"


def _time(text: str, quantity: Quantity, before: str, after: str, wide: str) -> Role:
    close = text[quantity.end : quantity.end + 10] + "|" + text[max(0, quantity.start - 18) : quantity.start]
    if cues.DOUBLING.search(close):
        return "doubling"
    if re.search(
        r"(?:未来|今后|过去|近|最近|in the next|over the next|next|past|last|coming)\s?$",
        before,
        re.IGNORECASE,
    ):
        return "span"
    if quantity.unit == "year" and re.search(r"^\s?(?:内|来|间)", after) and cues.GROWTH.search(wide):
        return "span"
    return "duration"


def _information(quantity: Quantity, before: str, after: str, wide: str, text: str) -> Role:
    if _GLUED_MEMORY.search(text[max(0, quantity.start - 12) : quantity.start]):
        return "memory"
    around = before + "|" + after
    if re.search(r"显存|HBM|内存|VRAM|memory(?! band)", around, re.IGNORECASE):
        return (
            "weights"
            if cues.WEIGHTS.search(wide) or re.search(r"FP16|BF16|INT[48]|FP8", around)
            else "memory"
        )
    if cues.WEIGHTS.search(around):
        return "weights"
    if cues.DATA.search(around):
        return "dataset"
    return "dataset" if quantity.unit in ("TB", "PB", "EB") else "memory"


def _money(quantity: Quantity, before: str, after: str, wide: str) -> Role:
    dimension = quantity.dimension
    if dimension.startswith("money:") and "/" in dimension:
        if "gpu time" in dimension:
            return "unit_price"
        return "token_price" if "token" in dimension else "item_price"
    if not dimension.startswith("money:"):
        return "count"
    if (
        re.search(r"(?:每|单)次|per (?:query|chat|visit|request)", wide, re.IGNORECASE)
        and quantity.value < 10
    ):
        return "token_price"
    if (
        re.search(r"(?:每|/|per )\s?百?万?(?:million )?\s?tokens?", wide, re.IGNORECASE)
        and quantity.value < 1000
    ):
        return "token_price"
    hourly = re.search(
        r"(?:每|/|per |an? )\s?(?:GPU|卡|A100|H100|V100|H800|GPU-)?\s?(?:小时|hour|h(?![a-z]))|租金|卡时|an hour",
        before + after,
        re.IGNORECASE,
    )
    if hourly and quantity.value < 100:
        return "unit_price"
    if quantity.value < 1e7 and cues.PER_ITEM.search(before[-14:] + "|" + after[:14]):
        return "item_price"
    costs = r"成本|花费|耗资|费用|造价|投入|开销|租金|cost|spen[dt]|budget|bill|expens"
    return "cost" if re.search(costs, wide, re.IGNORECASE) else "money"


def _bare(text: str, quantity: Quantity, before: str, after: str, wide: str) -> tuple[Role, str, float]:
    unit = quantity.unit
    if unit in ("%", "‰", "pp", "bp", "ratio"):
        return _percent(text, quantity, before, after), unit, 1.0
    if unit == "x":
        return "multiple", unit, 1.0
    return _counted(text, quantity, before, after, wide)


def _percent(text: str, quantity: Quantity, before: str, after: str) -> Role:
    near = before[-16:] + "|" + after[:12]
    if cues.MFU.search(near):
        return "mfu"
    if cues.GOODPUT.search(before) or cues.GOODPUT.search(after):
        return "goodput"
    if cues.GROWTH.search(before[-10:]) or cues.GROWTH.search(after[:14]):
        return "growth"
    if cues.SHARE.search(before) or cues.SHARE.search(after) or re.match(r"\s?of(?![a-z])", after):
        return "share"
    if re.search(r"(?:仅为|只有|只是|相当于|为)\S{0,12}的?\s?$|only\s?$", before):
        return "share"
    return "percent"


def _counted(text: str, quantity: Quantity, before: str, after: str, wide: str) -> tuple[Role, str, float]:
    """A number without a unit: the nearest word that can be counted decides."""
    near = re.split(r"[,,。;;]", before)[-1] + "|" + re.split(r"[,,。;;]", after)[0]
    if re.match(r"\s?次(?:每秒|/秒|运算|浮点|的速度)", after) or (
        re.search(r"每秒\s?(?:钟)?(?:执行|进行|计算|完成)?\s?$", before) and re.match(r"\s?次", after)
    ):
        return "rate", "FLOP/s", 1.0
    if quantity.value >= 1e15 and _FLOP_BEFORE.search(before):
        return "compute", "FLOP", 1.0
    if re.match(r"\s?次?\s?(?:访问|visits|page views)", after, re.IGNORECASE) or re.search(
        r"访问量|访问次数|visits", before, re.IGNORECASE
    ):
        return "visits", "", 1.0
    if re.match(r"\s?[个名位]?(?:月活|日活|周活|活跃)?用户", after) or re.search(
        r"(?:用户数?|[月日周]活)[^,,\d]{0,5}$", before
    ):
        return "users", "", 1.0
    if _SERVER_NOUN.match(after):
        return "servers", "server", 1.0
    if _DEVICE_NOUN.match(after) or _SIZED_DEVICE.match(text[quantity.end : quantity.end + 28]):
        return "devices", "GPU", 1.0
    if re.match(
        r"\s?(?:个|张|块|颗|片|枚)?\s?(?:英伟达|NVIDIA|华为)?\s?(?:[ABHVLT]\d{2,3}|昇腾|TPU|Trainium|MI\d)",
        after,
        re.IGNORECASE,
    ):
        return "devices", "GPU", 1.0
    if re.match(r"\s?层|[ -]layers?", after):
        return "layers", "", 1.0
    if re.match(r"\s?(?:级别?|规模|级)?(?:的)?\s?(?:参数|parameter)", after, re.IGNORECASE):
        active = cues.ACTIVE_BEFORE.search(before)
        return ("active_params" if active else "params"), "parameter", 1.0
    if re.search(r"上下文|context|窗口|window", near, re.IGNORECASE):
        return "context", "token", 1.0
    if re.search(r"词表|词汇|vocab", near, re.IGNORECASE):
        return "vocabulary", "", 1.0
    if quantity.value >= 1e6 and (cues.ACTIVE_AFTER.search(after) or cues.ACTIVE_BEFORE.search(before)):
        return "active_params", "parameter", 1.0
    if re.search(r"\dT$", quantity.text) and cues.LINK.search(near):
        return "link", "Tb/s", 1e-12
    if quantity.value >= 1e8 and cues.TOKENS.search(near):
        return "tokens", "token", 1.0
    if quantity.value >= 1e6 and cues.PARAMS.search(near):
        return "params", "parameter", 1.0
    if re.match(r"\s?(?:个|张|份|篇)?(?:网页|文档|web|documents|pages)", after, re.IGNORECASE):
        return "pages", "", 1.0
    return "count", quantity.unit if quantity.unit == "" else "", 1.0


def _dtype(text: str, start: int, end: int) -> str:
    clause_start = max(text.rfind(mark, 0, start) for mark in ("。", ";", ";", ",", ",", "\n", "、")) + 1
    close = cues.dtype_of(text[max(clause_start, start - 18) : start]) or cues.dtype_of(text[end : end + 14])
    return close or cues.dtype_of(text[max(0, start - 30) : end + 24])


def _sparse(text: str, start: int, end: int) -> bool | None:
    match = cues.SPARSE.search(text, max(0, start - 24), min(len(text), end + 24))
    return None if match is None else match["yes"] is not None


def _per(role: Role, text: str, start: int, end: int):
    before, after = text[max(0, start - 16) : start], text[end : end + 14]
    around = re.split(r"[,;。;]", before)[-1] + "|" + re.split(r"[,;。;]", after)[0]
    if role in ("multiple", "growth", "percent"):
        return "year" if cues.PER_YEAR.search(around) else ""
    if role in ("rate", "power", "link", "item_price", "memory", "memory_bandwidth"):
        if cues.PER_DEVICE.search(around):
            return "device"
        return "server" if cues.PER_SERVER.search(around) else ""
    if role in ("compute", "cost", "visits", "energy"):
        return "month" if cues.PER_MONTH.search(around) else "year" if cues.PER_YEAR.search(around) else ""
    return ""


def _multiplied(text: str, measures: Sequence[Measure]) -> Iterator[Measure]:
    """8x40G in "96 台 DGX-A100(8x40G)": eight accelerators with 40 GB each."""
    for match in _MULTIPLIED.finditer(text):
        if any(m.role == "per_server" and m.start <= match.start() < m.end for m in measures):
            continue
        count = match["count"]
        yield Measure(
            value=float(count),
            unit="GPU",
            dimension="gpu",
            role="per_server",
            text=count,
            start=match.start("count"),
            end=match.end("count"),
        )


def _vague(text: str) -> Iterator[Measure]:
    """数周 is two to eight weeks."""
    for match in cues.VAGUE_TIME.finditer(text):
        word = match["unit"] or match["en"] or ""
        unit = (
            "week"
            if word.startswith(("周", "星", "week"))
            else "month"
            if "月" in word or "mon" in word
            else "day"
        )
        low, high = (2.0, 8.0) if unit != "month" else (2.0, 6.0)
        yield Measure(
            value=(low + high) / 2,
            unit=unit,
            dimension="time",
            role="duration",
            text=match.group(),
            start=match.start(),
            end=match.end(),
            low=low,
            high=high,
            approximate=True,
            step=1.0,
        )


def _second_look(text: str, measures: list[Measure]) -> list[Measure]:
    """Roles that only the other numbers decide: 达到 10 万亿 after 参数为 … 10 倍 counts parameters."""
    fixed = list(measures)
    if cues.ACTIVE.search(text):
        totals = [m for m in fixed if m.role == "params"]
        for index, measure in enumerate(fixed):
            if measure.role == "count" and totals and 1e8 <= measure.value < totals[0].value:
                fixed[index] = replace(measure, role="active_params", unit="parameter", dimension="parameter")
    if any(m.role == "servers" for m in fixed) and any(m.role == "per_server" for m in fixed):
        for index, measure in enumerate(fixed):
            around = text[max(0, measure.start - 6) : measure.end + 10]
            if measure.role == "count" and re.search(
                r"合计|共|总|total|altogether|in all", around, re.IGNORECASE
            ):
                fixed[index] = replace(measure, role="devices", unit="GPU", dimension="gpu")
    for index, measure in enumerate(fixed):
        if measure.role == "count" and measure.value >= 1e8 and cues.PARAMS.search(text[: measure.start]):
            fixed[index] = replace(measure, role="params", unit="parameter", dimension="parameter")
        elif (
            measure.role == "count"
            and measure.value >= 1e10
            and re.search(r"[TB]$|万亿$|亿$", measure.text)
            and cues.TOKENS.search(text)
        ):
            fixed[index] = replace(measure, role="tokens", unit="token", dimension="token")
    return fixed
