"""What providers charge for a million tokens: a small dated table, and genai-prices where it is installed."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from functools import cache, lru_cache
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from tieout.plugin import Figure, refreshed_table, translator
from tieout_compute_estimator.derivation import N_, cell

if TYPE_CHECKING:
    from tieout_compute_estimator.aliases import AliasIndex

__all__ = [
    "TABLE",
    "ApiPrice",
    "ApiPriceTable",
    "PricePair",
    "api_price",
    "api_price_table",
    "shipped_api_prices",
]

TABLE = "api_prices"
NAME = "compute API prices"
UNIT = "USD/Mtoken"
_ = translator("tieout_compute_estimator")


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)


class ApiPrice(_Row):
    """List price of one model at one provider, USD per million tokens, nothing cached."""

    name: str
    aliases: tuple[str, ...]
    provider: str
    input_usd: float = Field(ge=0)
    output_usd: float = Field(gt=0)
    source: str = Field(min_length=3)
    as_of: date
    valid_until: date
    confidence: Literal["high", "medium", "low"]
    notes: str = ""


class ApiPriceTable(_Row):
    """The whole table with its date."""

    format: Literal[1]
    as_of: date
    source: str
    rows: tuple[ApiPrice, ...]


class PricePair(NamedTuple):
    """Input and output price with their origin."""

    input: Figure
    output: Figure
    provider: str


def api_price_table() -> ApiPriceTable:
    """The refreshed table where there is one that can be read, else the shipped one."""
    refreshed = refreshed_table(NAME)
    if refreshed is None:
        return shipped_api_prices()
    try:
        return _read(refreshed, refreshed.stat().st_mtime_ns)
    except (OSError, ValueError):
        # Half a file, or one of another version: `data status` shows the older date.
        return shipped_api_prices()


@cache
def shipped_api_prices() -> ApiPriceTable:
    """The table of the package, read on first use."""
    return ApiPriceTable.model_validate_json(
        files("tieout_compute_estimator").joinpath("data/api_prices.json").read_bytes()
    )


@lru_cache(maxsize=4)
def _read(path: Path, _changed: int) -> ApiPriceTable:
    return ApiPriceTable.model_validate_json(path.read_bytes())


@lru_cache(maxsize=4)
def _index(rows: tuple[ApiPrice, ...]) -> AliasIndex:
    from tieout_compute_estimator.aliases import AliasIndex

    return AliasIndex({row.name: row.aliases for row in rows})


def api_price(model: str) -> PricePair | None:
    """The list price of ``model``: from the table in use, else from genai-prices when it is installed."""
    rows = api_price_table().rows
    name = _index(rows).exact(model)
    row = next((row for row in rows if row.name == name), None) or _from_genai(model)
    if row is None:
        return None

    def figure(value: float, metric: str, field: str) -> Figure:
        return cell(value, UNIT, metric, row, table=TABLE, field=field, valid_until=row.valid_until)

    return PricePair(
        figure(row.input_usd, N_("price of input tokens"), "input_usd"),
        figure(row.output_usd, N_("price of output tokens"), "output_usd"),
        row.provider,
    )


def _from_genai(model: str) -> ApiPrice | None:
    try:
        from genai_prices import Usage, calc_price
    except ImportError:
        return None
    try:
        found = calc_price(Usage(input_tokens=1_000_000, output_tokens=1_000_000), model)
    except (LookupError, ValueError):
        return None
    day = datetime.now(tz=UTC).date()
    source = f"genai-prices {version('genai-prices')}, {found.provider.name}"
    return ApiPrice(
        name=found.model.name or found.model.id,
        aliases=(),
        provider=found.provider.name,
        input_usd=float(found.input_price),
        output_usd=float(found.output_price),
        source=source,
        as_of=day,
        valid_until=day + timedelta(days=180),
        confidence="medium",
    )
