"""Which metric a clause names, and what the evidence says of it."""

from __future__ import annotations

__all__ = ["Metrics"]

import re
from collections.abc import Iterable
from functools import cache

from tieout.contract.figures import Figure
from tieout.marks._index import Known
from tieout.quantities import DEFAULT, Quantity, agrees

# What a metric is also called. Figures name their metric in English; answers may be in Chinese.
_OTHER_NAMES: dict[str, tuple[str, ...]] = {
    "mfu": ("算力利用率", "flop utilisation", "flops utilization", "flop utilization", "模型利用率"),
    "training flop": ("训练计算量", "训练算力", "总计算量", "training flops", "training compute"),
    "device-hours": ("device hours",),
    "training tokens": ("训练 token", "训练token", "训练数据", "训练词元"),
    "parameters": ("参数", "参数量"),
    "active parameters": ("激活参数",),
    "memory": ("显存",),
    "memory bandwidth": ("显存带宽", "内存带宽"),
    "board power": ("功耗", "tdp", "power"),
    "rental price": ("租金", "租价", "租赁价格", "rent", "price per hour"),
    "rental cost": ("租金", "成本", "cost"),
    "duration": ("时长", "天数", "耗时"),
    "energy": ("耗电", "能耗", "电量"),
    "weights": ("权重",),
    "close": ("收盘价", "closing price"),
    "dense bf16 peak": ("bf16 稠密峰值", "bf16 peak", "bf16 峰值", "bf16 算力"),
    "dense fp16 peak": ("fp16 稠密峰值", "fp16 peak", "fp16 峰值", "fp16 算力"),
    "dense fp8 peak": ("fp8 稠密峰值", "fp8 peak", "fp8 峰值", "fp8 算力"),
}
# Figures of one metric that a number is held against.
_MOST_RIVALS = 200


@cache
def _pieces() -> re.Pattern[str]:
    return re.compile(r"[a-z0-9]+|[一-鿿]")


@cache
def _word(name: str) -> re.Pattern[str]:
    before = "(?<![a-z0-9])" if name[0].isascii() else ""
    after = "(?![a-z0-9])" if name[-1].isascii() else ""
    return re.compile(before + re.escape(name) + after)


class Metrics:
    """The figures of a turn by metric."""

    def __init__(self, known: Iterable[Known]) -> None:
        self._by_metric: dict[str, list[Known]] = {}
        for entry in known:
            if entry.figure.metric and not entry.prior:
                self._by_metric.setdefault(entry.figure.metric.lower(), []).append(entry)
        self._names: dict[str, list[tuple[str, str]]] = {}
        for metric in self._by_metric:
            for name in (metric, *_OTHER_NAMES.get(metric, ())):
                if first := _pieces().match(name):
                    self._names.setdefault(first[0], []).append((name, metric))
        for names in self._names.values():
            names.sort(key=lambda pair: len(pair[0]), reverse=True)

    def named(self, figure: Figure, clause: str) -> bool:
        """Whether ``clause`` (lower case) names the metric of ``figure``."""
        metric = figure.metric.lower()
        return bool(metric) and any(
            name in clause and _word(name).search(clause) for name in (metric, *_OTHER_NAMES.get(metric, ()))
        )

    def rival(self, known: Known, number: Quantity, subjects: frozenset[str]) -> Known | None:
        """What the evidence says of one of ``subjects`` for the metric of ``known``, when that is not ``number``."""
        for other in self._by_metric.get(known.figure.metric.lower(), ())[:_MOST_RIVALS]:
            if other.figure.subject in subjects and _denies(other.figure, number):
                return other
        return None

    def contradicted(self, number: Quantity, clause: str, subjects: frozenset[str]) -> Known | None:
        """The figure of the metric that ``clause`` names nearest to the number, when it says something else.

        ``clause`` has a line end where the number stands.
        """
        before, _, after = clause.partition("\n")
        for metric in (*reversed(self._metrics_of(before)), *self._metrics_of(after)):
            for other in self._by_metric[metric][:_MOST_RIVALS]:
                if subjects and other.figure.subject and other.figure.subject not in subjects:
                    continue
                if _denies(other.figure, number):
                    return other
        return None

    def _metrics_of(self, clause: str) -> list[str]:
        """The metrics that ``clause`` names, in order; of two names at one place the longer."""
        found: list[str] = []
        end = 0
        for piece in _pieces().finditer(clause):
            if piece.start() < end:
                continue
            for name, metric in self._names.get(piece[0], ()):
                if match := _word(name).match(clause, piece.start()):
                    found.append(metric)
                    end = match.end()
                    break
        return found


def _denies(figure: Figure, number: Quantity) -> bool:
    """Whether ``figure`` measures what ``number`` does and neither its value nor its interval agrees."""
    if figure.unit not in DEFAULT or DEFAULT.get(figure.unit).dimension != DEFAULT.get(number.unit).dimension:
        return False
    if not number.unit and figure.unit:
        return False
    ends = [end for end in (figure.value, figure.low, figure.high) if end is not None]
    if any(agrees(number, end, figure.unit) for end in ends):
        return False
    if figure.low is None or figure.high is None:
        return True
    value = DEFAULT.convert(number.value, number.unit, figure.unit)
    return not figure.low <= value <= figure.high
