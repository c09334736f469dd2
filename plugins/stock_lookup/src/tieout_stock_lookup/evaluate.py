"""The scorer behind ``tieout eval stocks FILE``: how often names are resolved to the right security."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, ValidationError

from tieout.errors import InputError
from tieout.plugin import EvalMiss, EvalResult, EvalTally, Slot, ToolContext, tool, translator
from tieout.text import clean_line
from tieout_stock_lookup.imports import find_csv_paths
from tieout_stock_lookup.resolver import resolve
from tieout_stock_lookup.scan import find_tickers

__all__ = ["EvalCase", "evaluate", "passes"]

_ = translator("tieout_stock_lookup")


class EvalCase(BaseModel):
    """One line of the file. ``expected``: a symbol, a list of symbols (see :func:`passes`), or null for none."""

    model_config = ConfigDict(extra="ignore")

    id: str
    kind: str
    query: str
    expected: str | list[str] | None


@tool(name="eval", faces=("cli", "slash"), timeout=300)
def evaluate(
    ctx: ToolContext, file: Annotated[str, Slot("text", find=find_csv_paths, example="cases.jsonl")]
) -> EvalResult:
    """Score a file of name-resolution cases, one JSON object a line: id, kind, query, expected.

    Args:
        file: The JSON lines file.
    """
    cases = _read(Path(file).expanduser())
    tallies: defaultdict[str, list[bool]] = defaultdict(list)
    misses: list[EvalMiss] = []
    refused = refused_right = 0
    for number, case in enumerate(cases, start=1):
        ok, got, empty = passes(case)
        tallies[case.kind].append(ok)
        refused += empty
        refused_right += empty and case.expected is None
        if not ok:
            misses.append(
                EvalMiss(
                    id=case.id,
                    kind=case.kind,
                    expected=json.dumps(case.expected),
                    got=got,
                    difference=case.query[:80],
                )
            )
        if number % 50 == 0:
            ctx.progress(number, len(cases))
    passed = sum(sum(oks) for oks in tallies.values())
    metrics = {"accuracy": passed / len(cases) if cases else 0.0}
    if refused:
        metrics["refusals that were right"] = refused_right / refused
    return EvalResult(
        total=len(cases),
        passed=passed,
        by_kind={kind: EvalTally(total=len(oks), passed=sum(oks)) for kind, oks in sorted(tallies.items())},
        metrics=metrics,
        misses=misses,
    )


def passes(case: EvalCase) -> tuple[bool, str, bool]:
    """Whether a case passes, what came, and whether nothing was found.

    A symbol: the first candidate is it. Null: the status is none. A list: for kinds with "sentences" or "text" in
    their name the companies found in the text are exactly those; for other kinds the first candidate is one of
    them, and at least two of them are shown as candidates or as listings of the same company.
    """
    if isinstance(case.expected, list) and ("sentences" in case.kind or "text" in case.kind):
        symbols = [str(found.value) for found in find_tickers(case.query)]
        return set(symbols) == set(case.expected), ", ".join(symbols), not symbols
    try:
        found = resolve(case.query)
    except InputError as error:
        return case.expected is None, clean_line(error.message, limit=120), True
    symbols = [match.instrument.symbol for match in found.candidates]
    shown = [*symbols, *(share.symbol for share in found.siblings)]
    got = f"{found.status}: {', '.join(shown[:5])}"
    if case.expected is None:
        return found.status == "none", got, not symbols
    if isinstance(case.expected, str):
        return symbols[:1] == [case.expected], got, not symbols
    wanted = set(case.expected)
    right = bool(symbols) and symbols[0] in wanted and len(wanted & set(shown)) >= min(2, len(wanted))
    return right, got, not symbols


def _read(path: Path) -> list[EvalCase]:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(
            _(
                "{file} cannot be read: {reason}.",
                file=clean_line(str(path), limit=200),
                reason=type(error).__name__,
            ),
            hint=_("Give a JSON lines file in UTF-8."),
        ) from None
    cases: list[EvalCase] = []
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            value: Mapping[str, Any] = json.loads(line)
            cases.append(EvalCase.model_validate(value))
        except ValueError as error:
            raise InputError(
                _(
                    "{file}, line {line}: this is no case ({reason}).",
                    file=clean_line(path.name, limit=200),
                    line=number,
                    reason=_reason(error),
                ),
                hint=_("A case is a JSON object with id, kind, query and expected."),
            ) from None
    return cases


def _reason(error: ValueError) -> str:
    """What is wrong first: the field and the fault, without what pydantic adds."""
    if not isinstance(error, ValidationError):
        return clean_line(str(error), limit=160)
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"])
    return clean_line(f"{field}: {first['msg']}" if field else first["msg"], limit=160)
