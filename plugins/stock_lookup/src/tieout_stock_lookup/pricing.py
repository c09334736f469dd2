"""Returns and last closes from the price store, with the origin of every number."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import NoReturn

from tieout.errors import InputError, ToolError
from tieout.plugin import Figure, Formula, ToolContext, translator
from tieout.text import clean_line
from tieout_stock_lookup.imports import currency_of, demo_symbol, numbers_of
from tieout_stock_lookup.prices import is_demo_symbol
from tieout_stock_lookup.provider_api import local_bars
from tieout_stock_lookup.resolver import resolve
from tieout_stock_lookup.results import PriceResult
from tieout_stock_lookup.return_result import ReturnsResult, WindowReturn
from tieout_stock_lookup.returns import Method, RelativeReturn, Return, compute_returns
from tieout_stock_lookup.shipped import default_directory
from tieout_stock_lookup.store import PriceSeries, PriceStore

__all__ = ["price_result", "returns_result", "series_of"]

_ = translator("tieout_stock_lookup")

_BENCHMARKS = {
    "SH": "000300.SH",
    "SZ": "000300.SH",
    "BJ": "000300.SH",
    "HK": "HSI.INDEX",
    "US": "SPX.INDEX",
    "DEMO": "DEMOX.DEMO",
}
_NONE = ("none", "no", "无", "-")


def series_of(ctx: ToolContext, name: str) -> PriceSeries:
    """Prices of the security that ``name`` means: imported ones, else those of an installed local provider.

    Raises:
        InputError: The name means no security, or several.
        ToolError: There are no prices of it.
    """
    symbol, shown = _symbol_of(ctx, name)
    series = _read(ctx, symbol)
    if series is None:
        _no_prices(symbol, shown)
    return series


def _symbol_of(ctx: ToolContext, name: str) -> tuple[str, str]:
    text = name.strip()
    if is_demo_symbol(text):
        return demo_symbol(text), demo_symbol(text)
    imported = PriceStore(ctx.data_dir).symbols()
    if text.upper() in imported:
        return text.upper(), text.upper()
    found = resolve(text)
    if found.status == "exact":
        share = found.candidates[0].instrument
        listings = [share.symbol, *(sibling.symbol for sibling in found.siblings)]
        symbol = next((listing for listing in listings if listing in imported), share.symbol)
        return symbol, f"{symbol} {share.name}"
    if not found.candidates:
        raise InputError(
            _("{name} is no listed company or index in the directory.", name=clean_line(text, limit=60)),
            hint=_("Give a full symbol such as 600519.SH or 0700.HK."),
        )
    options = ", ".join(f"{m.instrument.symbol} {m.instrument.name}" for m in found.candidates[:4])
    raise InputError(
        _("It is not certain which security {name} is.", name=clean_line(text, limit=60)),
        hint=_("Perhaps: {options}.", options=options),
    )


def _read(ctx: ToolContext, symbol: str) -> PriceSeries | None:
    stored = PriceStore(ctx.data_dir).read(symbol)
    if stored is not None:
        return stored
    provider, bars, _tried = local_bars(symbol)
    if not bars:
        return None
    share = default_directory().get(symbol)
    return PriceSeries(symbol, share.name if share else symbol, "embedded", provider, datetime.now(UTC), bars)


def _no_prices(symbol: str, shown: str) -> NoReturn:
    raise ToolError(
        _(
            "There are no prices of {name}: none were imported, and no price source is installed or enabled.",
            name=shown,
        ),
        code="no-price-source",
        hint=_(
            "Import a CSV file of daily closes: tieout stocks import_prices FILE --symbol {symbol}",
            symbol=symbol,
        ),
    )


def price_result(ctx: ToolContext, name: str) -> PriceResult:
    """The last close of the store; see the tool ``price``."""
    series = series_of(ctx, name)
    last = series.bars[-1]
    notes = [_("This is no live price: no live source is installed or enabled.")]
    if series.kind == "demo":
        notes.insert(0, _("These prices are made up for demonstration; they are no market data."))
    return PriceResult(
        symbol=series.symbol,
        name=series.name,
        close=_close(series, last.day, last.close),
        day=last.day,
        source=_source(series),
        notes=tuple(notes),
        name_numbers=tuple(numbers_of(series)),
    )


def returns_result(
    ctx: ToolContext, name: str, windows: Sequence[str], benchmark: str, as_of: date | None, method: Method
) -> ReturnsResult:
    """Returns with their formulas; see the tool ``returns``."""
    series = series_of(ctx, name)
    index, notes = _benchmark(ctx, series, benchmark)
    rows = compute_returns(series, windows, benchmark=index, as_of=as_of, method=method)
    last = next((row.absolute.end.day for row in rows if row.absolute), None)
    if series.kind == "demo":
        notes.insert(0, _("These prices are made up for demonstration; they are no market data."))
    if not series.adjusted:
        notes.append(_("There is no adjusted close, so returns do not count dividends and splits."))
    if index is not None and currency_of(series.symbol) == "USD" and index.symbol == "000300.SH":
        notes.append(
            _("Share and index are in different currencies; the relative return does not correct for that.")
        )
    return ReturnsResult(
        symbol=series.symbol,
        name=series.name,
        last_day=last,
        benchmark=index.symbol if index else "",
        benchmark_name=index.name if index else "",
        method=method,
        adjusted=series.adjusted,
        demo=series.kind == "demo",
        windows=tuple(_row(row, series, index, method) for row in rows),
        source=_source(series) + (f"; {_source(index)}" if index and index.origin != series.origin else ""),
        notes=tuple(notes),
        name_numbers=tuple(figure for item in (series, index) if item for figure in numbers_of(item)),
    )


def _benchmark(ctx: ToolContext, series: PriceSeries, wanted: str) -> tuple[PriceSeries | None, list[str]]:
    """The index to compare with. Made-up and real prices are never compared."""
    if wanted.strip().lower() in _NONE:
        return None, []
    if wanted.strip():
        index = series_of(ctx, wanted)
        if (index.kind == "demo") != (series.kind == "demo"):
            raise InputError(
                _("Made-up prices are not compared with real ones."),
                hint=_("Compare {symbol} with a security of its own kind.", symbol=series.symbol),
            )
        return index, []
    symbol = _BENCHMARKS.get(series.symbol.rpartition(".")[2], "")
    if not symbol or symbol == series.symbol:
        return None, []
    index = _read(ctx, symbol)
    if index is None:
        share = default_directory().get(symbol)
        missing = _(
            "No relative return: there are no prices of {index} ({symbol}). Import them to get one.",
            index=share.name if share else symbol,
            symbol=symbol,
        )
        return None, [missing]
    return index, []


def _row(row: RelativeReturn, series: PriceSeries, index: PriceSeries | None, method: Method) -> WindowReturn:
    absolute = _change(row.absolute, series, row.window) if row.absolute else None
    market = _change(row.index, index, row.window) if row.index and index else None
    months = None if row.window == "YTD" else float(row.window.removesuffix("M"))
    return WindowReturn(
        window=row.window,
        length=Figure(value=months, unit="month", metric="window") if months else None,
        base_day=row.absolute.base.day if row.absolute else None,
        absolute=absolute,
        index=market,
        relative=_relative(row.relative, absolute, market, series, method),
        reason=row.reason,
        flags=row.flags,
    )


def _change(change: Return, series: PriceSeries, window: str) -> Figure:
    inputs = {
        "P1": _close(series, change.end.day, change.end_close),
        "P0": _close(series, change.base.day, change.base_close),
    }
    origin = Formula(
        name=f"return over {window}",
        expression="(P1 / P0 - 1) × 100 %",
        inputs=inputs,
        convention="adjusted closes" if series.adjusted else "closes as traded",
    )
    return Figure(
        value=change.percent,
        unit="%",
        subject=series.symbol,
        metric=f"return {window}",
        as_of=change.end.day,
        text=f"{change.percent:+.2f}%",
        origin=origin,
    )


def _relative(
    value: float | None, absolute: Figure | None, index: Figure | None, series: PriceSeries, method: Method
) -> Figure | None:
    if value is None or absolute is None or index is None:
        return None
    geometric = method == "geometric"
    origin = Formula(
        name="relative return",
        expression="((1 + R) / (1 + I) - 1) × 100 %" if geometric else "R - I",
        inputs={"R": absolute, "I": index},
        convention="geometric" if geometric else "arithmetic, percentage points",
    )
    unit = "%" if geometric else "pp"
    return Figure(
        value=value,
        unit=unit,
        subject=series.symbol,
        metric="relative " + absolute.metric,
        as_of=absolute.as_of,
        text=f"{value:+.2f}{'%' if geometric else ' pp'}",
        origin=origin,
    )


def _close(series: PriceSeries, day: date, close: float) -> Figure:
    return Figure(
        value=close,
        unit=currency_of(series.symbol),
        subject=series.symbol,
        metric="close",
        as_of=day,
        text=f"{close:.10g}",
        origin=series.provenance(day),
    )


def _source(series: PriceSeries) -> str:
    kinds = {"user": _("imported file"), "demo": _("made-up sample"), "embedded": _("local provider")}
    return f"{kinds.get(series.kind, series.kind)} {series.origin}"
