"""Texts as sparse vectors: words, character n-grams, and the classes of the typed things in them."""

from __future__ import annotations

__all__ = ["Vector", "cosine", "features", "normalized"]

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import cache

from tieout.models.offline.entities import Reading
from tieout.models.offline.thesaurus import concepts

Vector = dict[str, float]

_FUNCTION_WORDS = frozenset(
    re.findall(
        r"\w+",
        "a an and are as at be by can could did do does for from had has have i in into is it its me my of on or "
        "please that the their them then this to up was were will with would you your s t",
    )
)
_CJK = "\u3400-\u4dbf\u4e00-\u9fff"
# What a feature of each sort counts, relative to a word or a pair of characters.
_SINGLE, _TRIGRAM, _TYPED, _FUNCTION, _CONCEPT = 0.35, 0.3, 0.8, 0.25, 1.5


@cache
def _pattern() -> re.Pattern[str]:
    return re.compile(rf"(?P<cjk>[{_CJK}]+)|(?P<word>[a-z]+)")


def features(reading: Reading) -> Vector:
    """Feature to raw weight; repeats count with their square root."""
    counts: Counter[str] = Counter()
    weights: Vector = {}
    for name, weight in _features(reading):
        counts[name] += 1
        weights[name] = weight
    return {name: weights[name] * math.sqrt(count) for name, count in counts.items()}


def _features(reading: Reading) -> Iterable[tuple[str, float]]:
    for entity in reading.entities:
        yield f"<{entity.label}>", _TYPED * entity.weight
    for concept in concepts(reading.masked):
        yield f"[{concept}]", _CONCEPT
    for match in _pattern().finditer(reading.masked):
        if run := match["cjk"]:
            for index, character in enumerate(run):
                yield character, _SINGLE
                if index + 1 < len(run):
                    yield run[index : index + 2], 1.0
        else:
            word = match["word"]
            if word in _FUNCTION_WORDS:
                yield word, _FUNCTION
                continue
            yield word, 1.0
            padded = f"^{word}$"
            for index in range(len(padded) - 2):
                yield "~" + padded[index : index + 3], _TRIGRAM


def normalized(vector: Mapping[str, float]) -> Vector:
    """The vector with length 1; an empty one stays empty."""
    length = math.sqrt(sum(value * value for value in vector.values()))
    return {name: value / length for name, value in vector.items()} if length else {}


def cosine(a: Mapping[str, float], b: Mapping[str, float]) -> float:
    """Dot product of two vectors of length 1."""
    if len(a) > len(b):
        a, b = b, a
    return sum(value * b[name] for name, value in a.items() if name in b)
