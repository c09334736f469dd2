"""Takes a question apart without a language model: what it is about, which names and numbers a passage should hold."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from tieout.quantities import Quantity, find
from tieout.text import fold, language_of, tokens
from tieout_report_search.glossary import abbreviations, counterparts

__all__ = ["Question", "read_question"]

HAN = "\u3400-\u4dbf\u4e00-\u9fff"
NAME_WEIGHT = 1.5
VARIANT_WEIGHT = 0.5
TERM_WEIGHT = 0.7
"""Of a term of the same meaning, in the other language above all."""

_FURNITURE = """
是哪只股票 哪只股票 用了多少 报告里怎么说
报告中怎么说 报告怎么说 研报怎么说 怎么说 怎么看 怎么讲 怎么样 怎么 如何看待 如何 说了什么 讲了什么
写了什么 提到了什么 提到 提及 里面 里头 说的是 说的 是多少 是什么 有多少 有哪些 有没有 是不是 多少 哪些 哪个
哪只 哪家 哪一 什么 为什么 为何 请问 请帮我 帮我 请 告诉我 我想知道 想知道 查一下 查查 查找 找一下 找找 搜索
搜一下 看一下 看看 找出来 摘出来 列出来 那句话 那段话 这句话 那句 那段 原话 原文 翻一下 翻翻 我记得 记得
来着 哪个数 有篇 提到过 列过 讲过 说过 给的 顺便 帮忙 它的 他们
关于 对于 根据 依据 按照 这份 这篇 这些 那份 那些 样本报告 示例报告 样例报告 研究报告 研报
报告里 报告中 报告 周报 文中 文里 吗 呢 呀 吧 了解 介绍一下 介绍 是哪 大概 大约 分别
"""
_STOP_WORDS = """
a about according after all also am an and any are as at be been before being but by can could did do does doing
each find for from gave give given gives had has have how i if in into is it its know let like look looking many
me mean mention mentioned mentions more most much my of on or our out over please quote quoted report reported
reports research sample say saying says said search see should show so some source sources state stated states
tell than that the their them then there these they thing this those to up us use used was we were what when
where which while who whose why will with would you your stock stocks share shares note notes document documents
"""


@cache
def _stop_words() -> frozenset[str]:
    return frozenset(_STOP_WORDS.split())


@dataclass(frozen=True)
class Question:
    """What a search looks for."""

    text: str
    weights: dict[str, float]
    """Query tokens with their weights; lighter ones are variants of a token (plural, singular)."""
    variants: dict[str, str]
    """Variant token to the token of the question."""
    names: tuple[str, ...]
    """Names that a fitting passage holds: quoted words, products, part numbers, codes."""
    needed: tuple[str, ...]
    """Names without which a passage is about something else: quoted words, and Chinese names in an English text."""
    focus: frozenset[str]
    """Tokens of the property that is asked for; a quote that answers names it."""
    numbers: tuple[Quantity, ...]
    """Numbers with a unit, or large ones; a passage that gives the same is preferred."""

    @property
    def tokens(self) -> tuple[str, ...]:
        """The question's own tokens, without variants."""
        return tuple(token for token in self.weights if token not in self.variants)


def read_question(text: str) -> Question:
    """Strip question words ("what does the report say about") and find names and numbers."""
    content = _content(text) or fold(text).text
    words = _without_numbers(text)
    needed = _needed(words)
    names = tuple(dict.fromkeys([*needed, *_latin_names(words)]))
    named = {token for name in names for token in tokens(name, query=True)}
    focus = frozenset(tokens(_focus(text), query=True))
    weights: dict[str, float] = {}
    variants: dict[str, str] = {}
    for token in tokens(content, query=True):
        if token not in _stop_words():
            weights[token] = NAME_WEIGHT if token in named else 1.0
    for token in list(weights):
        for variant in _variants(token):
            if variant not in weights:
                weights[variant] = VARIANT_WEIGHT
                variants[variant] = token
    for variant, token in counterparts(fold(text).text):
        if token in weights and token not in variants and variant not in weights:
            weights[variant] = TERM_WEIGHT
            variants[variant] = token
    return Question(text, weights, variants, names, needed, focus, _numbers(text))


@cache
def _furniture() -> re.Pattern[str]:
    return re.compile("|".join(sorted(_FURNITURE.split(), key=len, reverse=True)))


def _content(text: str) -> str:
    """The folded text without question words, which leave a space so that no pair of characters spans them."""
    words = _furniture().sub(" ", fold(text).text)
    kept = re.sub(
        r"(?<![\w-])[a-z]+(?:'[a-z]+)?(?![\w-])",
        lambda match: " " if match[0] in _stop_words() else match[0],
        words,
    )
    return kept if tokens(kept) else ""


def _without_numbers(text: str) -> str:
    """The text with spaces for numbers and their Chinese units: neither 6.4M nor 亿参数 is a name."""
    blanked = list(text)
    for number in find(text):
        if number.kind in ("label", "ordinal"):
            continue
        for match in re.finditer(rf"\d[\w.,]*|[{HAN}]+", text[number.start : number.end]):
            if not re.fullmatch(r"\d{6}", match[0]):
                start = number.start + match.start()
                blanked[start : start + len(match[0])] = " " * len(match[0])
    return "".join(blanked)


def _needed(text: str) -> tuple[str, ...]:
    pattern = r"“([^”]{2,40})”|\"([^\"]{2,40})\"|「([^」]{2,40})」|《([^》]{2,60})》"
    quoted = [match[match.lastindex or 0] for match in re.finditer(pattern, text)]
    if language_of(text) == "en":
        quoted += [match[0] for match in re.finditer(f"[{HAN}]{{2,12}}", _furniture().sub(" ", text))]
    return tuple(dict.fromkeys(quoted))


def _focus(text: str) -> str:
    """The property that is asked for: the word before 是多少, or after "what is the"."""
    chinese = re.search(
        rf"([A-Za-z][A-Za-z0-9]*|[{HAN}]{{2,6}})\s*(?:是多少|为多少|有多少|有多大|有多高|多大|多高)", text
    )
    english = re.search(
        r"(?i)\bwhat (?:is|was|are|were) (?:the |its )?([a-z][\w-]*(?: [a-z][\w-]*)?) (?:of|for|in|per)\b",
        text,
    )
    return chinese[1] if chinese else english[1] if english else ""


def _latin_names(text: str) -> list[str]:
    """Words with a capital or a digit inside, such as H100, DeepSeek-V3, MFU and six-digit codes."""
    found: list[str] = []
    for match in re.finditer(r"[A-Za-z0-9]+(?:[-.][A-Za-z0-9]+)*", text):
        word = match[0]
        opening = not text[: match.start()].strip() or text[: match.start()].rstrip()[-1:] in tuple(
            ".?!。？！"
        )
        named = bool(re.search(r"[A-Z]", word[0 if not opening else 1 :])) or bool(
            re.fullmatch(r"(?i)\d{6}|[a-z]{1,6}-?\d{1,4}[a-z]{0,2}", word)  # h20, gpt-4; first words, too
        )
        if named and fold(word).text not in _stop_words() | abbreviations() and len(word) > 1:
            found.append(word)
    return list(dict.fromkeys(found))


def _variants(token: str) -> list[str]:
    if re.fullmatch(r"[a-z]{1,3}\d{2,4}", token):  # part numbers: A100s
        return [token + "s"]
    if not re.fullmatch(r"[a-z]{4,}", token):
        return []
    if token.endswith("ies"):
        return [token[:-3] + "y"]
    if token.endswith("s"):
        return [] if token.endswith("ss") else [token[:-1]]
    return [token[:-1] + "ies" if token.endswith("y") else token + "s"]


def _numbers(text: str) -> tuple[Quantity, ...]:
    return tuple(
        number
        for number in find(text)
        if number.kind in ("number", "percent", "money", "multiple")
        and (number.unit or abs(number.value) >= 100)
    )
