"""Invented tools for the offline model's tests: a forecast, freight, a search in notes, a code reader."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from tieout.plugin import Candidate, Figure, Language, Result, Slot, hookimpl, tool

CITIES = {"Lisbon": "Lisbon", "里斯本": "Lisbon", "Oslo": "Oslo", "奥斯陆": "Oslo", "Quito": "Quito"}


def find_cities(text: str) -> Sequence[Candidate]:
    """Cities by their English and Chinese names."""
    return [
        Candidate(CITIES[match[0]], match[0], match.start(), match.end())
        for match in re.finditer("|".join(CITIES), text)
    ]


class Said(Result):
    """A result that says its arguments."""

    sentence: str
    figure: Figure = Figure(value=1.0)

    def say(self, lang: Language = "en") -> str:
        """The sentence."""
        return self.sentence


class WeatherPlugin:
    """A forecast by city and days."""

    @hookimpl
    def tools(self) -> list[object]:
        """One tool."""
        return [forecast]


@tool(
    examples={
        "en": (
            "will it be sunny in Oslo in the next few days",
            "forecast for Lisbon",
            "temperature in Quito over 3 days",
            "do I need an umbrella in Oslo",
            "how windy does it get in Lisbon",
            "weather outlook for the coast",
        ),
        "zh": (
            "里斯本未来五天的天气",
            "奥斯陆会不会下雪",
            "明后两天气温多少度",
            "出门要不要带伞",
            "查一下里斯本的预报",
            "那边风大吗",
        ),
    }
)
def forecast(
    city: Annotated[str, Slot("text", find=find_cities, cues=("city", "城市"), example="Lisbon")],
    days: Annotated[float, Slot("quantity", unit="day", cues=("days", "天"), example="3 days")] = 1,
) -> Said:
    """Forecast the weather of a city.

    Args:
        city: Name of the city.
        days: How many days ahead.
    """
    return Said(sentence=f"Fine in {city} for {days:g} days.")


class FreightPlugin:
    """Freight cost by weight, distance and mode."""

    @hookimpl
    def tools(self) -> list[object]:
        """One tool."""
        return [quote]


@tool(
    examples={
        "en": (
            "what does it cost to ship 300 kg over 800 km",
            "freight quote for 2 tonnes by rail",
            "price of moving 40 kg by air to the depot 120 km away",
            "how expensive is road transport of 5 tonnes",
            "cargo rate for 1,200 km",
            "shipping cost estimate please",
        ),
        "zh": (
            "300 公斤货发 800 公里运费多少",
            "铁路运 2 吨多少钱",
            "空运 40 公斤的报价",
            "5 吨货走公路贵不贵",
            "算一下物流费用",
            "托运要花多少钱",
        ),
    }
)
def quote(
    weight: Annotated[float, Slot("quantity", unit="kg", cues=("weighs", "重"), example="300 kg")],
    distance: Annotated[float, Slot("quantity", unit="km", cues=("distance", "距离"), example="800 km")],
    mode: Literal["road", "rail", "air"] = "road",
    discount: Annotated[float, Slot("ratio", unit="ratio", cues=("discount", "折扣"), example="10%")] = 0.0,
) -> Said:
    """Quote the price of moving goods.

    Args:
        weight: Weight of the goods.
        distance: Distance to go.
        mode: Means of transport.
        discount: Share taken off.
    """
    return Said(sentence=f"{weight:g} kg over {distance:g} km by {mode}, {discount:.0%} off.")


class MinutesPlugin:
    """Search in the minutes of meetings."""

    @hookimpl
    def tools(self) -> list[object]:
        """One tool."""
        return [minutes]


@tool(
    examples={
        "en": (
            "what do the minutes say about the budget",
            "search the minutes for hiring plans",
            "did the minutes mention the new depot",
            "find where the meeting notes talk about suppliers",
            "which minutes discuss safety",
            "quote the minutes on parking",
        ),
        "zh": (
            "会议纪要里怎么说预算",
            "纪要提到新仓库了吗",
            "在会议记录里找招聘计划",
            "哪次纪要讨论了安全",
            "引用纪要关于停车的原话",
            "纪要对供应商有什么说法",
        ),
    }
)
def minutes(query: Annotated[str, Slot("text", example="parking permits")]) -> Said:
    """Search the minutes of meetings.

    Args:
        query: What to look for.
    """
    return Said(sentence=f"Minutes on: {query}")


class ReaderPlugin:
    """Reads code."""

    @hookimpl
    def tools(self) -> list[object]:
        """One tool."""
        return [explain]


@tool(
    examples={
        "en": (
            "count the lines of this program",
            "how long is this script",
            "how many statements has this snippet",
            "measure the length of the function below",
            "size of this source file",
            "lines of code in here",
        ),
        "zh": (
            "这段程序有几行",
            "数一下代码行数",
            "这个脚本多长",
            "下面的函数有多少语句",
            "源码规模",
            "统计行数",
        ),
    }
)
def explain(
    code: Annotated[str, Slot("code", example="print(1)")],
    language: Annotated[Literal["python", "javascript", "go"], Slot("language")] = "python",
) -> Said:
    """Count the lines of a program.

    Args:
        code: The program.
        language: Its language.
    """
    return Said(sentence=f"{len(code.splitlines())} lines of {language}")


def all_plugins() -> dict[str, object]:
    """Every plugin of this module by name."""
    return {
        "weather": WeatherPlugin(),
        "freight": FreightPlugin(),
        "minutes": MinutesPlugin(),
        "reader": ReaderPlugin(),
    }
