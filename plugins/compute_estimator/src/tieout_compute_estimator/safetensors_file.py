"""Reading the headers of local safetensors files: shapes and number formats, never the weights."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn, cast

from tieout.errors import InputError
from tieout.plugin import translator

__all__ = ["StoredWeights", "read_safetensors"]

_ = translator("tieout_compute_estimator")

MAX_HEADER = 100_000_000
"""The format's own limit on a header."""
_BITS = {
    **dict.fromkeys(("F64", "I64", "U64", "C64"), 64),
    **dict.fromkeys(("F32", "I32", "U32"), 32),
    **dict.fromkeys(("F16", "BF16", "I16", "U16"), 16),
    **dict.fromkeys(("F8_E4M3", "F8_E5M2", "F8_E8M0", "I8", "U8", "BOOL"), 8),
    **dict.fromkeys(("F6_E2M3", "F6_E3M2"), 6),
    "F4": 4,
}


@dataclass(frozen=True, slots=True)
class StoredWeights:
    """What the tensors of one or several files add up to."""

    path: str
    params: int
    """Stored values; packed formats store several weights in one."""
    bytes: int
    by_type: dict[str, int]
    """Bytes by number format, largest first."""
    files: int


def read_safetensors(path: str | Path) -> StoredWeights:
    """Add up the tensors of a file, or of every ``.safetensors`` file of a folder.

    Raises:
        InputError: No such file, or no safetensors file.
    """
    place = Path(path).expanduser()
    files = sorted(place.glob("*.safetensors")) if place.is_dir() else [place]
    if not files:
        _fail(place, _("the folder holds no such file"))
    params = 0
    by_type: dict[str, int] = {}
    for file in files:
        for kind, shape in _tensors(file):
            if kind not in _BITS:
                _fail(file, _("tensors of type {number} are not known", number=kind))
            values = math.prod(shape)
            params += values
            by_type[kind] = by_type.get(kind, 0) + values * _BITS[kind] // 8
    ordered = dict(sorted(by_type.items(), key=lambda item: -item[1]))
    return StoredWeights(str(place), params, sum(ordered.values()), ordered, len(files))


def _tensors(file: Path) -> list[tuple[str, list[int]]]:
    try:
        with file.open("rb") as stream:
            size = int.from_bytes(stream.read(8), "little")
            if not 2 <= size <= min(MAX_HEADER, file.stat().st_size - 8):
                raise ValueError(_("its header has an impossible length"))
            header: object = json.loads(stream.read(size))
        if not isinstance(header, dict):
            raise ValueError(_("it holds no JSON object"))
        rows = cast("dict[str, dict[str, object]]", header)
        return [
            (str(row["dtype"]), [int(side) for side in cast("list[int]", row["shape"])])
            for name, row in rows.items()
            if name != "__metadata__"
        ]
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        _fail(file, str(error))


def _fail(path: Path, reason: str) -> NoReturn:
    raise InputError(
        _("{path} cannot be read as a safetensors file: {reason}", path=str(path)[:200], reason=reason[:200]),
        code="compute-safetensors-file",
    ) from None
