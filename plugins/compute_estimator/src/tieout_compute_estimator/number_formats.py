"""Number formats of weights: plain ones of fixed size, and the quantisation mixtures of GGUF files."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import cache
from typing import NamedTuple

from tieout.errors import InputError
from tieout.plugin import Candidate, translator
from tieout_compute_estimator.architecture import Architecture
from tieout_compute_estimator.gguf_mixtures import MIXTURES, Mixture, canonical_mixture
from tieout_compute_estimator.gguf_sizes import quantised_size

__all__ = ["BITS", "WeightSize", "bits_of", "find_formats", "mixture_of", "mixture_size", "weight_size"]

_ = translator("tieout_compute_estimator")

BITS: dict[str, float] = {
    "fp32": 32.0,
    "bf16": 16.0,
    "fp16": 16.0,
    "f16": 16.0,
    "f32": 32.0,
    "fp8": 8.0,
    "int8": 8.0,
    "fp6": 6.0,
    "mxfp4": 4.25,
    "nvfp4": 4.5,
    "fp4": 4.0,
    "int4": 4.0,
    "q8_0": 8.5,
    "q6_k": 6.5625,
    "q5_1": 6.0,
    "q5_0": 5.5,
    "q4_1": 5.0,
    "q4_0": 4.5,
}
"""Bits per parameter of formats that give every parameter the same, scales of the block formats included."""

_FORMAT = re.compile(
    r"(?<![A-Za-z0-9])(?:bf16|bfloat16|fp16|fp32|fp8|fp6|fp4|mxfp4|nvfp4|int8|int4"
    r"|i?q\d_(?:\d|k(?:_x?[sml])?|xxs|xs|s|m|nl)|tq[12]_0)(?![A-Za-z0-9_])"
    r"|(?<!\d)(?:4|8|16|32)[\s-]?(?:bit|比特|位)",
    re.IGNORECASE,
)
_NEAR = 3.0
"""Models up to this factor larger or smaller show how far the bits of a mixture spread."""


def bits_of(name: str) -> float:
    """Bits per parameter of a number format.

    Raises:
        InputError: The format is not known; the message lists those that are.
    """
    plain = name.strip().lower().replace("bfloat16", "bf16")
    width = re.fullmatch(r"(4|8|16|32)[\s-]?(?:bit|比特|位)", plain)
    bits = float(width.group(1)) if width else BITS.get(plain)
    if bits is None:
        raise InputError(
            _("{name} is no number format of fixed size.", name=repr(name[:30])),
            code="compute-no-such-format",
            hint=_("Known are {names}.", names=", ".join(kind.upper() for kind in BITS)),
        )
    return bits


def find_formats(text: str) -> Sequence[Candidate]:
    """Number formats and quantisations of weights named in ``text``."""
    return [
        Candidate(hit.group().lower(), hit.group(), hit.start(), hit.end()) for hit in _FORMAT.finditer(text)
    ]


def mixture_of(name: str) -> Mixture:
    """The GGUF quantisation called ``name``.

    Raises:
        InputError: There is none; the message lists those that are known.
    """
    found = canonical_mixture(name)
    if found is None:
        raise InputError(
            _("{name} is no quantisation of GGUF that is known here.", name=repr(name[:30])),
            code="compute-no-such-quantisation",
            hint=_("Known are {names}.", names=", ".join(MIXTURES)),
        )
    return found


class WeightSize(NamedTuple):
    """Bytes of weights under a format."""

    bytes: float
    bits: float
    """Mean bits per parameter."""
    exact: bool
    """Whether the tensors of the model itself were added up, or the bits of like models were taken."""
    low: float
    high: float


def mixture_size(
    mixture: Mixture,
    *,
    architecture: Architecture | None,
    params: float | None = None,
    released: str = "",
) -> WeightSize:
    """Bytes under a GGUF mixture: tensor by tensor for a known architecture, else as for models of like size.

    Args:
        params: Parameters; those of the architecture when left out.
        released: Month of the model's release, ``2023-07``. Files of a mixture that has been changed since are as they
            were made then; the range reaches to what the mixture is today.

    Raises:
        InputError: Neither an architecture nor a number of parameters.
    """
    if architecture is not None:
        made = _as_released(mixture, released)
        size, today = (quantised_size(architecture, kind) for kind in (made, mixture))
        total, low = (
            float(held.bytes) if params is None else held.bits_per_param * params / 8.0
            for held in (size, today)
        )
        return WeightSize(total, size.bits_per_param, True, low, total)
    if params is None:
        raise InputError(_("The size of a quantised model needs its name or its parameters."))
    bits, low, high = _typical_bits(mixture, params)
    return WeightSize(*(params * bits / 8.0, bits, False, params * low / 8.0, params * high / 8.0))


def weight_size(name: str, *, model: str = "", params: float | None = None) -> WeightSize:
    """Bytes of weights from the names of a quantisation and a model alone.

    Args:
        name: ``Q4_K_M``, ``IQ2_XS``, ``F16`` …
        model: Name of a published model; with an unknown one ``params`` must be given.
        params: Parameters; those of the model when left out.

    Raises:
        InputError: Unknown quantisation, or neither a known model nor parameters.
    """
    from tieout_compute_estimator.published import architecture_named, find_model

    architecture = architecture_named(model) if model else None
    released = find_model(model).released if architecture is not None else ""
    return mixture_size(mixture_of(name), architecture=architecture, params=params, released=released)


CHANGED = "2024-01"
"""Month in which llama.cpp made Q2_K smaller."""


def _as_released(mixture: Mixture, released: str) -> Mixture:
    if mixture.name == "Q2_K" and "" < released < CHANGED:
        return replace(mixture, early=True)
    return mixture


def _typical_bits(mixture: Mixture, params: float) -> tuple[float, float, float]:
    """Bits per parameter of the dense model nearest in size, and the range of its neighbours."""
    distances = [(abs(math.log(size / params)), bits) for size, bits in _dense_bits(mixture)]
    nearest = min(distances)
    near = [bits for distance, bits in distances if distance <= math.log(_NEAR)] or [nearest[1]]
    return nearest[1], min(near), max(near)


@cache
def _dense_bits(mixture: Mixture) -> tuple[tuple[int, float], ...]:
    """Size and bits of every dense model with grouped queries in the table."""
    from tieout_compute_estimator.architecture_table import shipped_architectures

    found: list[tuple[int, float]] = []
    for architecture in shipped_architectures():
        if architecture.sparse or architecture.family not in ("llama", "qwen2", "qwen3"):
            continue
        size = quantised_size(architecture, mixture)
        found.append((size.params, size.bits_per_param))
    return tuple(found)
