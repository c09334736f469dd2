"""Scoring claims: verdict equal, and every expected number among those computed, within its tolerance."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from tieout.plugin import Figure
from tieout_compute_estimator.claims.checking import CheckedClaim, check_claims
from tieout_compute_estimator.claims.findings import in_unit
from tieout_compute_estimator.claims.verdicts import worst

__all__ = ["ClaimScore", "score_claim"]

_DIMENSIONLESS = ("", "x", "%", "ratio")


@dataclass(frozen=True, slots=True)
class ClaimScore:
    """How a claim case came out."""

    verdict: str
    passed: bool
    largest_error: float
    """Relative, over the numbers that were found."""
    difference: str
    """What is wrong: the verdict, or the numbers that were not reproduced."""


def score_claim(
    inputs: Mapping[str, object],
    expected: Mapping[str, object],
    tolerance: float | None,
    *,
    folder: Path,
    source: str = "",
) -> ClaimScore:
    """Check ``inputs["text"]`` in the context of its document, when that lies beside the cases.

    Args:
        inputs: ``text``, and optionally ``context`` (the words around it).
        expected: ``verdict`` and any numbers; the name of a number says its unit (``usd``, ``days``, ``pf_days``).
        tolerance: Largest relative error of a number.
        folder: Folder of the file of cases.
        source: The case's source; a path from that folder or the one above it is read as the document.
    """
    text = inputs.get("text")
    if not isinstance(text, str):
        raise KeyError("text")
    context = str(inputs.get("context", "")) or _document(folder, source)
    claims = check_claims(text, context=context, whole=True)
    verdict = worst([claim.verdict for claim in claims])
    numbers = list(_numbers(claims))
    wrong: list[str] = [] if verdict == expected.get("verdict") else [f"verdict {verdict}"]
    largest = 0.0
    for name, wanted in expected.items():
        if name == "verdict" or isinstance(wanted, bool) or not isinstance(wanted, int | float):
            continue
        error = min(
            (abs(value - wanted) / abs(wanted or 1) for value in _shown_as(name, numbers)), default=1.0
        )
        if error > (tolerance if tolerance is not None else 0.02):
            wrong.append(f"{name}: {wanted:.6g} not found")
        else:
            largest = max(largest, error)
    return ClaimScore(verdict, not wrong, largest, "; ".join(wrong))


def _document(folder: Path, source: str) -> str:
    """The text of the document that a case names, when it is there."""
    if not source or "/" not in source or not re.fullmatch(r"[\w./ -]+\.(?:txt|md)", source):
        return ""
    for base in (folder, folder.parent):
        place = base / source
        if place.is_file() and place.stat().st_size < 5_000_000:
            return place.read_text(encoding="utf-8", errors="replace")
    return ""


def _numbers(claims: list[CheckedClaim]) -> Iterator[Figure]:
    """Every number that the check read, looked up or computed, with the inputs of formulas."""
    for claim in claims:
        for figure in (
            *claim.computed.values(),
            *(one for found in claim.findings for one in found.figures.values()),
        ):
            yield from figure.walk()
        yield from claim.stated


_UNITS: tuple[tuple[str, tuple[str, ...]], ...] = (
    (r"growth|gain|saving", _DIMENSIONLESS),
    (r"usd_per_pfd", ("USD", "USD/PF-day")),
    (r"usd_per_gpu|usd_per_.*hour|per_hour", ("USD/GPU-hour",)),
    (r"usd|cost", ("USD",)),
    (r"cny|rmb|gdp|trn", ("CNY", "USD")),
    (r"eflops", ("EFLOP/s",)),
    (r"pflops", ("PFLOP/s",)),
    (r"tflops", ("TFLOP/s",)),
    (r"tops", ("TOP/s", "TFLOP/s")),
    (r"rate", ("FLOP/s", "TFLOP/s")),
    (r"pf_?days?|pfd", ("PF-day",)),
    (r"flop.*ratio|ratio|factor|speedup|yearly|multiple|per_year|times", _DIMENSIONLESS),
    (r"flops?", ("FLOP",)),
    (r"gwh", ("GWh",)),
    (r"mwh", ("MWh",)),
    (r"kwh", ("kWh", "")),
    (r"^(?:mfu|hfu)|share|percent|utili", _DIMENSIONLESS),
    (r"device_hours|gpu_hours", ("GPU-hour",)),
    (r"gbit|gb_s|tbit", ("Gb/s", "GB/s", "Tb/s", "TB/s")),
    (r"months", ("month",)),
    (r"years", ("year",)),
    (r"days", ("day",)),
    (r"hours", ("h", "GPU-hour")),
    (r"bytes_per_param", ("B",)),
    (r"bytes|_gb$|_gib$", ("B", "GB", "GiB", "TB")),
    (r"tokens_per_param", ("token", "")),
    (r"tokens", ("token",)),
    (r"params", ("parameter",)),
    (r"gpus|a100|h100|chips|devices", ("GPU", "chip")),
    (r"mw|gw|watts|power", ("W", "MW", "GW")),
    (r"tco2|carbon", ("tCO2e",)),
)


def _shown_as(name: str, numbers: list[Figure]) -> Iterator[float]:
    """The values that a number of this name may be: those of its unit, or all when the name says none."""
    units = next((units for pattern, units in _UNITS if re.search(pattern, name, re.IGNORECASE)), None)
    for figure in numbers:
        for value in (figure.value, figure.low, figure.high):
            if value is None:
                continue
            if units is None:
                yield value
            for unit in units or ():
                if unit in _DIMENSIONLESS and figure.unit in _DIMENSIONLESS:
                    yield value
                    yield value / 100 if figure.unit == "%" else value
                elif (
                    unit not in _DIMENSIONLESS
                    and (converted := in_unit(value, figure.unit, unit)) is not None
                ):
                    yield converted
                    if "trn" in name:
                        yield converted / 1e12
