"""The tools of the stocks plugin."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Literal

from tieout.errors import InputError
from tieout.plugin import Slot, ToolContext, tool, translator
from tieout_stock_lookup import imports, pricing
from tieout_stock_lookup.lookup import lookup_result
from tieout_stock_lookup.provider_api import providers as installed_providers
from tieout_stock_lookup.resolver import resolve
from tieout_stock_lookup.results import (
    ImportResult,
    LookupResult,
    PriceResult,
    ProviderRow,
    ProvidersResult,
)
from tieout_stock_lookup.return_result import ReturnsResult
from tieout_stock_lookup.scan import find_benchmarks, find_securities, find_tickers
from tieout_stock_lookup.shipped import default_directory
from tieout_stock_lookup.windows import find_dates, find_windows, parse_windows

__all__ = ["import_prices", "lookup", "price", "providers", "returns"]

_ = translator("tieout_stock_lookup")


@tool(
    timeout=10,
    examples={
        "zh": [
            "工业富联是哪只股票",
            "查一下新易盛的代码",
            "中际旭创在哪个交易所上市",
            "300750 是什么公司",
            "帮我查兆易创新的股票代码",
            "688256 是哪家",
            "腾讯控股的港股代码是多少",
            "北方华创什么时候上市的",
            "韦尔股份现在叫什么名字",
            "这家公司上市了吗",
            "立讯精密的证券代码",
            "沪电股份是沪市还是深市的",
        ],
        "en": [
            "Which company trades as 002371?",
            "What is the ticker of Broadcom?",
            "Look up the stock code of Hygon",
            "Is Cambricon a listed company?",
            "What's the symbol for TSMC?",
            "Which exchange is Innolight on?",
            "When was NAURA listed?",
            "Find the stock called 澜起科技",
            "Which stock is 601138?",
            "What was 豪威集团 called before?",
        ],
    },
)
def lookup(
    ctx: ToolContext,
    name: Annotated[
        str,
        Slot(
            "ticker",
            find=find_tickers,
            cues=("股票", "代码", "公司", "上市", "ticker", "stock", "symbol", "company"),
            example="金山办公",
        ),
    ],
) -> LookupResult:
    """Find which listed company or index a name or code means: symbol, exchange, listing date, former names.

    Works without a network, from a directory of A-shares with well-known Hong Kong and US shares and indices. Says
    when a name means several companies or none.

    Args:
        name: Name or code in any form: 金山办公, 688111, sh688111, 0700.HK, NVDA, jsbg.
    """
    found = resolve(name)
    return lookup_result(found, directory=default_directory(), lang=ctx.lang, today=datetime.now(UTC).date())


@tool(
    name="import_prices",
    effects=("read", "write"),
    timeout=60,
    examples={
        "zh": [
            "导入行情文件 prices.csv",
            "把这个 CSV 里的日线导进来",
            "导入 600519 的历史价格文件",
            "读入我下载的收盘价表格",
            "从 csv 导入沪深300的日线数据",
            "加载本地股价文件",
        ],
        "en": [
            "Import prices from quotes.csv",
            "Load the daily closes in this CSV file",
            "Read my price history file for NVDA",
            "Import the index closes from csi300.csv",
            "Add the downloaded bars to the price store",
            "Load a CSV of stock prices",
        ],
    },
)
def import_prices(
    ctx: ToolContext,
    path: Annotated[
        str, Slot("text", find=imports.find_csv_paths, cues=("文件", "file", "csv"), example="prices.csv")
    ],
    symbol: Annotated[str, Slot("ticker", find=find_tickers, example="600519.SH")] = "",
) -> ImportResult:
    """Import daily prices of one security from a CSV file into the price store on this machine.

    The header may be English or Chinese (date/日期, close/收盘 and, if there, open, high, low, volume, an adjusted
    close); the text UTF-8 or GBK. A file imported again takes the place of the earlier one.

    Args:
        path: The CSV file.
        symbol: Which security it is; may be left out when the file has a symbol column or is named after it.
    """
    return imports.import_file(ctx, Path(path).expanduser(), symbol)


@tool(
    timeout=20,
    examples={
        "zh": [
            "工业富联近三个月涨了多少",
            "比亚迪过去一年的收益率",
            "新易盛 1M/3M/12M 涨跌幅",
            "中际旭创今年以来相对沪深300的超额收益",
            "算一下海光信息近半年的相对收益",
            "近1个月宁德时代跑赢指数了吗",
            "招商银行 12 个月绝对收益和相对收益",
            "腾讯控股三个月的表现",
        ],
        "en": [
            "How much did Broadcom gain over three months?",
            "12-month return of BYD",
            "1M, 3M and 12M returns of 300308",
            "Relative return of Hygon against the CSI 300 over the past year",
            "Did CATL beat the index in the last month?",
            "Year-to-date performance of TSMC",
            "Absolute and relative performance of 601138 over six months",
            "Return of 600036 since the start of the year",
        ],
    },
)
def returns(
    ctx: ToolContext,
    name: Annotated[
        str, Slot("ticker", find=find_securities, cues=("涨", "收益", "return", "gain"), example="600519.SH")
    ],
    window: Annotated[
        str, Slot("window", find=find_windows, cues=("近", "过去", "past", "over"), example="3M")
    ] = "1M,3M,12M",
    benchmark: Annotated[
        str,
        Slot(
            "ticker",
            find=find_benchmarks,
            cues=("相对", "基准", "跑赢", "against", "versus", "relative"),
            example="沪深300",
        ),
    ] = "",
    as_of: Annotated[
        str, Slot("text", find=find_dates, cues=("截至", "as of", "until"), example="2024-04-19")
    ] = "",
    method: Literal["arithmetic", "geometric"] = "arithmetic",
) -> ReturnsResult:
    """Compute the absolute, index and relative return of a security over windows, from imported prices.

    Windows go calendar months back from the last close, to the last session before where the market was closed.
    Relative = share minus index in percentage points, as broker reports print it. A window with too short a history
    gives no number and says why.

    Args:
        name: The security.
        window: 1M, 3M, 12M, 1Y, YTD, or several with commas.
        benchmark: The index to compare with; by default that of the market (沪深300, HSI, S&P 500) if it was imported.
        as_of: Last day that counts, ISO; by default the last imported one.
        method: arithmetic (percentage points) or geometric (ratio).
    """
    day = _day(as_of) if as_of else None
    return pricing.returns_result(ctx, name, parse_windows(window), benchmark, day, method)


@tool(
    timeout=10,
    examples={
        "zh": [
            "新易盛现在股价多少",
            "工业富联最新价",
            "腾讯今天收盘价是多少",
            "宁德时代多少钱一股",
            "查一下比亚迪的行情",
            "海光信息的市价",
        ],
        "en": [
            "What is Broadcom trading at?",
            "Current share price of BYD",
            "Latest quote for TSMC",
            "Last close of 600036",
            "How much is one share of CATL?",
            "Price of 300308 today",
        ],
    },
)
def price(
    ctx: ToolContext,
    name: Annotated[
        str,
        Slot("ticker", find=find_securities, cues=("股价", "价格", "price", "quote"), example="600519.SH"),
    ],
) -> PriceResult:
    """Give the last imported close of a security; there is no live price source.

    Args:
        name: The security.
    """
    return pricing.price_result(ctx, name)


@tool(faces=("cli", "slash"), timeout=20)
def providers(ctx: ToolContext) -> ProvidersResult:
    """List the installed providers of stock data, with what each gives and whether it uses the network."""
    rows = tuple(
        ProviderRow(
            name=entry.name,
            package=f"{entry.distribution} {entry.version}".strip(),
            capabilities=tuple(sorted(entry.provider.capabilities)) if entry.provider else (),
            markets=tuple(sorted(entry.provider.markets)) if entry.provider else (),
            network=entry.network,
            needs_key=bool(entry.provider and entry.provider.needs_key),
            homepage=entry.provider.homepage if entry.provider else "",
            terms=entry.provider.terms_note if entry.provider else "",
            error=entry.error,
        )
        for entry in installed_providers()
    )
    note = _("No installed provider uses the network; prices come from imported files.", lang=ctx.lang)
    return ProvidersResult(rows=rows, notes=() if any(row.network for row in rows) else (note,))


def _day(text: str) -> date:
    found = find_dates(text)
    if len(found) != 1:
        raise InputError(_("{text} is no date.", text=repr(text[:40])), hint=_("Write it as 2024-04-19."))
    return date.fromisoformat(str(found[0].value))
