"""Scope: what one of something a number is for. 每卡 700 W is for one device, 0.85 GWh a day is for one day."""

from __future__ import annotations

import re
from typing import Literal

__all__ = ["SCOPE_POWERS", "TIMES", "Scope", "denominators", "scope_of"]

Scope = Literal[
    "gpu",
    "server",
    "port",
    "visit",
    "user",
    "token",
    "parameter",
    "kwh",
    "second",
    "hour",
    "day",
    "month",
    "year",
]

TIMES: dict[str, float] = {
    "second": 1.0,
    "hour": 3600.0,
    "day": 86400.0,
    "month": 365 * 7200.0,
    "year": 365 * 86400.0,
}
"""Seconds in the periods that a number can be for; a month is the twelfth part of a year of 365 days."""

SCOPE_POWERS: dict[str, str] = {
    "gpu": "gpu", "server": "server", "port": "port", "visit": "visits", "user": "users", "token": "token",
    "parameter": "parameter", "second": "time", "hour": "time", "day": "time", "month": "time", "year": "time",
}  # fmt: skip
"""The dimension that each scope puts below the line."""

_DEVICE = (
    r"(?:GPU|显卡|加速卡|加速器|芯片|卡(?!时|·时|小时)|chip|card|accelerator|device|TPU|NPU"
    r"|(?:NVIDIA )?[ABHLTV]\d{2,4}s?)(?!\s?(?:服务器|节点|server|node))"
)
_SERVER = r"(?:GPU ?|AI ?)?(?:服务器|节点|机器|机柜|整机|server|node|machine|system|box|rack|instance)"
_VISIT = (
    r"(?:X\s*)?(?:查询|访问|请求|对话|提问|问答|交互|互动|调用|回答|搜索"
    r"|query|request|prompt|chat|visit|answer|response|question)"
)
_EACH = r"(?:each|every|per|a single|one|an average|the average|average)"
_PER_DEVICE = (
    rf"(?:每(?:一)?[张块颗片枚](?!\s?\d)|每(?:一)?个?\s?{_DEVICE}|单[张块颗片枚]|单个?\s?{_DEVICE}"
    rf"|一[张块颗片枚]|{_EACH} {_DEVICE}(?:-\w+)?(?!-?\s?hour))(?!时|小时)[^,。;:、\d]{{0,32}}"
)
_PER_SERVER = (
    rf"(?:[每一][台]|每(?:一)?个?\s?{_SERVER}|单[机台]|单个?\s?{_SERVER}|{_EACH} {_SERVER})"
    r"[^,。;:、\d]{0,12}"
)
_PER_VISIT = (
    rf"(?:(?:每|单|平均每)(?:一)?[次条轮]\s?{_VISIT}?|每个\s?{_VISIT}|{_EACH} {_VISIT})"
    r"[^,。;:、\d]{0,12}"
)
_EACH_OF_TEXT = (
    r"(?:(?:每(?:个|一个|生成一个|生成 1 个)?|单(?:个)?)\s?token|(?:per|each|every) token)"
    r"[^,。;:\d]{0,24}"
)
_WIDE_EACH = re.compile(
    rf"(?:{_EACH} (?:individual )?(?:(?!with|of|in|holding|has)[^\s\d]+\s+){{0,2}}?{_DEVICE}s?"
    rf"|每(?:一)?[张块颗片枚个]\s?(?:GPU|芯片|卡|加速器)?|单[张块颗片枚卡])"
    r"(?!-?\s?h(?:ours?)?(?![a-z]))(?!时|小时)"
    r"[^,。;:、]{0,60}$",
    re.IGNORECASE,
)
"""Each GPU in such and such a rack: the name of the rack stands between."""
_PER_YEAR = (
    r"(?:每年|年均|全年|一年|年(?=[耗用处产])|(?:all|the whole|a full) year|annual(?:ly)?|yearly)"
    r"[^,。;:\d]{0,14}"
)


def _compiled(patterns: dict[Scope, str], lead: str = "", tail: str = "") -> dict[Scope, re.Pattern[str]]:
    return {scope: re.compile(f"{lead}{pattern}{tail}", re.IGNORECASE) for scope, pattern in patterns.items()}


_BEFORE = _compiled(
    {
        "gpu": _PER_DEVICE,
        "server": _PER_SERVER,
        "port": r"(?:每个?端口|单个?端口|(?:per|each|a single|every) port)[^,。;:、\d]{0,16}",
        "visit": _PER_VISIT,
        "user": r"(?:人均|每人|每(?:个|位|名)?用户|per user|each user)[^,。;:\d]{0,8}",
        "token": _EACH_OF_TEXT,
        "kwh": r"(?:每(?:千瓦时|度)电?|每 ?kWh|per kWh)[^,。;:\d]{0,10}",
        "parameter": r"(?:每(?:个)?参数|per parameter)[^,。;:\d]{0,6}",
        "second": r"(?:每秒|per second)[^,。;:\d]{0,8}",
        "hour": r"(?:每(?:个)?小时|hourly)[^,。;:\d]{0,8}",
        "day": r"(?:每天|每日|日均|一天|一日|全天|单日|(?<![今明昨\d])日(?=[耗用处请调访推]))[^,。;:\d]{0,14}",
        "month": r"(?:每月|月均|单月|每个月|monthly)[^,。;:\d]{0,12}",
        "year": _PER_YEAR,
    },
    tail="$",
)
_AFTER = _compiled(
    {
        "gpu": _DEVICE + r"(?!-?\s?h(?:ou)?r)",
        "server": _SERVER,
        "visit": _VISIT,
        "user": "(?:user|用户|人)",
        "token": r"token(?!s)",
        "parameter": "parameter",
        "kwh": "(?:kWh|kilowatt-hour|千瓦时|度)",
        "second": "(?:second|秒|s(?![a-z]))",
        "hour": "(?:hour|小时)",
        "day": "(?:day(?!s)|天|日)",
        "month": "(?:month|月)",
        "year": "(?:year|年)",
    },
    lead=r"[^,。;:\d]{0,14}?(?:/\s?|(?<![a-z])(?:per|a|an|each|every|for each) )(?:single )?",
)
_ADVERBS: tuple[tuple[Scope, re.Pattern[str]], ...] = (
    ("day", re.compile(r"^\s?(?:daily|every day)(?![a-z])", re.IGNORECASE)),
    ("month", re.compile(r"^\s?(?:monthly)(?![a-z])", re.IGNORECASE)),
    ("year", re.compile(r"^\s?(?:annually|yearly)(?![a-z])", re.IGNORECASE)),
)
_OF_ONE = ("power", "information", "information/time", "compute/time", "operations/time")
_APIECE = re.compile(
    r"^\s?(?:(?:in )?[\w-]{0,14}\s?)?(?:each|apiece)(?![a-z])(?! (?:of|day|year|month|query|token))",
    re.IGNORECASE,
)
_CARDS = re.compile(
    r"^\s?(?:的)?\s?(?:显卡|卡(?!时|·时|小时)|GPUs?(?![A-Za-z])|cards?|accelerators?)", re.IGNORECASE
)
_PORTS = re.compile(
    r"^\s?(?:的|InfiniBand|IB|RDMA|RoCE|以太网|NDR|HDR|Ethernet|ConnectX-?\d)?\s?(?:网卡|端口|NICs?|ports?|链路|links?|HCAs?)",
    re.IGNORECASE,
)
_PRICED_SERVER = re.compile(
    rf"{_SERVER}s?\s?(?:的)?\s?(?:售价|单价|价格|均价|报价|priced? (?:at|of)|costs?|sells? for|at)[^,。;\d]{{0,8}}$",
    re.IGNORECASE,
)
_PARTS = {
    "gpu": "gpu", "chip": "gpu", "server": "server", "token": "token", "parameter": "parameter", "visit": "visit",
    "request": "visit", "user": "user",
}  # fmt: skip


def denominators(dimension: str, unit: str) -> tuple[str, str, tuple[str, ...]] | None:
    """A compound unit without what it is per: ``TFLOP/s/GPU`` is ``TFLOP/s`` for one gpu; None where none is known.

    Returns:
        The dimension, the unit and the scopes.
    """
    if dimension == "energy/gpu time" and unit.endswith("/GPU-hour"):
        return "power", unit.removesuffix("h/GPU-hour"), ("gpu",)
    parts, symbols = dimension.split("/"), unit.split("/")
    scopes: list[str] = []
    while len(parts) > 1 and len(symbols) > 1:
        if parts[-1] == "time" and symbols[-1] in ("h", "day", "month", "year"):
            scopes.append({"h": "hour"}.get(symbols[-1], symbols[-1]))
        elif parts[-1] in _PARTS:
            scopes.append(_PARTS[parts[-1]])
        else:
            break
        parts, symbols = parts[:-1], symbols[:-1]
    return ("/".join(parts), "/".join(symbols), tuple(scopes)) if scopes else None


def scope_of(before: str, after: str, *, dimension: str) -> tuple[str, ...]:
    """What one of something a number is for, from the words before it and behind it.

    Args:
        before: The text in front, from the number before.
        after: The text behind, up to the number that follows.
        dimension: Of the number: a duration has no scope, and a rate is a second's already.
    """
    if dimension in ("time", "gpu time") or dimension.startswith("date"):
        return ()
    clause = re.split(r"[,。;!?\n]", before)[-1]
    found: list[str] = [scope for scope, pattern in _BEFORE.items() if pattern.search(clause)]
    tail = re.split(r"[,。;!?\n]", after)[0]
    found += [scope for scope, pattern in _AFTER.items() if pattern.match(tail)]
    found += [scope for scope, pattern in _ADVERBS if pattern.match(tail)]
    if (
        not {"gpu", "server"} & set(found)
        and (dimension in _OF_ONE or dimension.startswith("money:"))
        and _WIDE_EACH.search(clause)
    ):
        found.append("gpu")
    if dimension.startswith("information/time") and _PORTS.match(after):
        found.append("port")
    if _APIECE.match(after):
        found.append("each")
    if dimension == "information" and _CARDS.match(after):
        found.append("gpu")
    if "port" in found:
        found = [scope for scope in found if scope not in ("server", "gpu")]
    if dimension.endswith("/time"):
        found = [scope for scope in found if scope != "second"]
    if (
        dimension.startswith("money:")
        and not {"gpu", "server"} & set(found)
        and _PRICED_SERVER.search(clause)
    ):
        found.append("server")
    own = {
        "token": "token",
        "gpu": "gpu",
        "chip": "gpu",
        "server": "server",
        "request": "visit",
        "visit": "visit",
    }
    return tuple(dict.fromkeys(scope for scope in found if scope != own.get(dimension)))
