"""What is asked for: the unknown of ``solve``, by name or in the words of a question."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from tieout.errors import InputError
from tieout.plugin import Candidate, translator

__all__ = ["TARGETS", "find_targets", "target_symbol"]

_ = translator("tieout_compute_estimator")

TARGETS: Final = {
    "days": "t",
    "devices": "n",
    "mfu": "U",
    "tokens": "D",
    "params": "N",
    "budget": "B",
    "energy": "E",
    "price": "p",
    "emissions": "G",
}
"""Name of the unknown to its symbol in :mod:`relations`."""

_WORDS: Final = {
    "tokens": (
        r"how (?:many tokens|much (?:training )?data)",
        r"多少(?:个|亿|万亿)? ?(?:token|数据|语料|词元)",
    ),
    "params": (
        r"(?:how (?:big|large)|what size|(?:the )?(?:largest|biggest)|what (?:kind|sort) of model|how many param\w*)",
        r"what (?:model )?(?:can|could)\b(?=.{0,60}\btrain)",
        r"多大(?:规模|尺寸|参数|体量)?的?(?:大?模型)?|最大(?:能|可以?|的?模型)|多少参数|什么规模",
        r"能训(?:练)?(?:出)?(?:什么|多大|怎样)",
    ),
    "mfu": (
        r"(?:what|which) (?:mfu|utili[sz]ation)",
        r"(?:MFU|利用率)(?:要|需要?|得|应|至少|必须)?(?:达到|做到|多少|多高|是多少|几)",
    ),
    "days": (
        r"how (?:long|many (?:days|weeks|months))|when would",
        r"多久|多长时间|几天|多少天|几周|几个月|多少个?月",
    ),
    "price": (
        r"(?:what|which) (?:hourly )?(?:price|rent|rate)\b",
        r"(?:单价|租金|每卡时)(?:要|需|得|不能|最多|低到|多少)",
    ),
    "budget": (
        r"(?:what|how (?:much|big|large)(?: a)?) (?:budget|money)",
        r"多少(?:钱|预算|经费|资金|美元)|预算(?:要|需要?)?多少",
    ),
    "emissions": (
        r"how much (?:CO2|carbon)|(?:what|how many) (?:emissions|tonnes)",
        r"排放多少|多少(?:吨)?(?:碳|二氧化碳)",
    ),
    "energy": (
        r"how (?:much|many) (?:electricity|energy|power|MWh|GWh)",
        r"多少(?:度|兆瓦时)?(?:电|能耗)|耗电多少",
    ),
    # The device itself is left to its own finder.
    "devices": (
        r"how many(?=\s+(?:[A-Z]{0,3}\d+\w*\s+)?(?:gpus?|cards?|accelerators?|chips?|boards|devices|npus?)\b)",
        r"how many(?=\s+[A-Z]{1,3}\d)",
        r"(?:多少|几)(?:张|块|颗|片|台|个(?=\s*(?:GPU|显卡|卡|加速|芯片)))|要多少(?=卡)|多少(?=卡(?!时))",
    ),
}
_ASKED = tuple((name, re.compile("|".join(words), re.IGNORECASE)) for name, words in _WORDS.items())


def find_targets(text: str) -> Sequence[Candidate]:
    """What ``text`` asks for, in the words of the question; the earliest first."""
    found = [
        Candidate(name, match.group(), match.start(), match.end())
        for name, pattern in _ASKED
        for match in pattern.finditer(text)
    ]
    for name in TARGETS:
        if text.strip().lower() == name:
            return [Candidate(name, text.strip(), text.index(text.strip()), len(text.rstrip()))]
    return sorted(found, key=lambda candidate: candidate.start)


def target_symbol(text: str) -> str:
    """The symbol of the unknown called ``text`` (``devices``, "how many GPUs").

    Raises:
        InputError: It names none of the unknowns that can be solved for.
    """
    name = {
        "time": "days",
        "gpus": "devices",
        "parameters": "params",
        "cost": "budget",
        "co2": "emissions",
    }.get(text.strip().lower(), text.strip().lower())
    if name in TARGETS:
        return TARGETS[name]
    found = find_targets(text)
    if found:
        return TARGETS[str(found[0].value)]
    raise InputError(
        _("{text} is nothing that can be solved for.", text=repr(text[:40])),
        code="compute-bad-target",
        hint=_("Known: {names}.", names=", ".join(TARGETS)),
    )
