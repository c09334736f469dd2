"""Numbers of a text with their roles: what ``tieout.quantities`` finds, and what the words around it say."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal

from tieout_compute_estimator.claims import cues
from tieout_compute_estimator.claims.frames import Measure, Mention, Role
from tieout_compute_estimator.claims.lists import second_look
from tieout_compute_estimator.claims.roles import Words, role_of
from tieout_compute_estimator.claims.scopes import TIMES, denominators, scope_of
from tieout_compute_estimator.claims.units import COUNTED, claim_units
from tieout_compute_estimator.claims.unread import devices_named, servers_named, unread

if TYPE_CHECKING:
    from tieout.quantities import Quantity

__all__ = ["measures_of", "years_of"]

_BEFORE, _AFTER = 22, 16
_LASTING: tuple[Role, ...] = (
    "devices", "servers", "per_server", "ports", "params", "active_params", "layers", "rate", "mfu", "memory",
    "link", "memory_bandwidth", "item_price", "unit_price",
)  # fmt: skip
"""Roles of what is there and does not come in so and so often a day."""


def years_of(quantities: Sequence[Quantity]) -> list[tuple[str, int]]:
    """The years and periods named, as ISO forms with their places."""
    return [(found.iso, found.start) for found in quantities if found.iso]


def measures_of(text: str, mentions: Sequence[Mention]) -> tuple[list[Measure], list[tuple[str, int]]]:
    """The numbers of a claim with their roles, in order, and the periods that it names."""
    from tieout.quantities import find

    found = find(text, units=claim_units())
    masked = _masked(text, mentions)
    measures = [measure for quantity in found for measure in _read(text, masked, quantity, found, mentions)]
    measures += unread(text, measures)
    measures = devices_named(text, servers_named(text, measures, mentions), mentions)
    measures.sort(key=lambda measure: measure.start)
    return second_look(text, measures), years_of(found)


_ONCE = re.compile(
    r"^(?:一|1 ?个?|每)?(?:天|日|年|个?月|小时)$|^(?:a|one|each|every) (?:day|year|month|hour)$",
    re.IGNORECASE,
)
_LASTS = re.compile(
    r"(?:跑|运行|训练|连续|用时|耗时|持续|满载|历时|工作|不到|需要?|花了?|用了?|for|over|in|within|takes?|lasts?|only|just)"
    r"\s?(?:约|了|整|about)?\s?$",
    re.IGNORECASE,
)


def _is_scope(text: str, quantity: Quantity) -> bool:
    """一天耗电, 一年前: one day that says what another number is for, and no duration."""
    if quantity.dimension != "time" or not _ONCE.match(quantity.text.strip()):
        return False
    if re.match(r"(?:之|以)?内| of| or less", text[quantity.end :]) or re.search(
        r"(?:在|within|in)\s?$", text[: quantity.start]
    ):
        return False
    if re.match(r"(?:之?前|以前| ago| earlier)", text[quantity.end :]):
        return True
    return not _LASTS.search(text[max(0, quantity.start - 10) : quantity.start]) and bool(
        re.match(r"[^,。;\d]{1,14}\d", text[quantity.end :])
    )


def _read(
    text: str, masked: str, quantity: Quantity, others: Sequence[Quantity], mentions: Sequence[Mention]
) -> Iterator[Measure]:
    if quantity.kind in ("date", "period", "ordinal", "label") or _is_scope(text, quantity):
        return
    if any(mention.start <= quantity.start and quantity.end <= mention.end for mention in mentions):
        return  # the 20B of GPT-NeoX-20B, the 80GB of H100-80GB
    if quantity.unit == "bit" and quantity.value <= 64:
        return  # 4-bit is a number format
    if (change := _as_change(text, quantity)) is not None:
        for part in change:
            yield from _read(text, masked, part, others, mentions)
        return
    if quantity.dimension in ("gpu", "chip") and text[: quantity.start].endswith(("$", "¥")):
        yield from _priced(text, quantity)
        return
    start, end = quantity.start, quantity.end
    left = max(
        [o.end for o in others if o.end <= start and o.kind != "label" and not _is_scope(text, o)], default=0
    )
    right = min([other.start for other in others if other.start >= end], default=len(text))
    before, after = text[max(left, start - _BEFORE, 0) : start], text[end : min(right + 2, end + _AFTER)]
    wide = text[max(0, start - 2 * _BEFORE) : end + 2 * _AFTER]
    dimension, unit = quantity.dimension, _plain_unit(quantity)
    scope: tuple[str, ...] = ()
    if (split := denominators(dimension, quantity.unit)) is not None and not dimension.startswith("money:"):
        dimension, unit, scope = split
    scope = tuple(
        dict.fromkeys(
            (
                *scope,
                *scope_of(
                    masked[max(left, start - 84) : start],
                    masked[end : min(right, end + 34)],
                    dimension=dimension,
                ),
            )
        )
    )
    role, unit, factor = role_of(
        quantity, dimension, unit, Words(text, before, after, wide, scope, text[end : end + 44])
    )
    if role == "params" and "token" in scope:
        role = "active_params"  # uses only 12.9B per token
    if role in ("params", "active_params") and abs(quantity.value) < 1e4:
        return  # the version of a name, and no size
    if unit in ("OP/s", "FLOP/s") and abs(quantity.value) >= 1e9:
        unit, factor = "TFLOP/s", factor * 1e-12  # 1 万亿次每秒
    value, low, high = quantity.value, quantity.low, quantity.high
    if quantity.text.startswith("-") and value < 0 and role == "memory":
        value = -value
    scaled = [None if end_ is None else end_ * factor for end_ in (value, low, high)]
    yield Measure(
        value=scaled[0] or 0.0,
        unit=unit,
        dimension=_dimension(unit),
        role=role,
        text=quantity.text,
        start=start,
        end=end,
        low=scaled[1],
        high=scaled[2],
        approximate=quantity.approximate,
        bound=_bound(text, quantity),
        step=quantity.step * factor,
        dtype=_dtype(text, start, end) if role in ("rate", "memory", "weights", "cache", "mfu") else "",
        sparse=_sparse(text, start, end) if role == "rate" else None,
        per=_per(role, text, start, end, scope),
        scope=tuple(one for one in scope if one != "second" and not (one in TIMES and role in _LASTING)),
        chinese=bool(re.search("[万亿]", quantity.text)),
    )


def _priced(text: str, quantity: Quantity) -> Iterator[Measure]:
    """The price in "a $30,000 H100", which the reader of quantities takes for so many H100."""
    digits = re.match(r"[\d,.]+", quantity.text)
    if digits is None:
        return
    start = quantity.start - 1
    unit = "USD" if text[start] == "$" else "CNY"
    yield Measure(
        value=quantity.value, unit=unit, dimension=_dimension(unit), role="item_price",
        text=text[start : quantity.start + digits.end()], start=start, end=quantity.start + digits.end(),
        step=quantity.step, scope=("gpu",), per="device",
    )  # fmt: skip


_MOVED = re.compile(r"(?:(?<![a-z])from|由|从)\s?$", re.IGNORECASE)
_TO = re.compile(r"\s?(?:(?<![a-z])to(?![a-z])|至|到)\s?")


def _as_change(text: str, quantity: Quantity) -> tuple[Quantity, Quantity] | None:
    """Two numbers where "from 40 to 60 tokens per second" was read as a range."""
    if quantity.low is None or quantity.high is None or not _MOVED.search(text[: quantity.start]):
        return None
    cut = _TO.search(quantity.text)
    if cut is None:
        return None
    rising = abs(quantity.low) <= abs(quantity.high) and not re.search(
        r"fell|fall|drop|declin|shr[aiu]nk|降|减|缩|cut|reduc", text[: quantity.start], re.IGNORECASE
    )
    values = (quantity.low, quantity.high) if rising else (quantity.high, quantity.low)
    ends = (quantity.start + cut.start(), quantity.end)
    starts = (quantity.start, quantity.start + cut.end())
    first, second = (
        replace(quantity, value=value, low=None, high=None, start=start, end=end, text=text[start:end])
        for value, start, end in zip(values, starts, ends, strict=True)
    )
    return first, second


def _masked(text: str, mentions: Sequence[Mention]) -> str:
    """The text with names as plain nouns of the same length, so that the digits of a name end no phrase."""
    pieces = list(text)
    for mention in mentions:
        noun = {"device": "GPU", "system": "server"}.get(mention.kind, "X")
        length = mention.end - mention.start
        pieces[mention.start : mention.end] = (noun if len(noun) <= length else "X").ljust(length, " ")
    return "".join(pieces)


def _plain_unit(quantity: Quantity) -> str:
    """A symbol of the default table; empty for what is only counted."""
    from tieout.quantities import DEFAULT

    return quantity.unit if quantity.unit in DEFAULT or quantity.dimension in COUNTED else ""


def _bound(text: str, quantity: Quantity) -> Literal["at least", "at most"] | None:
    """The bound that is said, 还多 and "or more" behind the number included; "adds up to" is none."""
    if quantity.bound == "at most" and re.search(
        r"(?:add(?:s|ed|ing)?|sum(?:s|med|ming)?|total(?:s|led|ing)?) up to\s?(?:about|roughly|around"
        r"|some|nearly|approximately)?\s?$",
        text[: quantity.start],
        re.IGNORECASE,
    ):
        return None
    more = re.match(r"(?:还|甚至)?(?:更?多|有余)|\s?(?:or|and) more", text[quantity.end : quantity.end + 8])
    return quantity.bound or ("at least" if more else None)


def _dimension(unit: str) -> str:
    from tieout.quantities import DEFAULT

    return DEFAULT.get(unit).dimension if unit in DEFAULT else "number"


def _dtype(text: str, start: int, end: int) -> str:
    clause_start = max(text.rfind(mark, 0, start) for mark in ("。", ";", ",", "\n", "、")) + 1
    close = cues.dtype_of(text[max(clause_start, start - 18) : start]) or cues.dtype_of(text[end : end + 14])
    return close or cues.dtype_of(text[max(0, start - 30) : end + 24])


def _sparse(text: str, start: int, end: int) -> bool | None:
    match = cues.SPARSE.search(text, max(0, start - 24), min(len(text), end + 24))
    return None if match is None else match["yes"] is not None


_PER: dict[str, Literal["device", "server"]] = {"gpu": "device", "server": "server"}


def _per(
    role: Role, text: str, start: int, end: int, scope: tuple[str, ...]
) -> Literal["", "device", "server", "chip", "year", "month"]:
    before, after = text[max(0, start - 16) : start], text[end : end + 14]
    around = re.split(r"[,;。]", before)[-1] + "|" + re.split(r"[,;。]", after)[0]
    if role in ("multiple", "growth", "percent"):
        return "year" if cues.PER_YEAR.search(around) else ""
    if role in ("rate", "power", "link", "item_price", "memory", "memory_bandwidth"):
        for one in scope:
            if one in _PER:
                return _PER[one]
        if "port" in scope:
            return ""
        if cues.PER_DEVICE.search(around):
            return "device"
        return "server" if cues.PER_SERVER.search(around) else ""
    if role in ("compute", "cost", "visits", "energy"):
        return "month" if cues.PER_MONTH.search(around) else "year" if cues.PER_YEAR.search(around) else ""
    return ""
