"""How questions are worded, in Chinese and English: what asks, what joins, what says nothing by itself."""

from __future__ import annotations

__all__ = [
    "asks",
    "asks_documents",
    "attributes",
    "fillers",
    "function_words",
    "imperative",
    "interrogative",
    "joints",
    "recomputes",
]

import re
from functools import cache


@cache
def joints() -> re.Pattern[str]:
    """Where a question may pass from one request to the next."""
    return re.compile(
        r"[?？。!！;；\n]+|\.\s+(?=[A-Z])|[,，]\s*(?:and\b|then\b|also\b|plus\b)?"
        r"|\s(?:and then|and|then|plus|as well as)\s|\s[-–—/|;]{1,3}\s|\s?[+＋&]\s?(?=[^\W\d])"
        r"|(?<=[^\s,，])(?:并且|并|同时|以及|顺便|另外|还有|然后|再(?=[查看找搜算问])|和(?=报告|研报))",
        re.IGNORECASE,
    )


@cache
def asks() -> re.Pattern[str]:
    """A part of a question that asks for something, rather than naming what the rest is about."""
    return re.compile(
        r"[?？几哪谁吗么呢怎算查求估]|多少|什么|代码|代號|代碼|如何|是否|给出|找|告诉|对比|比较"
        r"|\b(?:what|which|how|who|where|when|is|are|does|do|did|can|will|compute|calculate|estimate|find|look|check|tell"
        r"|give|show|work|use|compare|identify|resolve|ticker|code|mfu|scan)\b",
        re.IGNORECASE,
    )


@cache
def interrogative() -> re.Pattern[str]:
    """A question, by its mark or by a word that asks."""
    return re.compile(
        r"[?？]|[几哪谁怎]|多少|什么|什麼|何时|何地|为什么|為什麼|是否|吗(?:\W|$)|嗎"
        r"|\b(?:what|which|how|who|whose|whom|where|when|why)\b",
        re.IGNORECASE,
    )


@cache
def imperative() -> re.Pattern[str]:
    """An order at the beginning: "tell me a joke"."""
    return re.compile(
        r"\W*(?:please\s+|also\s+|then\s+)*(?:tell|write|draw|send|book|translate|explain|summari[sz]e|give|show|list|plot)\b"
        r"|\W*(?:请|再|另外|顺便|帮我|给我)*(?:写|画|讲|翻译|发|列|总结|介绍|告诉|说明|解释)",
        re.IGNORECASE,
    )


@cache
def asks_documents() -> re.Pattern[str]:
    """ "What does the weekly say", "报告观点": what to look for may stand elsewhere, that it is in reports is said."""
    documents = r"(?:reports?|research|notes?|weekly|monthly|documents?|papers?|analysts?|brokers?)"
    saying = r"(?:say|says|said|mention|mentions|mentioned|write|writes|wrote|put|puts|describe|describes|think|thinks)"
    return re.compile(
        rf"\b(?:what|how|whatever|anything)\b[^?？。.]{{0,40}}\b{documents}\b[^?？。.]{{0,30}}\b{saying}\b"
        rf"|\b{documents}\b[^?？。.]{{0,10}}\b(?:views?|quotes?|passages?|coverage|take)\b"
        r"|(?:报告|研报|周报|月报|报道|專題|专题|報告|研報|券商|文中|资料)[^,，。?？]{0,8}"
        r"(?:怎么|如何|什么|什麼|怎麼|观点|看法|描述|说法|原话|原文|介绍|评价|说|写|讲|提)",
        re.IGNORECASE,
    )


@cache
def attributes() -> re.Pattern[str]:
    """ "According to the report, …": the documents are where the answer is to come from, not a second question."""
    documents = r"(?:reports?|notes?|documents?|papers?|filings?|weekly)"
    return re.compile(
        r"\b(?:according to|as (?:stated|given|quoted|reported) (?:in|by)|based on|per)\s+"
        rf"(?:the\s+)?(?:\w+\s+)?{documents}\b"
        r"|(?:根据|按照|依据|依照|据)[^,，。?？]{0,12}(?:报告|研报|周报|专题|材料|资料|文档)"
        r"|(?:看|查|翻|找)(?:一下|一?看|一?查|下|翻)?(?:报告|研报|周报)\W*$"
        rf"|\b(?:look|check)(?: it up)? (?:in|at)?\s*(?:the\s+)?{documents}\W*$",
        re.IGNORECASE,
    )


@cache
def recomputes() -> re.Pattern[str]:
    """What is quoted is to be worked out as well: "according to the report …? Please also recompute it from …"."""
    return re.compile(
        r"\b(?:re-?comput|re-?calculat|re-?deriv|double-?check|verify|compute|calculate)\w*\b"
        r"|\bwork (?:it |that |this )?out\b"
        r"|[再也另自][己外]?[^。?？]{0,6}算|重新?算|核算|复核|验算|核对|推算",
        re.IGNORECASE,
    )


@cache
def fillers() -> re.Pattern[str]:
    """What a supplement ("and with an H200 then?") may hold beside what is typed in it."""
    english = (
        "what about|how about|and|or|with|at|on|for|use|using|used|instead|it|its|is|was|were|are|the|an?|of|to|if|then"
        "|say|let us|make|try|take|assume|same|but|i|meant|mean|sorry|ok|okay|please|about|there|they|in|we|now"
        "|trained|that|this"
    )
    chinese = (
        "那么|那|如果|假如|假设|换成|改成|改用|换|用的是|用了|用|按|的话|呢|吧|啊|是|大概|大约|约|一共|总共|再|它|其|我|有|了|的|就|好的|请|算"
        "|在|来|为"
    )
    return re.compile(rf"\b(?:{english})\b|{chinese}", re.IGNORECASE)


@cache
def function_words() -> re.Pattern[str]:
    """Words that say nothing about what a text is about."""
    english = (
        "what|which|how|who|whose|whom|where|when|why|is|are|was|were|be|been|do|does|did|has|have|had|can|could|will|would"
        "|should|may|might|the|an?|of|to|in|on|at|for|from|with|by|as|and|or|but|then|also|plus|so|if|it|its|this|that"
        "|these|those|they|them|their|there|here|i|me|my|we|us|our|you|your|please|tell|give|show|say|let|know|want|need"
        "|like|just|only|again|much|many|more|most|some|any|all|about|out|up|get|got|go|going|make|makes|made|take|takes"
        "|come|comes|put|use|uses|used|using|than|not|no|yes|thanks|hi|hey|hello|ok|okay|one|two|both|each|same|other|else|work|works"
    )
    chinese = (
        "多少|什么|什麼|怎么样|怎么|怎麼|怎样|如何|哪些|哪个|哪一|哪里|哪儿|哪家|哪位|哪|谁|几个|几|为什么|為什麼|何时|何地|是否|是不是|有没有"
        "|能不能|可以|需要|应该|帮我|给我|告诉|请问|请|麻烦|一下|看看|算算|算出|算|查查|顺便|另外|同时|以及|还有|并且|然后|再|并|和|与|或|及"
        "|大概|大约|约|左右|一共|总共|到底|究竟|来着|这么|那么|这个|那个|这些|那些|这样|它们|它|他|她|我们|我|你|您|咱们|咱|该|此|其"
        "|的|了|是|在|有|要|会|能|得|用|把|被|给|让|为|由|从|到|对|按|就|都|也|又|还|吗|嗎|呢|吧|啊|呀|么|话|如果|假设|假如|说|问|想"
    )
    return re.compile(rf"\b(?:{english})\b|{chinese}", re.IGNORECASE)
