"""Newer prices from public lists, when the user asks for them: ``tieout --online data refresh``.

Rents come from SkyPilot's catalogue of what clouds charge (Apache-2.0), prices of tokens from genai-prices (MIT).
Both are files in public repositories. What is read is put into the form of the shipped tables and validated; a list
that lacks most of what the shipped table has is refused.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from statistics import median
from typing import TYPE_CHECKING, Any, Final, cast

from tieout.errors import InputError
from tieout.plugin import Fetch, TableRefresh, translator

if TYPE_CHECKING:
    from tieout_compute_estimator.api_prices import ApiPrice

__all__ = ["api_price_refresh", "rent_refresh"]

_ = translator("tieout_compute_estimator")

HOST: Final = "raw.githubusercontent.com"
CATALOGUE: Final = f"https://{HOST}/skypilot-org/skypilot-catalog/master/catalogs/v8"
CLOUDS: Final = ("aws", "hyperstack", "lambda", "nebius", "runpod", "verda")
"""Clouds with list prices on demand; market places, whose prices are single offers, are left out."""
TOKEN_PRICES: Final = f"https://{HOST}/pydantic/genai-prices/main/prices/new_data/v2/data.json"
VALID_DAYS: Final = 180
LEAST_SHARE: Final = 0.5
"""Of the rows of the shipped table that a list has to hold."""

_DEVICES: Final = (
    (r"H100\b.*NVL\b", "H100 NVL"),
    (r"H100\b.*PCIE", "H100 PCIe"),
    (r"\bH100\b", "H100 SXM"),
    (r"\bH200\b", "H200 SXM"),
    (r"\bB200\b", "B200"),
    (r"A100-80GB?\b.*PCIE", "A100-80GB PCIe"),
    (r"A100-80GB?\b", "A100-80GB SXM"),
    (r"\bA100\b", "A100-40GB SXM"),
    (r"V100-32GB", "V100-32GB SXM2"),
    (r"\bL40S\b", "L40S"),
    (r"RTX[- ]?4090\b", "RTX 4090"),
    (r"RTX[- ]?5090\b", "RTX 5090"),
    (r"\bMI300X\b", "MI300X"),
    (r"\bTRAINIUM\b", "Trainium1"),
    (r"\bINFERENTIA2\b", "Inferentia2"),
)
"""What a line of the catalogue says about its accelerator, in capitals, and the row of ours that it is."""

_LISTED: Final[Mapping[str, tuple[str, str]]] = {
    "GPT-4o": ("openai", "gpt-4o"),
    "GPT-4o mini": ("openai", "gpt-4o-mini"),
    "GPT-4.1": ("openai", "gpt-4.1"),
    "GPT-5": ("openai", "gpt-5"),
    "GPT-5 mini": ("openai", "gpt-5-mini"),
    "Claude Haiku 4.5": ("anthropic", "claude-haiku-4-5"),
    "Claude Sonnet 4.5": ("anthropic", "claude-sonnet-4-5"),
    "Claude Opus 4.5": ("anthropic", "claude-opus-4-5"),
    "Gemini 2.5 Flash": ("google", "gemini-2.5-flash"),
    "Gemini 2.5 Pro": ("google", "gemini-2.5-pro"),
    "Kimi K2": ("moonshotai", "kimi-k2-0905-preview"),
    "DeepSeek-V3": ("deepseek", "deepseek-chat"),
    "DeepSeek-R1": ("deepseek", "deepseek-reasoner"),
}
"""Row of the shipped table to provider and model in genai-prices; the others are found by their names."""


def rent_refresh() -> TableRefresh:
    """Rents by the hour from SkyPilot's catalogue."""
    return TableRefresh(hosts=(HOST,), build=_build_rents)


def api_price_refresh() -> TableRefresh:
    """Prices of a million tokens from genai-prices."""
    return TableRefresh(hosts=(HOST,), build=_build_api_prices)


async def _build_rents(fetch: Fetch, today: date) -> bytes:
    from tieout_compute_estimator.accelerators import PriceRange, device_table

    priced = {device.name for device in device_table().devices if device.price is not None}
    found: defaultdict[str, dict[str, float]] = defaultdict(dict)
    for cloud in CLOUDS:
        text = (await fetch(f"{CATALOGUE}/{cloud}/vms.csv")).decode("utf-8", "replace")
        for device, prices in _rents_of(text).items():
            found[device][cloud] = median(prices)
    wanted = {name for _pattern, name in _DEVICES} & priced
    _refuse_thin(len(found.keys() & wanted), len(wanted), CATALOGUE)
    rows = [
        {
            "name": device,
            "price": PriceRange(
                low=round(min(clouds.values()), 4),
                mid=round(median(clouds.values()), 4),
                high=round(max(clouds.values()), 4),
                period=today.isoformat()[:7],
                as_of=today,
                valid_until=today + timedelta(days=VALID_DAYS),
                source=f"SkyPilot catalogue v8, list prices on demand: {', '.join(sorted(clouds))}",
            ).model_dump(mode="json"),
        }
        for device, clouds in sorted(found.items())
        if device in priced
    ]
    return json.dumps({"hardware": rows}, ensure_ascii=False, indent=1).encode()


def _rents_of(text: str) -> dict[str, list[float]]:
    """Device to the hourly USD prices of one of them, over all machines and regions of a cloud."""
    found: defaultdict[str, list[float]] = defaultdict(list)
    for row in csv.DictReader(io.StringIO(text)):
        try:
            count, price = float(row.get("AcceleratorCount") or 0), float(row.get("Price") or 0)
        except ValueError:
            continue
        device = _device(row)
        if device and count >= 1 and 0 < price / count < 1000:
            found[device].append(price / count)
    return found


def _device(row: Mapping[str, str | None]) -> str:
    named = str(row.get("AcceleratorName") or "").upper()
    if not named:
        return ""
    said = f"{named} {row.get('GpuInfo') or row.get('GPUInfo') or ''} {row.get('InstanceType') or ''}".upper()
    return next(
        (device for pattern, device in _DEVICES if re.match(rf".{{0,4}}?(?:{pattern})", said, re.DOTALL)), ""
    )


async def _build_api_prices(fetch: Fetch, today: date) -> bytes:
    from tieout_compute_estimator.api_prices import ApiPriceTable, shipped_api_prices

    listed = _parsed(await fetch(TOKEN_PRICES))
    shipped = shipped_api_prices()
    rows: list[ApiPrice] = []
    renewed = 0
    for row in shipped.rows:
        prices = _prices_of(listed, row)
        if prices is None:
            rows.append(row)  # as it was, with the date it has
            continue
        renewed += 1
        changes = {
            "input_usd": prices[0],
            "output_usd": prices[1],
            "source": f"{row.provider} price list, as listed by genai-prices (MIT), read {today}",
            "as_of": today,
            "valid_until": today + timedelta(days=VALID_DAYS),
            "confidence": "medium",
        }
        rows.append(row.model_copy(update=changes))
    _refuse_thin(renewed, len(shipped.rows), TOKEN_PRICES)
    table = ApiPriceTable(format=1, as_of=today, source=shipped.source, rows=tuple(rows))
    return ApiPriceTable.model_validate(table.model_dump()).model_dump_json(indent=1).encode()


def _parsed(content: bytes) -> list[Mapping[str, Any]]:
    try:
        data = json.loads(content)
    except ValueError:
        data = None
    if not isinstance(data, list) or not all(isinstance(item, dict) for item in cast("list[object]", data)):
        raise InputError(
            _("{source} is not in the form that is known.", source=TOKEN_PRICES),
            code="compute-refresh",
            hint=_("A newer version of Tieout may read it; what is there stays in use."),
        )
    return cast("list[Mapping[str, Any]]", data)


def _prices_of(listed: Sequence[Mapping[str, Any]], row: ApiPrice) -> tuple[float, float] | None:
    """Input and output price of a row's model at its provider, USD a million tokens, without discounts."""
    provider, model = _LISTED.get(row.name, ("", ""))
    for place in listed:
        at = str(place.get("id", ""))
        if at != provider and (provider or _plain(str(place.get("name", ""))) != _plain(row.provider)):
            continue
        for entry in _models(place):
            if (entry.get("id") == model) if model else _is_named(entry, row):
                return _standard(entry.get("prices"))
    return None


def _models(place: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    models: object = place.get("models")
    for entry in cast("list[object]", models) if isinstance(models, list) else ():
        if isinstance(entry, dict):
            yield cast("Mapping[str, Any]", entry)


def _is_named(entry: Mapping[str, Any], row: ApiPrice) -> bool:
    names = {_plain(row.name), *map(_plain, row.aliases)}
    last = str(entry.get("id", "")).rpartition("/")[2]
    return bool(names & {_plain(last), _plain(str(entry.get("name", "")))})


def _plain(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "", name.lower())


def _standard(prices: object) -> tuple[float, float] | None:
    """The dearest of conditional prices: the others are discounts for an hour of the day, or past."""
    options = cast("list[object]", prices) if isinstance(prices, list) else [prices]
    found: list[tuple[float, float]] = []
    for option in options:
        table: object = option
        if isinstance(option, dict) and "prices" in option:
            table = cast("Mapping[str, object]", option)["prices"]
        if isinstance(table, dict):
            fields = cast("Mapping[str, object]", table)
            pair = (_base(fields.get("input_mtok")), _base(fields.get("output_mtok")))
            if pair[0] is not None and pair[1]:
                found.append((pair[0], pair[1]))
    return max(found, key=lambda pair: pair[1], default=None)


def _base(price: object) -> float | None:
    if isinstance(price, dict):
        price = cast("Mapping[str, object]", price).get("base")
    try:
        return float(price) if isinstance(price, int | float | str) else None
    except ValueError:
        return None


def _refuse_thin(found: int, wanted: int, source: str) -> None:
    if found < LEAST_SHARE * wanted:
        raise InputError(
            _(
                "{source} holds only {found} of the {wanted} rows that the table has.",
                source=source,
                found=found,
                wanted=wanted,
            ),
            code="compute-refresh",
            hint=_("Its form may have changed; what is there stays in use."),
        )
