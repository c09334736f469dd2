"""The quantities of a claim as entries of a ledger: values in base units with what they count and what they are for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tieout.plugin import Figure
from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.findings import derived, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.claims.rules_training import dense_peak
from tieout_compute_estimator.claims.scopes import SCOPE_POWERS, TIMES
from tieout_compute_estimator.claims.search import Vector, dimensions

__all__ = [
    "BYTES_EACH",
    "Entry",
    "base_of",
    "entries",
    "format_near",
    "formats_of",
    "known_entries",
    "variants",
    "vector_of",
]

BYTES_EACH = {
    "fp32": 4.0, "tf32": 4.0, "fp16": 2.0, "bf16": 2.0, "fp8": 1.0, "int8": 1.0, "int4": 0.5, "fp4": 0.5,
    "fp64": 8.0, "q4": 0.5625, "q8": 1.0625,
}  # fmt: skip
"""Bytes of one parameter in each number format."""

_FACTORS = ("mfu", "pue", "load")
"""Roles of numbers without a dimension that a product may have as a factor."""
_OF_ONE = ("rate", "power", "memory", "memory_bandwidth", "link", "throughput")
"""Roles that a text gives for one device without saying so: "at 700 W", "with 4.8 TB/s"."""
_LEFT_OUT = ("doubling", "span", "vocabulary", "context", "year", "count", "goodput")


@dataclass(frozen=True, slots=True)
class Entry:
    """A quantity that a product may use."""

    value: float
    """In base units, over the period that it is for."""
    vector: Vector
    figure: Figure
    indexes: frozenset[int]
    """Numbers of the claim behind it."""
    role: str
    known: bool = False
    """From the tables and not from the text."""
    loose: bool = False
    """Read with or without a scope that the words leave open."""
    assumed: str = ""
    ends: tuple[float, float] | None = None
    slack: float = 0.0
    """Relative uncertainty of the printed digits."""


def _joined(vector: Vector, name: str, power: int) -> Vector:
    total = dict(vector)
    total[name] = total.get(name, 0) + power
    return tuple(sorted((key, value) for key, value in total.items() if value))


def vector_of(measure: Measure) -> Vector | None:
    """What a number counts and for what; None for what no product is made of."""
    role = measure.role
    if role in _FACTORS:
        return ()
    if role in _LEFT_OUT or measure.dimension in ("x", "ratio difference"):
        return None
    if role == "per_server":
        return (("gpu", 1), ("server", -1))
    if role == "ports":
        vector: Vector | None = (("port", 1),)
    elif role == "words":
        vector = (("words", 1),)
    elif role == "intensity":
        return (
            (("carbon", 1), ("joule", -1)) if measure.unit == "kg/kWh" else (("parameter", -1), ("token", 1))
        )
    elif role == "bytes_each":
        return (("byte", 1), ("parameter", -1))
    elif role == "token_price" and "/" not in measure.dimension:
        vector = tuple(sorted(((measure.dimension, 1), ("visits", -1))))
    elif role == "item_price" and "/" not in measure.dimension:
        vector = ((measure.dimension, 1),)
        if not set(measure.scope) & {"gpu", "server"}:
            vector = _joined(vector, "gpu", -1)
    elif role == "efficiency":
        return (("flop", 1), ("joule", -1))
    elif role == "active_params":
        return (("parameter", 1),)
    elif measure.dimension == "number":
        vector = dimensions(measure.dimension, role) or None
    else:
        vector = dimensions(measure.dimension, "money" if role in ("item_price", "token_price") else role)
    if vector is None:
        return None
    for scope in measure.scope:
        name = SCOPE_POWERS.get(scope)
        if (
            name
            and name != "kwh"
            and not (role in ("unit_price", "throughput") and scope in TIMES)
            and (role != "token_price" or scope not in ("visit", "token"))
        ):
            vector = _joined(vector, name, -1)
    return vector


def base_of(measure: Measure, value: float | None = None) -> float:
    """A value of ``measure`` in base units, over its period."""
    from tieout.quantities import DEFAULT

    number = measure.value if value is None else value
    if measure.role in _FACTORS:
        return number if measure.role == "pue" else number / 100
    if measure.role == "intensity" and measure.unit == "kg/kWh":
        return number * 1e-3 / 3.6e6
    if measure.unit and measure.unit in DEFAULT:
        number *= DEFAULT.get(measure.unit).factor
    if "gpu time" in measure.dimension:  # the table counts device time in hours and time in seconds
        number *= 3600.0 if measure.dimension == "gpu time" else 1 / 3600.0
    if measure.role not in ("unit_price", "throughput"):
        for scope in measure.scope:
            number /= TIMES.get(scope, 1.0)
    return number


def entries(bench: Bench) -> list[Entry]:
    """The stated quantities, each as the text reads it."""
    found: list[Entry] = list(_single(bench))
    for index, measure in enumerate(bench.claim.measures):
        vector = vector_of(measure)
        if vector is None or measure.value <= 0 or (not vector and measure.role not in _FACTORS):
            continue
        ends = None
        if measure.low is not None and measure.high is not None and measure.low > 0:
            ends = (base_of(measure, measure.low), base_of(measure, measure.high))
        found.append(
            Entry(
                base_of(measure),
                vector,
                bench.stated(index),
                frozenset((index,)),
                measure.role,
                ends=ends,
                slack=min(0.5 * measure.step / measure.value, 0.02) if measure.step else 0.0,
            )
        )
    return found


_ONE = re.compile(
    r"(?<![A-Za-z])(?:[Aa]n?|[Oo]ne|[Aa] single) (?:GPU|card|accelerator|chip|[ABHV]\d{2,3})(?![\w-])"
    r"|一[张块颗片]|单[张块颗片卡]"
)


def _single(bench: Bench) -> Iterator[Entry]:
    """The one device of a claim that counts no others."""
    if _ONE.search(bench.claim.text) and not bench.claim.first(
        "devices", "servers", "per_server", "gpu_hours"
    ):
        one = derived(1.0, "GPU", "devices", "1", {}, convention="a single one, as the text says")
        yield Entry(1.0, (("gpu", 1),), one, frozenset(), "devices")


def variants(entry: Entry, measure: Measure) -> Iterator[Entry]:
    """Other scopes that the words leave open: 700 W may be of each, and the clause may be about one server."""
    if entry.role in _OF_ONE and not set(measure.scope) & {"gpu", "server", "port", "user"}:
        yield replace(entry, vector=_joined(entry.vector, "gpu", -1), loose=True)
        yield replace(entry, vector=_joined(entry.vector, "server", -1), loose=True)
    if entry.role == "per_server":
        yield replace(entry, vector=(("gpu", 1),), loose=True)
    for scope in measure.scope:
        if scope in ("gpu", "server", "user"):
            yield replace(entry, vector=_joined(entry.vector, SCOPE_POWERS[scope], 1), loose=True)
    periods = [scope for scope in measure.scope if scope in TIMES]
    if periods and entry.role not in ("unit_price", "throughput"):
        whole = TIMES[periods[0]]
        ends = None if entry.ends is None else (entry.ends[0] * whole, entry.ends[1] * whole)
        vector = _joined(entry.vector, "time", 1)
        yield replace(entry, value=entry.value * whole, ends=ends, vector=vector, loose=True)
    if entry.role == "devices" and entry.value == 1.0:
        yield replace(entry, vector=(), loose=True)


def format_near(bench: Bench, index: int) -> str:
    """The number format of a size: the one named beside it, else the only one of the claim."""
    measure = bench.claim.measures[index]
    if measure.dtype in BYTES_EACH:
        return measure.dtype
    text = bench.claim.text
    clause_start = max(text.rfind(mark, 0, measure.start) for mark in (",", "。", ";", "\n")) + 1
    for part in (text[clause_start : measure.start], text[: measure.start], text):
        if found := formats_of(part):
            return found[-1]
    return ""


_FORMAT = re.compile(
    r"(?<![A-Za-z\d])(FP32|FP16|BF16|FP8|INT8|INT4|FP4|(?:32|16|8|4)[ -]?(?:bit|比特)|半精度|单精度"
    r"|Q[48](?:_\w+)?)(?![A-Za-z\d])",
    re.IGNORECASE,
)
_SAME = {
    "4bit": "int4", "8bit": "int8", "16bit": "fp16", "32bit": "fp32", "半精度": "fp16", "单精度": "fp32",
    "4比特": "int4", "8比特": "int8", "16比特": "fp16", "32比特": "fp32",
}  # fmt: skip


def formats_of(text: str) -> list[str]:
    """The number formats that a text names, in order."""
    names = [re.sub(r"[ -]", "", match[1].lower()) for match in _FORMAT.finditer(text)]
    return [_SAME.get(name, name[:2] if name.startswith("q") else name) for name in names]


def known_entries(bench: Bench) -> list[Entry]:
    """What the text does not have to say: 6ND, peaks, board power, accelerators in a named server."""
    return [*_works(bench), *_sizes(bench), *_of_device(bench), *_of_system(bench), *_inside(bench)]


def _sizes(bench: Bench) -> Iterator[Entry]:
    """Published parameters and tokens of the model, where the text leaves them to its name."""
    subject = bench.subject()
    if subject is None or subject.undisclosed:
        return
    for role, unit in (("params", "parameter"), ("tokens", "token")):
        held = None if bench.claim.first(role) else bench.published(role, unit, subject.name)  # type: ignore[arg-type]
        if held is not None and held.value and not held.assumed:
            yield Entry(held.value, ((unit, 1),), held.figure, frozenset(), role, known=True)


def _works(bench: Bench) -> Iterator[Entry]:
    """6ND of training, and 2N of one token at inference, from stated sizes and tokens or published ones."""
    subject = bench.subject()
    params, tokens = bench.params(), bench.tokens()
    if params is None or not params.value:
        return
    covers = frozenset((*params.covers,))
    work = bench.six_nd(params, tokens) if tokens is not None and not tokens.assumed else None
    if work is not None and tokens is not None and (subject is None or not subject.undisclosed):
        indexes = frozenset((*covers, *tokens.covers))
        yield Entry(
            work.value, (("flop", 1),), work.figure, indexes, "compute", known=not indexes, slack=0.03
        )
    figure = derived(
        2 * params.value, "FLOP", "FLOP per token", "2 · N", {"N": params.figure},
        convention="2 FLOP per parameter and token",
    )  # fmt: skip
    if re.search(
        r"推理|生成|每个? ?token|inference|generat|decod|per token|forward", bench.claim.text, re.IGNORECASE
    ):
        yield Entry(figure.value, (("flop", 1), ("token", -1)), figure, covers, "compute", known=not covers)


def _of_device(bench: Bench) -> Iterator[Entry]:
    device = bench.device()
    if device is None:
        return
    peak = dense_peak(bench)
    if peak is not None:
        value = in_unit(peak.value, peak.unit, "FLOP/s") or 0.0
        yield Entry(value, (("flop", 1), ("gpu", -1), ("time", -1)), peak, frozenset(), "rate", known=True)
    yield from _link_of(bench, device.name)
    power = bench.known.best(device.name, "power")
    if power is not None and power.firm:
        value = in_unit(power.value, power.unit, "W") or 0.0
        yield Entry(
            value, (("gpu", -1), ("joule", 1), ("time", -1)), power.figure(), frozenset(), "power", known=True
        )
    memory = bench.known.best(device.name, "memory")
    if memory is not None and memory.firm:
        value = in_unit(memory.value, memory.unit, "B") or 0.0
        yield Entry(value, (("byte", 1), ("gpu", -1)), memory.figure(), frozenset(), "memory", known=True)


def _link_of(bench: Bench, name: str) -> Iterator[Entry]:
    """The scale-up link of one device, for totals of many."""
    fact = bench.known.best(name, "link")
    value = in_unit(fact.value, fact.unit, "B/s") if fact is not None and fact.firm else None
    if fact is not None and value is None:
        value = (in_unit(fact.value, fact.unit, "GB/s") or 0.0) * 1e9
    if (
        fact is not None
        and value
        and re.search(r"NVLink|互联|互连|interconnect", bench.claim.text, re.IGNORECASE)
    ):
        yield Entry(
            value, (("byte", 1), ("gpu", -1), ("time", -1)), fact.figure(), frozenset(), "link", known=True
        )


def _of_system(bench: Bench) -> Iterator[Entry]:
    """Power and memory of one server of the kind that is named."""
    if not bench.claim.first("servers"):
        return
    for mention in bench.claim.named("system"):
        for role, unit, vector in (
            ("power", "W", (("joule", 1), ("server", -1), ("time", -1))),
            ("memory", "B", (("byte", 1), ("server", -1))),
        ):
            fact = bench.known.best(mention.name, role)
            value = in_unit(fact.value, fact.unit, unit) if fact is not None and fact.firm else None
            if fact is not None and value:
                yield Entry(value, vector, fact.figure(), frozenset(), role, known=True)


def _inside(bench: Bench) -> Iterator[Entry]:
    if bench.claim.first("per_server"):
        return
    if not bench.claim.first("servers"):
        hosts = {
            s.name: s
            for m in bench.claim.named("system")
            if (s := bench.known.subject(m.name)) is not None and s.device and s.servers_of
        }
        if len(hosts) == 1 and not bench.claim.first("devices"):
            (host,) = hosts.values()
            count = derived(host.servers_of or 0.0, "GPU", "GPUs per server", f"{host.servers_of:.0f}", {},
                            convention="what such a server holds")  # fmt: skip
            vector = (("gpu", 1), ("server", -1))
            yield Entry(host.servers_of or 0.0, vector, count, frozenset(), "per_server", known=True)
        return
    held = bench.from_servers()
    each = held.figure.inputs().get("per server") if held else None
    if held is not None and each is not None:
        yield Entry(
            each.value,
            (("gpu", 1), ("server", -1)),
            each,
            frozenset(),
            "per_server",
            known=True,
            assumed=held.assumed,
        )
