"""What to search for: the question without the words that only ask."""

from __future__ import annotations

__all__ = ["search_query"]

import re
from functools import cache

_LONGEST = 2_000
"""Characters of a question that are searched for."""
_WHOSE = "the|these|those|this|that|my|our|your|any|some"
_TEXTS = "reports?|notes?|documents?|papers?|analysts?|files|weekly|weeklies|monthly"
_SAYING = (
    "say|says|said|saying|mention|mentions|mentioned|claim|claims|claimed|state|states|write|writes|discuss|discusses"
    "|give|gives|quote|quotes|cover|covers|think|put|report"
)
_ASKING = "what|which|who|where|when|how|does|do|did|is|are|was|were|find|search|look up|quote|check"
# Phrases that ask somebody to look into texts, in the order in which they are removed; the Chinese ones go first.
_ENGLISH = (
    r"\b(?:please|kindly|(?:could|can|would) you|(?:tell|show) me|let me know|i(?: would|'d) like to know)\b",
    r"\bdo you know\b",
    (
        r"\b(?:any|the|a|whatever|what(?:ever)? is)"
        r" (?:mentions?|passages?|sentences?|paragraphs?|parts?|bits?|lines?|words?)"
        r" (?:about|on|of|for|regarding|concerning|where)\b"
    ),
    r"\b(?:pls|plz|thx|thanks|asap)\b",
    (
        r"\b(?:according to|as per|based on|in|within|from|of|on|by|with|against)? ?(?:any of )?"
        rf"(?:{_WHOSE})? ?(?:sample|broker|research|analyst|market|brokerage)?s? ?(?:research )?(?:{_TEXTS})(?:'s|')?"
        rf"(?= |\b)(?: (?:{_SAYING}))?(?: (?:about|on|of|regarding|it))?\b"
    ),
    (
        rf"^(?:and |also |then )*(?:{_ASKING})\b"
        r"(?: (?:does|do|did|is|are|was|were|has|have|for|out|where|there|much|many|large|big))*"
    ),
    r"\b(?:say|says|said|mention|mentions|mentioned) (?:about|on|of)? ?(?:it|this|that|them)?(?=\W|$)",
    r"(?:, ?|\b)(?:and )?(?:what|does|do|did)?\W*\b(?:it|its|that|them)?\W*$",
)
_CHINESE = (
    r"(?:请问|请|麻烦|帮我|帮忙|告诉我|我想知道|想知道|能否|能不能|可以|我?记得|印象[中里]|顺便|顺带|来着)",
    r"[的那]?(?:[那这][句段处个])?(?:原话|原句|原文|话|句子|段落|段|表述|说法)?(?:给我)?(?:找|摘|列|挑|贴|引|念)(?:出来|一下|给我)",
    r"有(?:一?[篇份本])|(?:里面|里头)?(?:讲|提|列|写|说|给)[到过]+(?:的|了)?|翻(?:一下|翻|一翻|看)?|关于它的?|对它的?",
    (
        r"(?:先|再|然后|同时|顺便|另外|还有|并且|并)?"
        r"(?:查一下|查查|查找|找一下|找找|找到|搜索|搜一下|搜|检索|看一下|看看|看下|算一下|算算|算下)"
    ),
    (
        r"(?:根据|依据|按照|从|在)?(?:这份|这篇|这些|那份|那些|哪份|哪篇|样本|样例|示例)?"
        r"(?:研究报告|研报|报告|周报|券商|材料|资料|文中|文里)(?:原文)?(?:里面|里头|里|中|上)?(?:又|也|都)?(?:是)?"
    ),
    (
        r"(?:怎么[说看讲写]的?|如何看待|[说讲写]了什么|提到了什么|提到|提及|[说写]的是|有没有|是不是|有什么|是什么|是多少|有多少"
        r"|是哪个数|哪个数|多少|哪些|怎么样|也?(?:提到|说到)?它们?了?(?=[吗么\s?？]|$))"
    ),
    r"[吗呢呀吧么]+(?=[\s?？。!！]|$)",
)
_LINKS = (
    "and|but|or|also|then|do|does|did|is|are|give|gives|show|tell|me|us|it|that|the|a|an|of|for|to|with|in|on"
)
_EDGES = re.compile(
    rf"^(?:[\s,，、:：]|(?:and|but|or|also|then)\b|先)+|(?:[\s,，、:：的]|(?<=[\s,，])(?:{_LINKS}|并|再)\b)+$",
    re.IGNORECASE,
)
_LOOSE = re.compile(r"\s+(?=[,，、:：])")


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(re.compile(pattern, re.IGNORECASE) for pattern in (*_CHINESE, *_ENGLISH))


def search_query(question: str) -> str:
    """``question`` without question words and words about reports; the whole of it when nothing else is left."""
    kept: list[str] = []
    for sentence in re.split(r"[?？。！!；;\n]+|\.\s", question[:_LONGEST]):
        rest = sentence.strip()
        for pattern in _patterns():
            rest = pattern.sub(" ", rest).strip()
        rest = _LOOSE.sub("", _EDGES.sub("", rest))
        rest = " ".join(rest.split())
        if len(re.sub(r"[\W_]", "", rest)) > 1:
            kept.append(rest)
    return " ".join(kept) or " ".join(question[:_LONGEST].split())
