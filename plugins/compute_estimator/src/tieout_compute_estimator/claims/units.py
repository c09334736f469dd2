"""The units of compute claims: those of ``tieout.quantities`` and what reports count besides."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tieout.quantities import UnitTable

__all__ = ["COUNTED", "claim_units"]

COUNTED = {
    "visit": "visits",
    "user": "users",
    "layer": "layers",
    "expert": "experts",
    "page": "pages",
    "head": "heads",
    "request": "visits",
}
"""Dimensions of things that are only counted, and the role that a number of them has."""


@cache
def claim_units() -> UnitTable:
    """``tieout.quantities.DEFAULT`` with visits, users, layers, experts, pages, server time and fleets of chips."""
    from tieout.quantities import DEFAULT, Unit

    return DEFAULT.extend(
        Unit(
            "visit",
            "visit",
            en="visits",
            zh="次访问",
            spellings=("次独立访问", "次访问量", "人次", "次浏览"),
            words=("visits", "visit", "page views"),
        ),
        Unit(
            "request",
            "request",
            en="requests",
            zh="次请求",
            spellings=("次调用", "次查询", "次对话", "次提问", "个请求", "次交互", "次互动"),
            words=(
                "requests",
                "request",
                "queries",
                "query",
                "prompts",
                "prompt",
                "chats",
                "chat",
                "conversations",
            ),
        ),
        Unit(
            "user",
            "user",
            en="users",
            zh="用户",
            spellings=(
                "名用户",
                "个用户",
                "位用户",
                "月活用户",
                "月活",
                "日活",
                "日活用户",
                "活跃用户",
                "周活用户",
                "周活",
            ),
            words=(
                "users",
                "user",
                "weekly users",
                "monthly users",
                "daily users",
                "active users",
                "weekly active users",
                "monthly active users",
                "daily active users",
            ),
        ),
        Unit(
            "layer",
            "layer",
            en="layers",
            zh="层",
            words=("layers", "layer", "transformer layers", "decoder layers"),
        ),
        Unit("expert", "expert", en="experts", zh="个专家", words=("experts", "expert", "routed experts")),
        Unit(
            "page",
            "page",
            en="web pages",
            zh="网页",
            spellings=("个网页", "份文档", "篇文档", "篇网页"),
            words=("webpages", "web page", "web documents"),
        ),
        Unit("head", "head", en="attention heads", zh="个注意力头", words=("attention heads", "heads")),
        Unit("server-day", "server time", 24, en="server-days", zh="台天", spellings=("台·天",)),
        Unit(
            "GPU-second",
            "gpu time",
            1 / 3600,
            en="GPU-seconds",
            zh="GPU 秒",
            spellings=("卡秒",),
            words=("gpu seconds", "gpu second"),
        ),
        Unit("word", "word", en="words", words=("english words",)),
        Unit("kg/kWh", "intensity", en="kg/kWh", spellings=("kgCO2/kWh", "kg CO2/kWh", "千克/千瓦时")),
    )
