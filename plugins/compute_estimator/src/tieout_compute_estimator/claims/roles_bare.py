"""Numbers without a unit of their own: percentages, multiples, and what the nearest noun counts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tieout_compute_estimator.claims import cues
from tieout_compute_estimator.claims.frames import Role

if TYPE_CHECKING:
    from tieout.quantities import Quantity

__all__ = ["bare"]

_FLOP_BEFORE = re.compile(
    r"(?:FLOPs?|浮点运算(?:次数|量)?|计算量)\s?(?:count )?(?:约为?|为|达到?|是|:|of|is|about|=|≈)?\s?$",
    re.IGNORECASE,
)
_DEVICE_NOUN = re.compile(
    r"\s?(?:个|张|块|颗|片|枚)?(?:AI ?)?(?:芯片|chips?|加速卡|GPU|卡(?!车)"
    r"|(?:accelerators?|modules?|TPUs?|NPUs?|LPUs?|IPUs?)(?![a-z]))",
    re.IGNORECASE,
)
_SIZED_DEVICE = re.compile(
    r"\s?(?:个|张|块|颗|片|枚)?\s?\d{2,3}\s?GB?\s?(?:的)?\s?(?:英伟达|NVIDIA)?\s?[A-Z]{1,2}\d{2,3}"
)
_NAMED_DEVICE = re.compile(
    r"\s?(?:个|张|块|颗|片|枚)?\s?(?:英伟达|NVIDIA|华为)?\s?(?:[ABHVLT]\d{1,3}|昇腾|TPU|Trainium|MI\d)",
    re.IGNORECASE,
)
_SERVER_NOUN = re.compile(
    r"\s?(?:台|个节点|节点|-?nodes?(?![a-z])|-?servers?(?![a-z])|machines)(?!湾|风|阶)", re.IGNORECASE
)
_ADJECTIVES = (
    r"(?:(?:dense|sparse|peak|tensor(?: core)?|AI|稠密|稀疏|非稀疏|of|BF16|(?:NV|MX)?FP\d+|INT\d+"
    r"|TF32)[\s-]{0,2}){1,4}"
)
_RATE_FOLLOWS = re.compile(
    rf"^\s?{_ADJECTIVES}(?P<prefix>[KMGTPE]|tera|peta|exa)(?P<kind>FLOP/?S|flops|FLOPs|OPS)(?![A-Za-z-])",
    re.IGNORECASE,
)
_PREFIX = {"k": "K", "m": "M", "g": "G", "t": "T", "p": "P", "e": "E", "tera": "T", "peta": "P", "exa": "E"}
_GRAMS_EACH = re.compile(
    r"^\s?(?:g|克|grams?)\s?(?:of )?(?:CO2e?|二氧化碳)?\s?(?:/|per |每)\s?(?:kWh|千瓦时|度)", re.IGNORECASE
)
_KILOWATT_HOURS = re.compile(r"^\s?度(?![角数])")
_PEAK = r"(?:dense |BF16 |FP16 |FP8 |theoretical |稠密|理论|标称)*(?:peak|峰值)"


def bare(quantity: Quantity, text: str, before: str, after: str) -> tuple[Role, str, float]:
    """Role, unit and factor of a ratio or of a number whose noun stands beside it."""
    unit = quantity.unit
    if unit in ("%", "‰", "pp", "bp", "ratio"):
        return _percent(quantity, text, before, after), unit, 1.0
    if unit == "x":
        return "multiple", unit, 1.0
    if rate := _RATE_FOLLOWS.match(text[quantity.end : quantity.end + 40]):
        prefix = _PREFIX[rate["prefix"].lower()]
        return "rate", f"{prefix}{'OP/s' if rate['kind'].upper().startswith('OP') else 'FLOP/s'}", 1.0
    return _energetic(text, before, after) or _counted(quantity, text, before, after)


def _energetic(text: str, before: str, after: str) -> tuple[Role, str, float] | None:
    if _GRAMS_EACH.match(after):
        return "intensity", "kg/kWh", 1e-3
    if _KILOWATT_HOURS.match(after) and re.search(r"电|功耗|能耗|MWh|kWh", text):
        return "energy", "kWh", 1.0
    if re.search(r"(?<![A-Za-z])PUE(?![A-Za-z])[^,。;\d]{0,12}$", before):
        return "pue", "", 1.0
    return None


def _percent(quantity: Quantity, text: str, before: str, after: str) -> Role:
    if re.search(
        r"(?:负载率|负荷率|上架率|load factor|average load|平均负载)[^,。;\d]{0,8}$", before, re.IGNORECASE
    ) or re.match(r"\s?(?:average )?load(?! time)(?![a-z])", after, re.IGNORECASE):
        return "load"
    near = before[-24:] + "|" + re.split(r"[,。;]", text[quantity.end : quantity.end + 32])[0]
    if cues.MFU.search(near) or re.match(
        rf"\s?of (?:its |the |their )?(?:[\d.,]+ ?[TP]FLOP(?:/?[Ss]|S)? )?{_PEAK}",
        text[quantity.end : quantity.end + 48],
    ):
        return "mfu"
    if re.search(rf"{_PEAK}[^,。;\d]{{0,6}}的\s?$", before):
        return "mfu"
    if cues.GOODPUT.search(before) or cues.GOODPUT.search(after):
        return "goodput"
    if cues.GROWTH.search(before[-10:]) or cues.GROWTH.search(after[:14]):
        return "growth"
    if cues.SHARE.search(before) or cues.SHARE.search(after) or re.match(r"\s?of(?![a-z])", after):
        return "share"
    if re.search(r"(?:仅为|只有|只是|相当于|为|是)[^,。;]{0,16}的?\s?$|only\s?$", before) or (
        unit_of_ratio(quantity) and re.search(r"[是为占][^,。;]{0,24}的\s?$", text[: quantity.start])
    ):
        return "share"
    return "percent"


def unit_of_ratio(quantity: Quantity) -> bool:
    """Whether a number is written as a fraction: 十分之一."""
    return quantity.unit == "ratio"


def _counted(quantity: Quantity, text: str, before: str, after: str) -> tuple[Role, str, float]:
    """The nearest word that can be counted decides."""
    near = re.split(r"[,。;]", before)[-1] + "|" + re.split(r"[,。;]", after)[0]
    if re.match(r"\s?次(?:每秒|/秒|运算|浮点|的速度)", after) or (
        re.search(r"每秒\s?(?:钟)?(?:执行|进行|计算|完成)?\s?$", before) and re.match(r"\s?次", after)
    ):
        return "rate", "FLOP/s", 1.0
    if quantity.value >= 1e15 and _FLOP_BEFORE.search(before):
        return "compute", "FLOP", 1.0
    if re.search(r"factor of\s?(?:about|roughly|around|nearly|almost)?\s?$", before, re.IGNORECASE):
        return "multiple", "x", 1.0
    return (
        _people(text[: quantity.start], text[quantity.end : quantity.end + 28])
        or _machines(quantity, text, after)
        or _of_models(quantity, before, after, near)
        or ("count", "", 1.0)
    )


def _people(before: str, after: str) -> tuple[Role, str, float] | None:
    if re.match(
        r"\s?(?:次|条)?\s?(?:访问|提问|消息|请求|查询|调用|对话|visits|page views|questions|queries|prompts|messages)",
        after,
        re.IGNORECASE,
    ) or re.search(r"访问量|访问次数|visits", before, re.IGNORECASE):
        return "visits", "", 1.0
    if re.match(r"\s?(?:次|条)(?![数级方序])", after) and re.search(
        r"请求|提问|查询|调用|对话|问答|搜索", before
    ):
        return "visits", "", 1.0
    if re.match(
        r"\s?(?:[个名位]?(?:月活|日活|周活|活跃|并发)?用户|(?:concurrent|simultaneous|active) users)",
        after,
        re.IGNORECASE,
    ) or re.search(r"(?:用户数?|[月日周]活)[^,\d]{0,5}$", before):
        return "users", "", 1.0
    if re.match(r"\s?(?:个|张|份|篇)?(?:网页|文档|web|documents|pages)", after, re.IGNORECASE):
        return "pages", "", 1.0
    return (
        ("words", "", 1.0)
        if re.match(r"\s?(?:English )?words|\s?个?(?:英文)?单词", after, re.IGNORECASE)
        else None
    )


def _machines(quantity: Quantity, text: str, after: str) -> tuple[Role, str, float] | None:
    if _SERVER_NOUN.match(after):
        return "servers", "server", 1.0
    if _DEVICE_NOUN.match(after) or _SIZED_DEVICE.match(text[quantity.end : quantity.end + 28]):
        return "devices", "GPU", 1.0
    if re.match(r"\s?of (?:them|these|those|the chips|the cards|such chips)(?![a-z])", after) and re.search(
        r"GPU|chip|card|accelerator|TPU|[A-Z]{1,2}\d{2,3}", text[: quantity.start]
    ):
        return "devices", "GPU", 1.0
    sheets = re.match(
        r"\s?(?:张(?![图表照桌纸片])|[颗块片](?=共|合计|总|就|可|能|,|组成))", after
    ) and re.search(r"卡|[GTN]PU|[AHBV]\d{2,3}|MI\d{3}|昇腾|芯片", text)
    return ("devices", "GPU", 1.0) if _NAMED_DEVICE.match(after) or sheets else None


def _of_models(quantity: Quantity, before: str, after: str, near: str) -> tuple[Role, str, float] | None:
    if re.match(r"\s?(?:input|output|prompt|completion)\s?tokens?(?! ?(?:/|per|a|each) ?s)", after):
        return "tokens", "token", 1.0
    if re.match(r"\s?层|[ -]layers?", after):
        return "layers", "", 1.0
    if re.match(r"\s?个?\s?(?:KV|键值) ?(?:头|heads?)", after, re.IGNORECASE):
        return "kv_heads", "", 1.0
    if re.search(
        r"(?:head dim(?:ension)?s?|头维度?|每头维度|head size"
        r"|heads? (?:each )?(?:of|with) (?:dimension|dim|size|width))"
        r"[^,。;\d]{0,6}$",
        before,
        re.IGNORECASE,
    ) or re.match(r"\s?维(?:的)?(?:头|head)|-dim(?:ensional)? heads?", after, re.IGNORECASE):
        return "head_dim", "", 1.0
    if re.search(
        r"(?:隐藏(?:层)?(?:维度|大小|尺寸)|hidden (?:size|dim(?:ension)?|width)|model dim(?:ension)?|d_model"
        r"|hidden state)"
        r"[^,。;\d]{0,6}$",
        before,
        re.IGNORECASE,
    ):
        return "hidden", "", 1.0
    if re.match(r"\s?(?:级别?|规模|级)?(?:的)?\s?(?:参数|parameter)", after, re.IGNORECASE):
        return ("active_params" if cues.ACTIVE_BEFORE.search(before) else "params"), "parameter", 1.0
    if re.search(r"[BM]$", quantity.text) and re.match(
        r"[\s-]?(?:(?:dense|FP\d+|BF16|INT\d|MoE|的|稠密)[\s-]?){0,2}(?:model|模型)", after, re.IGNORECASE
    ):
        return "params", "parameter", 1.0
    if re.search(r"上下文(?!扩展)|context(?! ext)|窗口|window", near, re.IGNORECASE):
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
    if re.match(r"[\s-]?(?:to[\s-]?1|:\s?1|比 ?1)(?!\d)", after, re.IGNORECASE) and re.search(
        r"token|rule|经验|法则", near, re.IGNORECASE
    ):
        return "intensity", "", 1.0
    return None
