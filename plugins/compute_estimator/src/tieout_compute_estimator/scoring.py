"""Scoring a file of published cases: ``tieout eval compute FILE``."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, cast

from pydantic import BaseModel, ConfigDict, TypeAdapter, ValidationError

from tieout.errors import InputError, TieoutError
from tieout.plugin import EvalMiss, EvalResult, EvalTally, Slot, tool, translator
from tieout_compute_estimator import formulas
from tieout_compute_estimator.scoring_architecture import ARCHITECTURE_KINDS
from tieout_compute_estimator.scoring_economics import ECONOMIC_KINDS
from tieout_compute_estimator.scoring_serving import SERVING_KINDS

__all__ = ["evaluate"]

_ = translator("tieout_compute_estimator")

Inputs = Mapping[str, object]
MAX_BYTES = 50_000_000


class Case(BaseModel):
    """One published figure with its inputs and the tolerance it is to be reproduced within."""

    model_config = ConfigDict(frozen=True)

    id: str
    kind: str
    inputs: dict[str, object]
    expected: dict[str, object]
    tolerance_rel: float | None = None
    """Largest relative error; ``None`` for a bound, which only has to hold."""
    source: str = ""
    """For a claim: path of its document, from the folder of the file or the one above."""


class _File(BaseModel):
    cases: list[Case]


@tool(name="eval", faces=("cli", "slash"), timeout=300.0)
def evaluate(file: Annotated[str, Slot("text", example="cases.json")]) -> EvalResult:
    """Score the estimator against a JSON file of published cases.

    A case has id, kind, inputs, expected and tolerance_rel. A kind that is not computed here counts as not passed.
    Cases of kind "claim" are texts with an expected verdict and the numbers that checking them has to reproduce.

    Args:
        file: Path of the file: a list of cases, an object with the list under "cases", or one case per line.

    Raises:
        InputError: The file cannot be read or holds no cases.
    """
    cases = _read(Path(file))
    tallies: dict[str, EvalTally] = {}
    misses: list[EvalMiss] = []
    errors: list[float] = []
    supported = 0
    verdicts = _Verdicts()
    for case in cases:
        supported += case.kind in _KINDS or case.kind == "claim"
        claim = case.kind == "claim"
        miss = _score_claim(case, errors, Path(file).parent, verdicts) if claim else _score(case, errors)
        before = tallies.get(case.kind, EvalTally(total=0, passed=0))
        tallies[case.kind] = EvalTally(total=before.total + 1, passed=before.passed + (miss is None))
        if miss is not None:
            misses.append(miss)
    metrics = {"supported": supported / len(cases), **verdicts.metrics()}
    if errors:
        metrics |= {
            "largest_relative_error": max(errors),
            "mean_relative_error": math.fsum(errors) / len(errors),
        }
    return EvalResult(
        total=len(cases),
        passed=sum(tally.passed for tally in tallies.values()),
        by_kind=dict(sorted(tallies.items())),
        metrics=metrics,
        misses=misses,
    )


def _read(path: Path) -> list[Case]:
    try:
        if path.stat().st_size > MAX_BYTES:
            raise InputError(
                _("{path} is too large for a file of cases.", path=path), code="compute-eval-file"
            )
        data = _parsed(path.read_bytes())
        document = cast("dict[str, object]", {"cases": data} if isinstance(data, list) else data)
        cases = TypeAdapter(_File).validate_python(document).cases
    except (OSError, ValueError, RecursionError) as error:
        reason = _first_error(error) if isinstance(error, ValidationError) else str(error)
        raise InputError(
            _("{path} cannot be read as a file of cases: {reason}", path=path, reason=reason),
            code="compute-eval-file",
            hint=_("It is a JSON list of objects with id, kind, inputs, expected and tolerance_rel."),
        ) from None
    if not cases:
        raise InputError(_("{path} holds no cases.", path=path), code="compute-eval-file")
    return cases


def _parsed(content: bytes) -> object:
    """JSON, or one JSON value per line."""
    try:
        return json.loads(content)
    except json.JSONDecodeError:
        lines = [line for line in content.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        return [json.loads(line) for line in lines]


@dataclass
class _Verdicts:
    """How the claims came out."""

    total: int = 0
    equal: int = 0
    falsely_ok: int = 0
    """Called ok although they are not."""

    def metrics(self) -> dict[str, float]:
        """The share of equal verdicts and the number of false claims called ok; nothing when there were no claims."""
        if not self.total:
            return {}
        return {
            "claim_verdict_accuracy": self.equal / self.total,
            "false_claims_called_ok": float(self.falsely_ok),
        }


def _score_claim(case: Case, errors: list[float], folder: Path, verdicts: _Verdicts) -> EvalMiss | None:
    """Verdict equal, and each expected number among those that checking the claim computed."""
    from tieout_compute_estimator.claims.scoring import score_claim

    try:
        score = score_claim(case.inputs, case.expected, case.tolerance_rel, folder=folder, source=case.source)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError, TieoutError) as error:
        return _miss(case, _("cannot be computed: {reason}", reason=repr(error)))
    wanted = case.expected.get("verdict")
    verdicts.total += 1
    verdicts.equal += score.verdict == wanted
    verdicts.falsely_ok += score.verdict == "ok" and wanted not in (
        "ok",
        "ok_with_assumption",
        "not_checkable",
    )
    errors.append(score.largest_error)
    return None if score.passed else _miss(case, score.verdict, score.difference)


def _first_error(error: ValidationError) -> str:
    first = error.errors()[0]
    return f"{'.'.join(str(part) for part in first['loc'])}: {first['msg']}"


def _score(case: Case, errors: list[float]) -> EvalMiss | None:
    compute = _KINDS.get(case.kind)
    if compute is None:
        return _miss(case, _("this kind is not computed"))
    try:
        got = compute(case.inputs)
    except (KeyError, TypeError, ValueError, ZeroDivisionError, OverflowError, TieoutError) as error:
        return _miss(case, _("cannot be computed: {reason}", reason=repr(error)))
    if case.tolerance_rel is None:
        return _score_bound(case, got)
    worst = 0.0
    for name, wanted in case.expected.items():
        value = got.get(name)
        if value is None or not isinstance(wanted, int | float) or isinstance(wanted, bool):
            return _miss(case, _("{name} is not computed", name=name))
        worst = max(worst, abs(value - wanted) / abs(wanted) if wanted else abs(value))
    errors.append(worst)
    if worst <= case.tolerance_rel:
        return None
    return _miss(case, _show(got), f"{worst:.2%} > {case.tolerance_rel:.2%}")


def _score_bound(case: Case, got: Mapping[str, float]) -> EvalMiss | None:
    """A bound passes when it is at least what was measured and not absurdly far above it."""
    measured = _number(case.expected, "measured_tokens_per_s")
    bound = got.get("tokens_per_s")
    limits = next((value for name, value in case.expected.items() if name.endswith("_range")), None)
    if bound is None or not isinstance(limits, list) or len(cast("list[object]", limits)) != 2:
        return _miss(case, _show(got))
    low, high = (float(str(end)) for end in cast("list[object]", limits))
    if bound >= measured and low <= measured / bound <= high:
        return None
    return _miss(case, _show(got), f"{measured:.4g} / {bound:.4g} = {measured / bound:.3f}")


def _miss(case: Case, got: str, difference: str = "") -> EvalMiss:
    return EvalMiss(id=case.id, kind=case.kind, expected=_show(case.expected), got=got, difference=difference)


def _show(values: Mapping[str, object]) -> str:
    return ", ".join(
        f"{name}={value:.6g}" if isinstance(value, float) else f"{name}={value}"
        for name, value in values.items()
    )


def _number(inputs: Inputs, name: str, default: float | None = None) -> float:
    value = inputs.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise KeyError(name)
    return float(value)


def _train_flops(i: Inputs) -> dict[str, float]:
    flops = formulas.training_flops(
        _number(i, "params"),
        _number(i, "tokens"),
        flops_per_param_token=_number(i, "flops_per_param_token", 6.0),
    )
    return {"flops": flops, "pf_days": formulas.pf_days(flops)}


def _days_8tp(i: Inputs) -> dict[str, float]:
    """Megatron-LM's estimate with full recomputation, 8TP/(nX) (Narayanan et al. 2021, arXiv:2104.04473)."""
    flops = formulas.training_flops(_number(i, "params"), _number(i, "tokens"), flops_per_param_token=8.0)
    return {"days": flops / (_number(i, "gpus") * _number(i, "tflops_per_gpu") * 1e12) / 86_400}


def _device_time(i: Inputs) -> dict[str, float]:
    seconds = _number(i, "flops") / _number(i, "achieved_flops_per_device")
    return {"years": seconds / (365.25 * 86_400), "hours": seconds / 3_600}


def _device_hours(i: Inputs) -> dict[str, float]:
    return {"device_hours": _number(i, "devices") * _number(i, "days") * 24}


def _tokens_time(i: Inputs) -> dict[str, float]:
    hours = _number(i, "tokens") / (_number(i, "tokens_per_s_per_gpu") * _number(i, "gpus")) / 3_600
    return {"hours": hours, "days": hours / 24, "device_hours": hours * _number(i, "gpus")}


def _aggregate(i: Inputs) -> dict[str, float]:
    rate = _number(i, "tflops_per_gpu")
    return {
        "aggregate_pflops": rate * _number(i, "gpus") / 1e3,
        "utilization": rate * 1e12 / _number(i, "peak_flops"),
    }


def _flops_of_token(i: Inputs) -> float:
    return formulas.flops_per_token(
        _number(i, "params"),
        layers=_number(i, "layers"),
        width=_number(i, "hidden"),
        context=_number(i, "seq"),
        causal=i.get("causal") is True,
    )


def _mfu_tokens(i: Inputs) -> dict[str, float]:
    rate = _number(i, "tokens_per_s_per_gpu" if "tokens_per_s_per_gpu" in i else "tokens_per_s")
    devices = 1.0 if "tokens_per_s_per_gpu" in i else _number(i, "devices", 1.0)
    mfu = formulas.mfu_from_throughput(_flops_of_token(i), rate, _number(i, "peak_flops"), devices)
    recompute = i.get("recompute") is True
    return {"mfu": mfu, "hfu": formulas.hfu_with_full_recompute(mfu) if recompute else mfu}


def _flops_per_token(i: Inputs) -> dict[str, float]:
    width = _number(i, "heads") * (_number(i, "qk_dim") + _number(i, "v_dim")) / 2
    flops = formulas.flops_per_token(
        _number(i, "active_params"),
        layers=_number(i, "layers"),
        width=width,
        context=_number(i, "seq"),
        causal=i.get("causal") is True,
    )
    return {"gflops": flops / 1e9}


def _cost(i: Inputs) -> dict[str, float]:
    return {"usd": formulas.cost_usd(_number(i, "device_hours"), _number(i, "usd_per_hour"))}


def _energy(i: Inputs) -> dict[str, float]:
    kwh = formulas.energy_kwh(_number(i, "device_hours"), _number(i, "watts"), pue=_number(i, "pue", 1.0))
    return {"energy_mwh": kwh / 1e3, "tco2e": formulas.co2_tonnes(kwh, _number(i, "kg_per_kwh"))}


def _implied_intensity(i: Inputs) -> dict[str, float]:
    kwh = formulas.energy_kwh(_number(i, "device_hours"), _number(i, "watts"))
    return {"kg_per_kwh": _number(i, "tco2e") * 1e3 / kwh}


def _implied_power(i: Inputs) -> dict[str, float]:
    return {"watts": _number(i, "energy_mwh") * 1e6 / _number(i, "device_hours")}


def _bytes_per_param(i: Inputs) -> dict[str, float]:
    return {"bytes": formulas.weight_bytes(_number(i, "params"), 8 * _number(i, "bytes_per_param"))}


def _zero(i: Inputs) -> dict[str, float]:
    stage = int(_number(i, "stage"))
    return {
        "bytes": formulas.training_state_bytes(
            _number(i, "params"), stage=stage, data_parallel=_number(i, "dp")
        )
    }


_KINDS: dict[str, Callable[[Inputs], dict[str, float]]] = (
    {
        "aggregate": _aggregate,
        "bytes_per_param": _bytes_per_param,
        "cost": _cost,
        "days_8tp": _days_8tp,
        "device_hours": _device_hours,
        "device_time": _device_time,
        "energy": _energy,
        "flops_per_token": _flops_per_token,
        "hfu_tokens": _mfu_tokens,
        "implied_intensity": _implied_intensity,
        "implied_power": _implied_power,
        "mfu_tokens": _mfu_tokens,
        "tokens_time": _tokens_time,
        "train_flops": _train_flops,
        "zero": _zero,
    }
    | ARCHITECTURE_KINDS
    | SERVING_KINDS
    | ECONOMIC_KINDS
)
