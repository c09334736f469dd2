"""Stock names and codes, and returns from imported prices."""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = [
    "Bar",
    "Directory",
    "Instrument",
    "LocalProvider",
    "Match",
    "NetworkProvider",
    "PriceSeries",
    "PriceStore",
    "Provider",
    "ProviderEntry",
    "Query",
    "RelativeReturn",
    "Request",
    "Resolution",
    "Response",
    "compute_returns",
    "default_directory",
    "find_tickers",
    "load_directory",
    "parse_prices",
    "providers",
    "resolve",
]

if TYPE_CHECKING:
    from tieout_stock_lookup.directory import Directory, Instrument
    from tieout_stock_lookup.prices import Bar, parse_prices
    from tieout_stock_lookup.provider_api import (
        LocalProvider,
        NetworkProvider,
        Provider,
        ProviderEntry,
        Query,
        Request,
        Response,
        providers,
    )
    from tieout_stock_lookup.resolution import Match, Resolution
    from tieout_stock_lookup.resolver import resolve
    from tieout_stock_lookup.returns import RelativeReturn, compute_returns
    from tieout_stock_lookup.scan import find_tickers
    from tieout_stock_lookup.shipped import default_directory, load_directory
    from tieout_stock_lookup.store import PriceSeries, PriceStore

_HOMES = {
    "directory": ("Directory", "Instrument"),
    "prices": ("Bar", "parse_prices"),
    "provider_api": (
        "LocalProvider", "NetworkProvider", "Provider", "ProviderEntry", "Query", "Request", "Response", "providers",
    ),
    "resolution": ("Match", "Resolution"),
    "resolver": ("resolve",),
    "returns": ("RelativeReturn", "compute_returns"),
    "scan": ("find_tickers",),
    "shipped": ("default_directory", "load_directory"),
    "store": ("PriceSeries", "PriceStore"),
}  # fmt: skip


def __getattr__(name: str) -> object:
    from importlib import import_module

    for module, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"tieout_stock_lookup.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
