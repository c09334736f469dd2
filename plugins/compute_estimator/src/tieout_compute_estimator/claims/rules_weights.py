"""Bytes of weights and of the KV cache, and the devices that hold them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from tieout.plugin import Figure
from tieout_compute_estimator.claims import cues
from tieout_compute_estimator.claims.bench import Bench, Held
from tieout_compute_estimator.claims.entries import BYTES_EACH, format_near, formats_of
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.claims.frames import Measure
from tieout_compute_estimator.derivation import N_

__all__ = ["cached", "fits_on", "held_by", "weights_size"]

_ABOUT_WEIGHTS = re.compile(
    r"权重|weights|加载|部署|推理|量化|FP\d|BF16|INT[48]|bit|需要|需|占|存储|stored|takes|fill|half precision|半精度",
    re.IGNORECASE,
)
_BITS = (8.0, 1 / 8, 1e3, 1e-3)


def weights_size(bench: Bench) -> Iterator[Finding]:
    """Bytes of weights against parameters times bytes each."""
    for index, measure in bench.claim.of("weights", "memory"):
        if index in bench.explained or not _is_weights(bench, measure):
            continue
        held, size = _held(bench, measure), bench.at(index, "B")
        if held is None or not size or not held.value:
            continue
        form = _in_turn(bench, index) or format_near(bench, index)
        if bench.claim.first("bytes_each"):
            continue  # bytes of each parameter are stated: the ledger multiplies them out
        yield _of_format(bench, index, held, form) if form else _of_any(bench, index, held, size)


def _in_turn(bench: Bench, index: int) -> str:
    """From BF16 to 4-bit, from 64 GB to 16 GB: formats and sizes in the same order."""
    if not re.search(r"(?<![a-z])from|从|由", bench.claim.text, re.IGNORECASE):
        return ""
    sizes = [i for i, m in bench.claim.of("weights", "memory") if _is_weights(bench, m)]
    forms = formats_of(bench.claim.text)
    return forms[sizes.index(index)] if len(sizes) == len(forms) == 2 and index in sizes else ""


def _held(bench: Bench, measure: Measure) -> Held | None:
    subject = bench.known.subject(measure.subject) if measure.subject else bench.subject()
    return bench.value("params", "parameter", subject.name if subject else "")


def _is_weights(bench: Bench, measure: Measure) -> bool:
    text = bench.claim.text
    if cues.is_capacity(
        text[max(0, measure.start - 22) : measure.start], text[measure.end : measure.end + 44]
    ):
        return False
    if measure.role == "weights":
        return "gpu" not in measure.scope
    device = bench.known.device(measure.device)
    gigabytes = in_unit(measure.value, measure.unit, "GB") or 0.0
    owned = (
        device is not None and device.memory_gb is not None and abs(gigabytes / device.memory_gb - 1) < 0.005
    )
    listed = any(d.memory_gb == gigabytes for d in bench.known.devices.values()) and bool(
        re.search(
            r"[xX×]|单卡|显卡|每卡|卡|GPU|HBM", bench.claim.text[max(0, measure.start - 8) : measure.end + 4]
        )
    )
    if measure.per or owned or listed or set(measure.scope) & {"gpu", "server"}:
        return False
    return bool(_ABOUT_WEIGHTS.search(bench.claim.text))


def _of_any(bench: Bench, index: int, held: Held, size: float) -> Finding:
    """No format is named: which one would it be?"""
    each = derived(
        size / held.value, "B", "bytes per parameter", "S / N", {"S": bench.stated(index), "N": held.figure}
    )
    near = min(BYTES_EACH.items(), key=lambda pair: abs(pair[1] / each.value - 1) if each.value else 9.0)
    fits = bool(each.value) and abs(near[1] / each.value - 1) < 0.12
    return finding(
        "assume" if fits else "missing",
        "weights",
        N_("{size} for {params} are {each} per parameter, which is {form}.")
        if fits
        else N_("{size} for {params} are {each} per parameter; the number format is not said."),
        figures={"size": bench.stated(index), "params": held.figure, "each": each},
        words={"form": near[0].upper(), "assumption": near[0].upper(), "missing": "the number format"},
        covers=(index, *held.covers) if fits else (),
        numbers={"bytes_per_param": each},
        target=index,
    )


def _of_format(bench: Bench, index: int, held: Held, form: str) -> Finding:
    measure = bench.claim.measures[index]
    each = derived(BYTES_EACH[form], "B", "bytes per parameter", form.upper(), {})
    total = derived(held.value * BYTES_EACH[form], "B", "weights", "N · b", {"N": held.figure, "b": each})
    value = in_unit(total.value, "B", measure.unit) or 0.0
    shown = total.model_copy(update={"value": value, "unit": measure.unit})
    good = agrees(measure, value, tolerance=0.08)
    slipped = not good and any(agrees(measure, value * factor, tolerance=0.03) for factor in _BITS)
    return finding(
        "match" if good else "slip" if slipped else "contradict",
        "weights",
        N_("{params} in {form} take {total}, as stated.")
        if good
        else N_("{params} in {form} take {total}, not {stated}."),
        figures={"params": held.figure, "total": shown, "stated": bench.stated(index)},
        words={"form": form.upper()},
        covers=(index, *held.covers),
        numbers={"bytes": total, "weights": shown},
        target=index,
        recomputed=shown,
        fixes={} if good else {index: shown},
    )


_Part = tuple[int | None, Figure]


def _shape(bench: Bench) -> tuple[_Part, _Part, _Part] | None:
    """Layers, KV heads and their width: stated, else those of the configuration of the model named."""
    subject = bench.subject()
    model = bench.known.models.get(subject.name) if subject is not None else None
    parts: list[_Part] = []
    for role in ("layers", "kv_heads", "head_dim"):
        stated = bench.claim.first(role)
        if stated is not None:
            parts.append((stated[0], bench.stated(stated[0])))
            continue
        fact = bench.known.best(subject.name, role) if subject is not None else None
        if fact is None or not fact.firm or model is None or model.latent_kv_dim or subject is None:
            return None
        if subject.nature != "autoregressive":
            return None
        parts.append((None, fact.figure()))
    return parts[0], parts[1], parts[2]


_ONE_REQUEST = re.compile(r"batch|并发|concurren|requests|users|路|条请求", re.IGNORECASE)


def _all_heads(bench: Bench, measure: Measure, value: float, shared: float) -> bool:
    """Whether a size is that of a cache in which every head has keys and values of its own: no slip of units."""
    subject = bench.subject()
    heads = bench.known.best(subject.name, "heads") if subject is not None else None
    return heads is not None and heads.value > shared > 0 and agrees(measure, value * heads.value / shared)


_PER_TOKEN = re.compile(
    r"[^,。;]{0,28}?(?:per|for each|each|every) token(?!s)|[^,。;]{0,10}?/ ?token", re.IGNORECASE
)


def cached(bench: Bench) -> Iterator[Finding]:
    """Bytes of the KV cache: two vectors of every KV head in every layer for each token."""
    shape = _shape(bench)
    if shape is None:
        return
    layers, heads, width = shape
    known = [at for at, _figure in shape if at is None]
    for index, measure in bench.claim.of("cache", "memory", "weights"):
        if known and (measure.role != "cache" or _ONE_REQUEST.search(bench.claim.text)):
            continue
        form = format_near(bench, index) or "fp16"
        each = derived(BYTES_EACH.get(form, 2.0), "B", "bytes per element", form.upper(), {})
        tokens = 1.0
        inputs = {
            "L": layers[1], "H": heads[1], "d": width[1], "b": each
        }  # fmt: skip
        covers = [index, *(at for at, _figure in shape if at is not None)]
        each_token = "token" in measure.scope or _PER_TOKEN.match(bench.claim.text[measure.end :])
        if not each_token:
            lengths = [(i, bench.at(i, "token") or 1.0) for i, _m in bench.claim.of("context", "tokens")]
            if not lengths or max(v for _i, v in lengths) > 1.05 * min(v for _i, v in lengths):
                continue
            inputs["s"] = bench.stated(lengths[-1][0])
            tokens = lengths[-1][1]
            covers += [i for i, _value in lengths]
        size = 2 * layers[1].value * heads[1].value * width[1].value * each.value * tokens
        value = in_unit(size, "B", measure.unit) or 0.0
        figure = derived(
            value, measure.unit, "KV cache", "2 · L · H · d · b" + (" · s" if "s" in inputs else ""), inputs
        )
        good = agrees(measure, value, tolerance=0.05)
        slipped = (
            not good
            and not _all_heads(bench, measure, value, heads[1].value)
            and any(
                agrees(measure, value * factor, tolerance=0.06)
                for factor in (*_BITS, 1e6, 1e-6, 1 / 1.024e3, 1.024e3)
            )
        )
        yield finding(
            "match" if good else "slip" if slipped else "contradict",
            "cache",
            N_("The KV cache is {computed}, as stated.")
            if good
            else N_("The KV cache is {computed}, not {stated}."),
            figures={"computed": figure, "stated": bench.stated(index)},
            covers=tuple(covers),
            numbers={"kv_cache": figure},
            target=index,
            recomputed=figure,
            fixes={} if good else {index: figure},
        )


_FITS = re.compile(r"至少|最少|需要|装得下|放得下|才能|at least|fit|hold|need|minimum", re.IGNORECASE)


def fits_on(bench: Bench) -> Iterator[Finding]:
    """So many devices to hold weights: bytes over memory, rounded up."""
    count, device = bench.claim.first("devices"), bench.device()
    if (
        count is None
        or device is None
        or not device.memory_gb
        or bench.claim.first("duration", "gpu_hours", "compute")
    ):
        return
    index, measure = count
    subject = bench.subject()
    form = format_near(bench, index)
    sizes = [(i, m) for i, m in bench.claim.of("weights", "memory") if "gpu" not in m.scope and not m.per]
    size = sizes[0] if sizes else None
    params = bench.value("params", "parameter", subject.name if subject else "")
    if (
        measure.value > 512
        or not _FITS.search(bench.claim.text)
        or (size is None and (params is None or not form))
    ):
        return
    need = bench.at(size[0], "B") if size else (params.value * BYTES_EACH[form] if params and form else 0.0)
    shown = bench.stated(size[0]) if size else (params.figure if params else bench.stated(index))
    least = derived(
        float(math.ceil((need or 0.0) / (device.memory_gb * 1e9))), "GPU", "devices", "⌈S / M⌉", {"S": shown}
    )
    good = measure.value == least.value
    enough = measure.value > least.value
    ratio = (need or 0.0) / (measure.value * device.memory_gb * 1e9)
    slipped = size is not None and any(abs(ratio / factor - 1) < 0.02 for factor in (1e3, 1e6))
    yield finding(
        "match" if good else "assume" if enough else "slip" if slipped else "contradict",
        "fit",
        N_("The weights alone take {least} of {device}; {stated} is what holds them.")
        if good or enough
        else N_("The weights alone take {least} of {device}, more than {stated}."),
        figures={"least": least, "stated": bench.stated(index)},
        words={"device": device.name, "assumption": "room for the cache and a whole server"},
        covers=(index,),
        numbers={"devices": least},
        target=index,
        recomputed=least,
        fixes={} if good or enough else {index: least},
    )


_EXCEEDS = re.compile(
    r"more than|exceed|larger than|超过|大于|超出|装不下|放不下|does(?: not|n't) fit", re.IGNORECASE
)
_WITHIN = re.compile(
    r"less than|within|fits? (?:in|on|into)|小于|装得下|放得下|可以?放|(?:可|能|可以|即可|就能)装下|can hold",
    re.IGNORECASE,
)


def held_by(bench: Bench) -> Iterator[Finding]:
    """More than eight cards of 80 GB hold, or less: a size against the memory of devices that stands beside it."""
    cards = next(((i, m) for i, m in bench.claim.of("memory") if m.per == "device" or "gpu" in m.scope), None)
    sizes = [(i, m) for i, m in bench.claim.of("weights", "memory") if cards is None or i != cards[0]]
    if cards is None or len(sizes) != 1 or not _is_weights(bench, sizes[0][1]):
        return
    (index, size), (at, card) = sizes[0], cards
    count = bench.claim.first("per_server", "devices")
    held = (bench.at(at, "B") or 0.0) * (count[1].value if count else 1.0)
    need = bench.at(index, "B") or 0.0
    words = bench.claim.text[min(size.end, card.end) :]
    exceeds, within = _EXCEEDS.search(words), _WITHIN.search(words)
    if not held or not need or bool(exceeds) == bool(within) or size.start > card.start:
        return
    good = need > held if exceeds else need <= held
    inputs = {"M": bench.stated(at), **({"n": bench.stated(count[0])} if count else {})}
    figure = derived(
        in_unit(held, "B", size.unit) or 0.0, size.unit, "memory", "n · M" if count else "M", inputs
    )
    yield finding(
        "match" if good else "contradict",
        "held",
        N_("{size} against {held} of memory: as stated.")
        if good
        else N_("{size} against {held} of memory: the other way round."),
        figures={"size": bench.stated(index), "held": figure},
        covers=(count[0],) if count else (),
        numbers={"memory": figure},
        target=at,
        recomputed=figure,
    )
