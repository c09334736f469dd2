"""What a number says: its unit and the words around it decide its role."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from tieout_compute_estimator.claims import cues
from tieout_compute_estimator.claims.frames import Role
from tieout_compute_estimator.claims.roles_bare import bare
from tieout_compute_estimator.claims.units import COUNTED

if TYPE_CHECKING:
    from tieout.quantities import Quantity

__all__ = ["Words", "role_of"]

_NETWORK_CARD = re.compile(
    r"^\D{0,4}[\d.]*\s?[GT]?[bB]?(?:ps|/s)?\s?(?:的|InfiniBand|IB|RDMA|RoCE|以太网|NDR|HDR)?\s?"
    r"(?:网卡|端口|链路|(?<![A-Za-z])(?:NICs?|ports?|links?)(?![a-z]))",
    re.IGNORECASE,
)
_SERVER_FOLLOWS = re.compile(
    r"^\s?-?(?:GPU)?\s?(?:的)?(?:[A-Z]\d{2,3}\w*)?\s?(?:服务器|节点|整机|机型|一体机|servers?|nodes?)",
    re.IGNORECASE,
)
_GLUED_MEMORY = re.compile(r"[A-Za-z]\d{2,3}[A-Z]?(?:[- ](?:SXM\d?|PCIe))?[- ]?$")
_PER_PARAMETER = re.compile(r"每(?:个|一)?参数(?:对应|约|训练|配)?\s?$|per param", re.IGNORECASE)
_PER_KWH = re.compile(
    r"^\s?(?:of )?(?:CO2e?|二氧化碳)?(?:当量)?\s?(?:/|per |每)\s?(?:kWh|千瓦时|度)", re.IGNORECASE
)
_MILLION_TOKENS = re.compile(
    r"(?:^\s?(?:/|per |a |每)\s?(?:1M|one million|million|百万)(?: 个)?\s?(?:input|output|输入|输出"
    r"|cached )?\s?(?:个)?\s?tokens?)",
    re.IGNORECASE,
)
_MILLION_BEFORE = re.compile(
    r"(?:每|per |a )\s?(?:百万|million|1M)\s?个?\s?(?:input|output|输入|输出)?\s?tokens?[^,。;\d]{0,10}$",
    re.IGNORECASE,
)
_THOUSAND_TOKENS = re.compile(
    r"^\s?(?:/|per |a |每)\s?(?:1K|1,000|one thousand|thousand|千)\s?(?:个)?\s?"
    r"(?:(?:input|output|prompt|completion|cached|输入|输出)\s?)?tokens?",
    re.IGNORECASE,
)
_PER_MILLION = re.compile(
    r"^\s?(?:per|a|each) million(?=[\s,.;)]|$)(?! (?!tokens?|for|and|cost|is|in|or|to)[a-z])"
)
_BILLION_TOKENS = re.compile(
    r"^\s?(?:/|per |a |每)\s?(?:1B|one billion|billion|十亿)\s?(?:个)?\s?(?:(?:input|output|输入|输出)\s?)?tokens?",
    re.IGNORECASE,
)
_THOUSAND_BEFORE = re.compile(
    r"(?:每|per |a )\s?(?:千|thousand|1K|1,000)\s?个?\s?tokens?[^,。;\d]{0,10}$", re.IGNORECASE
)
_DEVICE_HOUR = re.compile(r"^\s?-?\s?(?:hours?|hrs?|h)(?![a-z])", re.IGNORECASE)
_HOURLY = re.compile(
    r"(?:每|/|per |an? )\s?(?:GPU|卡|A100|H100|V100|H800|GPU-)?\s?(?:小时|hour|h(?![a-z]))|租金|卡时|an hour",
    re.IGNORECASE,
)
_RENT_OF_TIME = re.compile(
    r"\d\s?(?:个)?(?:小时|天|日|月|年|hours?|days?|months?)\s?(?:的)?(?:租金|租用|费用|成本)[^,。;\d]{0,6}$"
)
_SIMPLE: dict[str, Role] = {
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
    "power": "power",
    "word": "words",
}


@dataclass(frozen=True, slots=True)
class Words:
    """The words around a number: close by, wider, and the whole text."""

    text: str
    """All of it."""
    before: str
    """In front, as far as the number before."""
    after: str
    """Behind, as far as the number that follows."""
    wide: str
    """On both sides, other numbers and all."""
    scope: tuple[str, ...]
    """What one of something the number is for."""
    tail: str
    """Behind the number, further than ``after``, whatever stands there."""


def role_of(quantity: Quantity, dimension: str, unit: str, words: Words) -> tuple[Role, str, float]:
    """The role of a number, its unit in the default table, and the factor from its own unit to that.

    Args:
        dimension: Of ``unit``, without what the number is per.
        unit: A symbol of the default table, or one of those that are only counted.
    """
    if dimension in COUNTED:
        return COUNTED[dimension], "", 1.0  # type: ignore[return-value]
    if dimension == "compute" and unit == "FLOP" and "second" in words.scope:
        return "rate", "FLOP/s", 1.0
    if dimension == "token" and "second" in words.scope:
        return "throughput", "token/s", 1.0
    if dimension == "energy" and "parameter" in words.scope:
        return "count", unit, 1.0
    if dimension == "gpu time" and unit not in ("GPU-hour", "GPU-day", "GPU-year"):
        return "gpu_hours", "GPU-hour", 1 / 3600
    if dimension == "compute/time/power" or dimension == "operations/time/power":
        return "efficiency", unit, 1.0
    if dimension in ("compute/time", "operations/time") and re.search(r"每瓦[^,。;\d]{0,8}$", words.before):
        return "efficiency", f"{unit}/W", 1.0
    if dimension == "server" and re.search(r"\d\s?[xX×*]\s?[A-Z]", quantity.text):
        return "per_server", "GPU", 1.0  # 8×A100 服务器 is a server with eight
    if dimension in _SIMPLE:
        return _SIMPLE[dimension], unit, 1.0
    match dimension:
        case "server time":
            return "gpu_hours", "GPU-day", 8.0
        case "parameter":
            active = (
                "token" in words.scope
                or cues.ACTIVE_BEFORE.search(words.before)
                or cues.ACTIVE_AFTER.search(words.after)
            )
            return ("active_params" if active else "params"), unit, 1.0
        case "token":
            return _tokens(unit, words)
        case "gpu" | "chip" if re.match(r"-\s?hours?(?![a-z])", words.tail):
            return "gpu_hours", "GPU-hour", 1.0
        case "gpu" | "chip":
            if _NETWORK_CARD.search(words.text[quantity.end : quantity.end + 24]):
                return "ports", "", 1.0
            return _devices(words, quantity), unit, 1.0
        case "time":
            role = _time(quantity, unit, words)
            return role, ("GPU-hour" if role == "gpu_hours" else unit), 1.0
        case "information":
            return _information(quantity, unit, words), unit, 1.0
        case "information/time":
            return _bandwidth(words), unit, 1.0
        case "tonne" | "mass" | "mass/energy":
            return _mass(unit, words)
        case "number":
            return bare(quantity, words.text, words.before, words.after)
        case _:
            return _money(quantity, dimension, unit, words)


def _tokens(unit: str, words: Words) -> tuple[Role, str, float]:
    if "parameter" in words.scope or _PER_PARAMETER.search(words.before):
        return "intensity", "", 1.0
    near = words.before + words.after
    extended = re.search(r"扩展|extension", near, re.IGNORECASE)
    if re.search(r"上下文|context|window|序列|长文本|窗口", near, re.IGNORECASE) and not extended:
        return "context", unit, 1.0
    return ("vocabulary" if re.search(r"词汇|词表|vocab", near, re.IGNORECASE) else "tokens"), unit, 1.0


def _bandwidth(words: Words) -> Role:
    memory = re.search(r"HBM|显存|内存|memory", words.wide, re.IGNORECASE)
    linked = re.search(
        r"NVLink|PCIe|网络|互联|互连|RDMA|network|interconnect|link|port|端口|网卡|NIC",
        words.before + words.after,
        re.IGNORECASE,
    )
    return "memory_bandwidth" if memory and not linked else "link"


def _mass(unit: str, words: Words) -> tuple[Role, str, float]:
    grams = {"gram": 1e-3, "kg": 1.0, "tonne": 1e3}
    if unit.endswith("/kWh") and unit.split("/")[0] in grams:
        return "intensity", "kg/kWh", grams[unit.split("/")[0]]
    if unit in grams and _PER_KWH.match(words.after):
        return "intensity", "kg/kWh", grams[unit]
    carbon = re.search(r"CO2|二氧化碳|碳|carbon|emission", words.wide, re.IGNORECASE)
    if (carbon or unit == "tonne") and unit in grams:
        return "carbon", "tCO2e", grams[unit] / 1e3
    return "count", unit, 1.0


def _devices(words: Words, quantity: Quantity) -> Role:
    lead = words.text[max(0, quantity.start - 24) : quantity.start]
    after_count = re.search(
        r"(?:每(?:一?台|个)?(?:服务器|节点|机器)|每台|单机|per (?:node|server)|each (?:node|server|with)"
        r"|(?:node|server|machine)s? (?:each )?(?:with|of|having|has))[^,。;\d]{0,10}$",
        lead,
        re.IGNORECASE,
    )
    crossed = re.search(r"[xX×]", quantity.text) and re.search(
        r"(?:台|节点|nodes?|servers?|of|个)\s?(?:服务器|机器)?[\s(]{0,2}$",
        words.text[max(0, quantity.start - 10) : quantity.start],
    )
    follows = words.text[quantity.end : quantity.end + 24]
    counted = quantity.value <= 16 and _SERVER_FOLLOWS.match(follows)
    return "per_server" if after_count or crossed or counted or "server" in words.scope else "devices"


def _time(quantity: Quantity, unit: str, words: Words) -> Role:
    if unit == "h" and quantity.value >= 50_000:
        return "gpu_hours"  # more than five years: of many devices
    behind = re.split(r"[,。;]", words.text[quantity.end : quantity.end + 14])[0]
    ahead = re.split(r"[,。;]", words.text[max(0, quantity.start - 30) : quantity.start])[-1]
    if cues.DOUBLING.search(behind[:10]) or cues.DOUBLING.search(ahead):
        return "doubling"
    if re.search(
        r"(?:未来|今后|过去|近|最近|in the next|over the next|next|past|last|coming)\s?$",
        words.before,
        re.IGNORECASE,
    ):
        return "span"
    if unit == "year" and re.search(r"^\s?(?:内|来|间)", words.after) and cues.GROWTH.search(words.wide):
        return "span"
    return "duration"


_CARD_FOLLOWS = re.compile(
    r"^\s?(?:的)?\s?(?:显卡|卡(?!时)|GPU|显存的|cards?|accelerators?|A100|H100|V100)", re.IGNORECASE
)
_OF_TOKENS = re.compile(r"tokens?|词元", re.IGNORECASE)


_EACH_BYTES = re.compile(
    r"^\s?(?:each|apiece|per (?:param|weight|value|element)|a (?:param|weight|piece)|of storage per|/ ?param)"
    r"|^\s?(?:存储)?(?:一个|每个?)参数",
    re.IGNORECASE,
)
_EACH_BYTES_BEFORE = re.compile(
    r"(?:每(?:个|一)?(?:个)?(?:参数|权重)|(?:each|every|a|per) (?:param\w*|weight))[^,。;\d]{0,14}$",
    re.IGNORECASE,
)


def _information(quantity: Quantity, unit: str, words: Words) -> Role:
    if "parameter" in words.scope or (
        unit == "B"
        and quantity.value <= 8
        and (_EACH_BYTES.match(words.tail) or _EACH_BYTES_BEFORE.search(words.before))
    ):
        return "bytes_each"
    ahead = words.text[max(0, quantity.start - 12) : quantity.start]
    if _GLUED_MEMORY.search(ahead) or _CARD_FOLLOWS.match(words.after):
        return "memory"
    if re.search(r"KV|缓存|cache", words.wide, re.IGNORECASE):
        return "cache"
    around = words.before + "|" + words.after
    if cues.is_capacity(words.before, words.tail):
        return "memory"
    if re.search(r"显存|HBM|内存|VRAM|memory(?! band)", around, re.IGNORECASE):
        held = cues.WEIGHTS.search(words.wide) or re.search(r"FP16|BF16|INT[48]|FP8", around)
        return "weights" if held and cues.OF_MODEL.search(words.text) else "memory"
    if cues.WEIGHTS.search(around) or re.search(
        r"(?:FP|BF|INT)\d+[^,。;]{0,32}$",
        words.text[max(0, quantity.start - 44) : quantity.start],
        re.IGNORECASE,
    ):
        return "weights"
    if cues.DATA.search(around):
        return "dataset"
    tokens = _OF_TOKENS.search(words.text[quantity.end : quantity.end + 48])
    if (
        not tokens
        and re.search(r"HBM|显存|内存|(?<![a-z])memory", words.text, re.IGNORECASE)
        and not re.search(r"token|语料|训练数据|数据集|dataset|corpus", words.text, re.IGNORECASE)
    ):
        return "memory"
    return "dataset" if unit in ("TB", "PB", "EB") or (tokens and "token" not in words.scope) else "memory"


def _money(quantity: Quantity, dimension: str, unit: str, words: Words) -> tuple[Role, str, float]:
    if not dimension.startswith("money:"):
        return "count", unit, 1.0
    if "/" in dimension:
        if "gpu time" in dimension:
            return "unit_price", unit, 1.0
        currency, below = unit.split("/")[:2]
        if dimension.endswith("/energy"):
            return "energy_price", unit, 1.0
        if below == "h" and quantity.value < 100:
            return "unit_price", f"{currency}/GPU-hour", 1.0
        if below in ("GPU", "chip") and _DEVICE_HOUR.match(words.tail):
            return "unit_price", f"{currency}/GPU-hour", 1.0
        return ("token_price" if "token" in dimension else "item_price"), unit, 1.0
    plain = unit in ("USD", "CNY", "cent")
    currency, cents = ("USD", 0.01) if unit == "cent" else (unit, 1.0)
    if plain and (_MILLION_TOKENS.match(words.tail) or _MILLION_BEFORE.search(words.before)):
        return "token_price", f"{currency}/Mtoken", cents
    if plain and quantity.value < 1000 and _PER_MILLION.match(words.tail) and _OF_TOKENS.search(words.text):
        return "token_price", f"{currency}/Mtoken", cents
    if plain and _BILLION_TOKENS.match(words.tail):
        return "token_price", f"{currency}/Mtoken", cents * 1e-3
    if plain and (_THOUSAND_TOKENS.match(words.tail) or _THOUSAND_BEFORE.search(words.before)):
        return "token_price", f"{currency}/Ktoken", cents
    if "kwh" in words.scope and plain:
        return "energy_price", f"{currency}/kWh", cents
    if "visit" in words.scope:
        return "token_price", currency, cents
    if (
        re.search(r"百万 ?tokens?|million (?:input |output )?tokens?", words.wide, re.IGNORECASE)
        and plain
        and (quantity.value < 1000)
        and re.search(r"价|price|从|降|from|fell|to\s?$|至\s?$", words.before, re.IGNORECASE)
        and not re.search(r"(?:com|amount|add|sum)\w*(?: up)? to\s?$", words.before, re.IGNORECASE)
    ):
        return "token_price", f"{currency}/Mtoken", cents
    if _RENT_OF_TIME.search(words.text[max(0, quantity.start - 24) : quantity.start]):
        return "cost", unit, 1.0
    if _is_rent(quantity, words):
        return "unit_price", f"{currency}/GPU-hour", cents
    if "gpu" in words.scope or "server" in words.scope or "each" in words.scope:
        return "item_price", unit, 1.0
    if quantity.value < 1e7 and cues.PER_ITEM.search(_near(words)):
        return "item_price", unit, 1.0
    costs = r"成本|花费|耗资|费用|造价|投入|开销|租金|cost|spen[dt]|budget|bill|expens"
    return ("cost" if re.search(costs, words.wide, re.IGNORECASE) else "money"), unit, 1.0


def _is_rent(quantity: Quantity, words: Words) -> bool:
    if quantity.value >= 100:
        return False
    if "hour" in words.scope or (re.search(r"per\s[A-Z]", quantity.text) and _DEVICE_HOUR.match(words.after)):
        return True
    return bool(_HOURLY.search(_near(words, 22)))


def _near(words: Words, reach: int = 14) -> str:
    """The words of the clause on both sides of a number."""
    before = re.split(r"[,。;]", words.before)[-1][-reach:]
    return f"{before}|{re.split(r'[,。;]', words.after)[0][:14]}"
