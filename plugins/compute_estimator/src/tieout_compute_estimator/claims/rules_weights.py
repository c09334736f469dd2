"""Bytes of weights, and the devices that hold them."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator

from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.findings import Finding, agrees, derived, finding, in_unit
from tieout_compute_estimator.derivation import N_

__all__ = ["fits_on", "weights_size"]


_FORMATS = {
    "fp32": 4.0,
    "fp16": 2.0,
    "bf16": 2.0,
    "fp8": 1.0,
    "int8": 1.0,
    "int4": 0.5,
    "fp4": 0.5,
    "q4": 0.5625,
    "q8": 1.0625,
}


def weights_size(bench: Bench) -> Iterator[Finding]:
    """Bytes of weights against parameters times bytes each."""
    for index, measure in bench.claim.of("weights", "memory"):
        if measure.role == "memory" and (
            measure.device
            or not re.search(
                r"权重|weights|加载|部署|推理|量化|FP16|BF16|INT[48]|FP8|需要|占",
                bench.claim.text,
                re.IGNORECASE,
            )
        ):
            continue
        subject = bench.subject()
        params = bench.value("params", "parameter", subject.name if subject else "")
        size = bench.at(index, "B")
        if params is None or not size or not params.value:
            continue
        form = _format(bench.claim.text)
        each = derived(
            size / params.value,
            "B",
            "bytes per parameter",
            "S / N",
            {"S": bench.stated(index), "N": params.figure},
        )
        if form is None:
            near = min(
                _FORMATS.items(), key=lambda pair: abs(pair[1] / each.value - 1) if each.value else 9.0
            )
            fits = each.value and abs(near[1] / each.value - 1) < 0.12
            yield finding(
                "assume" if fits else "missing",
                "weights",
                N_("{size} for {params} are {each} per parameter, which is {form}.")
                if fits
                else N_("{size} for {params} are {each} per parameter; the number format is not said."),
                figures={"size": bench.stated(index), "params": params.figure, "each": each},
                words={
                    "form": near[0].upper(),
                    "assumption": near[0].upper(),
                    "missing": "the number format",
                },
                covers=(index, *params.covers) if fits else (),
                numbers={"bytes_per_param": each},
                target=index,
            )
            continue
        total = derived(
            params.value * _FORMATS[form],
            "B",
            "weights",
            "N · b",
            {"N": params.figure, "b": derived(_FORMATS[form], "B", "bytes per parameter", form.upper(), {})},
        )
        shown = total.model_copy(
            update={"value": in_unit(total.value, "B", measure.unit) or 0.0, "unit": measure.unit}
        )
        good = agrees(measure, shown.value, tolerance=0.08)
        yield finding(
            "match" if good else "contradict",
            "weights",
            N_("{params} in {form} take {total}, as stated.")
            if good
            else N_("{params} in {form} take {total}, not {stated}."),
            figures={"params": params.figure, "total": shown, "stated": bench.stated(index)},
            words={"form": form.upper()},
            covers=(index, *params.covers),
            numbers={"bytes": total, "weights": shown},
            target=index,
            recomputed=shown,
            fixes={} if good else {index: shown},
        )


def _format(text: str) -> str | None:
    found = re.search(
        r"(FP32|FP16|BF16|FP8|INT8|INT4|FP4|4 ?-?bit|8 ?-?bit|16 ?-?bit|半精度|4比特|8比特|Q4|Q8)",
        text,
        re.IGNORECASE,
    )
    if found is None:
        return None
    name = found[1].lower().replace(" ", "").replace("-", "")
    return {
        "4bit": "int4",
        "8bit": "int8",
        "16bit": "fp16",
        "半精度": "fp16",
        "4比特": "int4",
        "8比特": "int8",
    }.get(name, name)


_FITS = re.compile(r"至少|最少|需要|装得下|放得下|才能|at least|fit|hold|need|minimum", re.IGNORECASE)


def fits_on(bench: Bench) -> Iterator[Finding]:
    """So many devices to hold weights: bytes over memory, rounded up."""
    count, device, form = bench.claim.first("devices"), bench.device(), _format(bench.claim.text)
    if (
        count is None
        or device is None
        or not device.memory_gb
        or bench.claim.first("duration", "gpu_hours", "compute")
    ):
        return
    index, measure = count
    subject = bench.subject()
    size = bench.claim.first("weights", "memory")
    params = bench.value("params", "parameter", subject.name if subject else "")
    if (
        measure.value > 512
        or not _FITS.search(bench.claim.text)
        or (size is None and (params is None or not form))
    ):
        return
    need = bench.at(size[0], "B") if size else (params.value * _FORMATS[form] if params and form else 0.0)
    shown = bench.stated(size[0]) if size else (params.figure if params else bench.stated(index))
    least = derived(
        float(math.ceil((need or 0.0) / (device.memory_gb * 1e9))), "GPU", "devices", "⌈S / M⌉", {"S": shown}
    )
    good = measure.value == least.value
    enough = measure.value > least.value
    yield finding(
        "match" if good else "assume" if enough else "contradict",
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
