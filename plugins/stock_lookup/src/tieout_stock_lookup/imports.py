"""Brings a price file into the store, under the right symbol."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path

from tieout.errors import InputError
from tieout.plugin import Candidate, Figure, ToolContext, translator
from tieout.text import clean_line
from tieout_stock_lookup.lookup import name_numbers, numbers_in
from tieout_stock_lookup.prices import ParsedPrices, is_demo_symbol, parse_prices
from tieout_stock_lookup.resolver import MAX_QUERY, resolve
from tieout_stock_lookup.results import ImportResult, SkippedLine
from tieout_stock_lookup.shipped import default_directory
from tieout_stock_lookup.store import PriceSeries, PriceStore

__all__ = ["demo_symbol", "find_csv_paths", "import_file", "numbers_of"]

_ = translator("tieout_stock_lookup")

_PATH = re.compile(r"[^\s\"'“”‘’,;:()、。\uff0c\uff1b\uff1a\uff08\uff09]+\.(?:csv|tsv|txt)(?![a-z0-9])", re.I)
_QUOTED = re.compile(r"[\"'“‘]([^\"'”’\n]+\.(?:csv|tsv|txt))[\"'”’]", re.I)


def find_csv_paths(text: str) -> Sequence[Candidate]:
    """File names ending in .csv, .tsv or .txt; with spaces only in quotes."""
    quoted = [
        Candidate(m[1], m[1], m.start(1), m.end(1), 1.0, "quoted") for m in _QUOTED.finditer(text[:20_000])
    ]
    if quoted:
        return quoted
    found: list[Candidate] = []
    for match in _PATH.finditer(text[:20_000]):
        # Chinese is written without spaces: in "导入prices.csv" the file is prices.csv.
        path = re.sub(r"^[\u4e00-\u9fff]+(?=[\w./~-]*[A-Za-z0-9./~])", "", match[0])
        found.append(Candidate(path, path, match.end() - len(path), match.end(), 0.9, "file name"))
    return found


def demo_symbol(text: str) -> str:
    """``demoa`` as ``DEMOA.DEMO``."""
    return f"{text.upper().removesuffix('.DEMO')}.DEMO"


def import_file(ctx: ToolContext, path: Path, symbol: str) -> ImportResult:
    """Read, check, identify and store; see the tool ``import_prices``.

    Raises:
        InputError: The file cannot be read or used, or it is not clear which security it is.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        reason = clean_line(error.strerror or type(error).__name__, limit=80)
        raise InputError(
            _("{file} cannot be read: {reason}.", file=clean_line(str(path), limit=200), reason=reason),
            hint=_("Give the path of a CSV file on this machine; which security it is goes behind --symbol."),
        ) from None
    now = datetime.now(UTC)
    parsed = parse_prices(data, today=now.date())
    canonical, name = _identify(parsed, symbol, path)
    file = clean_line(path.name, limit=80)
    series = PriceSeries(
        canonical,
        name,
        "demo" if parsed.demo or is_demo_symbol(canonical) else "user",
        file,
        now,
        parsed.bars,
    )
    replaced = PriceStore(ctx.data_dir).replace(series)
    return _result(series, parsed, replaced, now.date())


def _identify(parsed: ParsedPrices, symbol: str, path: Path) -> tuple[str, str]:
    """Canonical symbol and name; a made-up series never gets a real symbol, nor a real one a made-up symbol."""
    wanted = symbol.strip() or parsed.symbol or parsed.name or re.split(r"[_\s]", path.stem)[0]
    if is_demo_symbol(wanted):
        return demo_symbol(wanted), parsed.name or wanted.upper()
    if parsed.demo:
        raise InputError(
            _(
                "{file} says that its prices are synthetic, so they cannot be stored as {symbol}.",
                file=clean_line(path.name, limit=80),
                symbol=clean_line(wanted, limit=40),
            ),
            hint=_("Give it a symbol that begins with DEMO, such as DEMOA."),
        )
    found = resolve(wanted[:MAX_QUERY])
    if found.status == "exact":
        share = found.candidates[0].instrument
        return share.symbol, share.name
    if re.fullmatch(r"[A-Z0-9]{1,8}\.(?:SH|SZ|BJ|HK|US|INDEX)", wanted.upper()) and found.status == "none":
        # The directory lists only the best-known Hong Kong and US shares; a full symbol says which one it is.
        return wanted.upper(), parsed.name or wanted.upper()
    options = ", ".join(f"{m.instrument.symbol} {m.instrument.name}" for m in found.candidates[:3])
    raise InputError(
        _("It is not clear which security the file is about ({text}).", text=clean_line(wanted, limit=40)),
        hint=_("Name it with its full symbol, for example --symbol 600519.SH.")
        + (" " + _("Perhaps: {options}.", options=options) if options else ""),
    )


def _result(series: PriceSeries, parsed: ParsedPrices, replaced: int, today: date) -> ImportResult:
    first, last = series.bars[0], series.bars[-1]
    close = Figure(
        value=last.close,
        unit=currency_of(series.symbol),
        subject=series.symbol,
        metric="close",
        as_of=last.day,
        text=f"{last.close:.10g}",
        origin=series.provenance(last.day),
    )
    return ImportResult(
        symbol=series.symbol,
        name=series.name,
        file=series.origin,
        bars=_count(len(series.bars), series, "sessions", today),
        first_day=first.day,
        last_day=last.day,
        last_close=close,
        adjusted=series.adjusted,
        demo=series.kind == "demo",
        skipped=tuple(SkippedLine(line=problem.line, reason=problem.reason) for problem in parsed.problems),
        replaced=replaced,
        notes=tuple(_notes(series, replaced)),
        left_out=_count(len(parsed.problems), series, "lines left out", today) if parsed.problems else None,
        name_numbers=tuple(numbers_of(series)),
    )


def _count(number: int, series: PriceSeries, metric: str, today: date) -> Figure:
    return Figure(
        value=number, subject=series.symbol, metric=metric, text=str(number), origin=series.provenance(today)
    )


def numbers_of(series: PriceSeries) -> list[Figure]:
    """Numbers in the names that answers about a series show: the security's and the file's."""
    share = default_directory().get(series.symbol)
    origin = series.provenance(series.bars[-1].day)
    shown = [
        *numbers_in(series.name, series.symbol, origin),
        *numbers_in(series.origin, series.symbol, origin),
    ]
    return [*(name_numbers(share) if share else []), *shown]


def _notes(series: PriceSeries, replaced: int) -> list[str]:
    notes: list[str] = []
    if series.kind == "demo":
        notes.append(_("These prices are made up for demonstration; they are no market data."))
    if not series.adjusted:
        notes.append(_("There is no adjusted close, so returns do not count dividends and splits."))
    if replaced:
        notes.append(_("An earlier import of {symbol} was replaced.", symbol=series.symbol))
    return notes


def currency_of(symbol: str) -> str:
    """Currency of a symbol's prices; none for an index, a made-up security and mainland B-shares."""
    share = default_directory().get(symbol)
    if (share is not None and share.kind == "index") or symbol.startswith(("900", "200", "201")):
        return ""
    return {"SH": "CNY", "SZ": "CNY", "BJ": "CNY", "HK": "HKD", "US": "USD"}.get(
        symbol.rpartition(".")[2], ""
    )
