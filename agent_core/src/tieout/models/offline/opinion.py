"""A second opinion on close calls from the host's embedder."""

from __future__ import annotations

__all__ = ["SecondOpinion"]

from collections.abc import Mapping, Sequence
from operator import mul

from tieout.contract.tools import Embedder

_RIVALS = 3
_SAY = 0.3
"""The most the embedder can add to one class."""


class SecondOpinion:
    """Compares a text with the utterances of the likeliest classes only: each utterance costs some 30 ms of CPU once.

    Args:
        embedder: The host's embedder.
        utterances: Class to its utterances; embedded when the class is first looked at.
    """

    def __init__(self, embedder: Embedder, utterances: Mapping[str, Sequence[str]]) -> None:
        self._embedder = embedder
        self._utterances = utterances
        self._centroids: dict[str, list[float]] = {}

    def adjusted(self, text: str, scores: Mapping[str, float], *, unsure: float) -> dict[str, float]:
        """``scores`` with up to 0.3 more for the nearest of the best classes, where they lie closer than ``unsure``."""
        adjusted = dict(scores)
        order = sorted(scores, key=lambda name: (-scores[name], name))
        rivals = [n for i, n in enumerate(order) if (i < _RIVALS or not n) and self._utterances.get(n)]
        if len(order) < 2 or len(rivals) < 2 or scores[order[0]] - scores[order[1]] >= unsure:
            return adjusted
        query = self._vectors([text])[0]
        likeness = {name: _dot(query, self._centroid(name)) for name in rivals}
        low, high = min(likeness.values()), max(likeness.values())
        # Embedders differ in their scale, so only the order and the relative distances count.
        for name, value in likeness.items():
            adjusted[name] += _SAY * (value - low) / (high - low) if high > low else 0.0
        return adjusted

    def _centroid(self, name: str) -> list[float]:
        if name not in self._centroids:
            rows = self._vectors(list(self._utterances[name]))
            total = [sum(column) for column in zip(*rows, strict=True)]
            length = _dot(total, total) ** 0.5 or 1.0
            self._centroids[name] = [value / length for value in total]
        return self._centroids[name]

    def _vectors(self, texts: list[str]) -> list[list[float]]:
        # Utterances and questions are the same sort of text, so both are queries.
        return [[float(value) for value in row] for row in self._embedder.embed(texts, "query")]


def _dot(a: Sequence[float], b: Sequence[float]) -> float:
    return sum(map(mul, a, b))
