"""The hooks of the stocks plugin; importing this loads no data."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pydantic import BaseModel, ConfigDict

from tieout.plugin import Tool, hookimpl

__all__ = ["StockSettings", "settings", "tools"]


class StockSettings(BaseModel):
    """``[plugins.stocks]`` in tieout.toml: nothing to set yet."""

    model_config = ConfigDict(extra="forbid")


@hookimpl
def settings() -> type[BaseModel]:
    """The plugin's settings."""
    return StockSettings


@hookimpl
def tools() -> Iterable[Tool[..., Any]]:
    """lookup, returns, price, import_prices, providers and the scorer."""
    from tieout_stock_lookup import tools as stock
    from tieout_stock_lookup.evaluate import evaluate

    return [stock.lookup, stock.returns, stock.price, stock.import_prices, stock.providers, evaluate]
