"""Arguments that cannot be meant: one clear error each."""

from __future__ import annotations

import math
from collections.abc import Iterable

from tieout.errors import InputError, ToolError
from tieout.plugin import translator
from tieout_compute_estimator.accelerators import Device

__all__ = ["checked_dtype", "fraction", "missing", "one_of", "positive", "whole"]

_ = translator("tieout_compute_estimator")


def positive(name: str, value: float) -> float:
    """``value`` if it is finite and above zero.

    Raises:
        InputError: It is not.
    """
    if not math.isfinite(value) or value <= 0:
        raise InputError(
            _("{name} must be a finite number above zero, not {value}.", name=name, value=value),
            code="compute-not-positive",
            hint=_("Check its sign and its unit."),
        )
    return value


def whole(name: str, value: float) -> int:
    """``value`` as a whole number of at least one.

    Raises:
        InputError: It is none.
    """
    if positive(name, value) != int(value):
        raise InputError(
            _("{name} must be a whole number, not {value}.", name=name, value=value), code="compute-not-whole"
        )
    return int(value)


def fraction(name: str, value: float) -> float:
    """``value`` if it is above zero and at most one.

    Raises:
        InputError: It is not, for example 40 where 40% was meant.
    """
    if not math.isfinite(value) or not 0 < value <= 1:
        raise InputError(
            _("{name} must be above 0% and at most 100%, not {value}.", name=name, value=f"{value:.6g}"),
            code="compute-not-fraction",
            hint=_("Write a percentage as 0.4 or 40%."),
        )
    return value


def one_of(name: str, value: str, choices: Iterable[str]) -> None:
    """Check a name that a caller in Python may have misspelt; the command line and models are checked before.

    Raises:
        InputError: ``value`` is none of ``choices``; the message lists them.
    """
    known = tuple(choices)
    if value not in known:
        raise InputError(
            _("{name} cannot be {value}.", name=name, value=repr(value)[:40]),
            code="compute-no-such-choice",
            hint=_("Known are {names}.", names=", ".join(known)),
        )


def checked_dtype(device: Device, dtype: str | None) -> str:
    """The number format to take the peak of: ``dtype``, or what the device trains in by default.

    Raises:
        ToolError: The table has no peak of the device in this format; the message names those it has.
    """
    if dtype is None:
        return device.training_dtype
    name = {"bfloat16": "bf16", "float16": "fp16", "half": "fp16", "float32": "fp32"}.get(
        dtype.lower(), dtype.lower()
    )
    if name not in device.peak_tflops:
        raise ToolError(
            _("{device} has no {dtype} peak in the table.", device=device.name, dtype=repr(dtype[:20])),
            code="compute-no-such-dtype",
            hint=_("It has {names}.", names=", ".join(kind.upper() for kind in device.peak_tflops)),
        )
    return name


def missing(names: list[tuple[str, str]]) -> InputError:
    """The error for inputs that neither the arguments nor the table of models give: (name, example) each."""
    listed = ", ".join(
        _("{name} (e.g. {example})", name=_(name), example=f"`{example}`") for name, example in names
    )
    return InputError(
        _("Still needed: {names}.", names=listed),
        code="compute-missing-input",
        hint=_("Name a model that is in the table, or give the numbers."),
    )
