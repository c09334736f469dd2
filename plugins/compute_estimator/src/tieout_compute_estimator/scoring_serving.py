"""Kinds of published cases about serving: bounds on speed, communication of experts, revenue of an interface."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import cast

from tieout_compute_estimator import formulas
from tieout_compute_estimator.serving_demand import demand_of_size, typical_depth
from tieout_compute_estimator.serving_model import Machine, ceiling, expert_exchange_seconds

__all__ = ["SERVING_KINDS"]

Inputs = Mapping[str, object]
_BITS = {
    "fp32": 32.0,
    "bf16": 16.0,
    "fp16": 16.0,
    "fp8": 8.0,
    "int8": 8.0,
    "fp6": 6.0,
    "fp4": 4.0,
    "int4": 4.0,
}


def _number(inputs: Inputs, name: str, default: float | None = None) -> float:
    value = inputs.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise KeyError(name)
    return float(value)


def _weights(i: Inputs) -> float:
    """Bytes of the weights: given, or parameters times the size of one."""
    if "weight_bytes" in i:
        return _number(i, "weight_bytes")
    if "bytes_per_param" in i:
        return formulas.weight_bytes(_number(i, "params"), 8 * _number(i, "bytes_per_param"))
    return formulas.weight_bytes(
        _number(i, "params"), _number(i, "bits", _BITS.get(str(i.get("dtype")), 16.0))
    )


def _throughput(i: Inputs) -> dict[str, float]:
    """What the hardware cannot exceed at saturation; the cases bound measurements."""
    weights = _weights(i)
    active = _number(i, "active_params" if "active_params" in i else "params")
    params = _number(i, "params", weights * 8.0 / _BITS.get(str(i.get("dtype")), 16.0))
    depth = typical_depth(params)
    demand = demand_of_size(
        max(params, active),
        active,
        weight_bytes=weights,
        kv_bytes_per_token=_number(i, "kv_bytes_per_token", depth.cached_values),
        layers=depth.layers,
        hidden=depth.hidden,
        prompt=_number(i, "isl"),
        output=_number(i, "osl"),
        experts=int(_number(i, "experts", 0.0)),
        chosen=int(_number(i, "top_k", 0.0)),
    )
    machine = Machine(
        int(_number(i, "gpus", 1.0)),
        _number(i, "peak_flops"),
        _number(i, "hbm_bytes_per_s"),
        _number(i, "hbm_bytes"),
        None,
    )
    return {"tokens_per_s": ceiling(demand, machine)}


def _decode_bound(i: Inputs) -> dict[str, float]:
    step = formulas.decode_step_seconds(
        _weights(i), _number(i, "kv_bytes", 0.0), _number(i, "hbm_bytes_per_s"), _number(i, "devices", 1.0)
    )
    return {"step_s": step, "step_ms": 1e3 * step, "tokens_per_s": _number(i, "batch", 1.0) / step}


def _prefill(i: Inputs) -> dict[str, float]:
    flops = formulas.training_flops(_number(i, "params"), _number(i, "tokens"), flops_per_param_token=2.0)
    rate = _number(i, "devices", 1.0) * _number(i, "peak_flops") * _number(i, "mfu", 1.0)
    return {"seconds": flops / rate, "tokens_per_s": _number(i, "tokens") * rate / flops}


def _moe_comm(i: Inputs) -> dict[str, float]:
    seconds = expert_exchange_seconds(
        _number(i, "tokens"),
        _number(i, "experts"),
        _number(i, "hidden"),
        _number(i, "bw"),
        layers=_number(i, "layers"),
        dispatch_bytes=_number(i, "dispatch_bytes", 1.0),
        combine_bytes=_number(i, "combine_bytes", 2.0),
        micro_batches=_number(i, "micro_batches", 2.0),
    )
    return {"tpot_ms": 1e3 * seconds, "tokens_per_s": 1.0 / seconds}


def _fit_devices(i: Inputs) -> dict[str, float]:
    devices = (_weights(i) + _number(i, "kv_bytes", 0.0)) / _number(i, "hbm_bytes")
    return {"devices": devices, "devices_whole": float(math.ceil(devices))}


def _api_revenue(i: Inputs) -> dict[str, float]:
    amounts, prices = (
        [float(cast("float", value)) for value in _list(i, name)] for name in ("mtok", "usd_per_mtok")
    )
    return {"usd": math.fsum(a * p for a, p in zip(amounts, prices, strict=True))}


def _list(inputs: Inputs, name: str) -> list[object]:
    value = inputs[name]
    return cast("list[object]", value) if isinstance(value, list) else [value]


SERVING_KINDS: dict[str, Callable[[Inputs], dict[str, float]]] = {
    "api_revenue": _api_revenue,
    "decode_bound": _decode_bound,
    "fit_devices": _fit_devices,
    "moe_comm": _moe_comm,
    "prefill": _prefill,
    "throughput": _throughput,
}
"""By kind; each takes the inputs of a case and returns every figure it can be asked for."""
