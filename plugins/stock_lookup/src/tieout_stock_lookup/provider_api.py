"""The seam for stock data of other packages: entry points in the group ``tieout.stocks.providers``.

An entry point names a class or a function without arguments that gives a provider, or a provider itself. A local
provider reads from this machine (``read``). A network provider is three pure steps, ``request``, ``classify`` and
``parse``: it never does I/O itself, so that one runner can keep its rate, retry, cache and say what was sent where.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Literal, Protocol, cast, runtime_checkable

from tieout.plugin import Attempt, translator
from tieout.text import clean_line
from tieout_stock_lookup.directory import Directory, Instrument
from tieout_stock_lookup.prices import Bar

__all__ = [
    "GROUP", "Capability", "DirectoryProvider", "LocalProvider", "NetworkProvider", "Outcome", "Provider",
    "ProviderEntry", "Query", "Request", "Response", "directory_instruments", "local_bars", "providers",
]  # fmt: skip

_ = translator("tieout_stock_lookup")

GROUP = "tieout.stocks.providers"
Capability = Literal["directory", "bars", "quote", "actions", "fundamentals"]
Outcome = Literal["ok", "not_found", "rate_limited", "blocked", "malformed"]


@dataclass(frozen=True)
class Query:
    """What is asked of a provider."""

    capability: Capability
    symbol: str = ""
    """Canonical symbol; empty for the whole directory."""
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True)
class Request:
    """An HTTP request that a network provider wants to have made."""

    url: str
    method: Literal["GET", "POST"] = "GET"
    headers: Mapping[str, str] = field(default_factory=dict[str, str])
    body: bytes = b""


@dataclass(frozen=True)
class Response:
    """What came back."""

    status: int
    headers: Mapping[str, str]
    body: bytes


@runtime_checkable
class Provider(Protocol):
    """What every provider says about itself."""

    name: str
    capabilities: frozenset[Capability]
    markets: frozenset[str]
    """SH, SZ, BJ, HK, US, INDEX."""
    needs_key: bool
    homepage: str
    terms_note: str
    """One line about the terms under which the data may be used."""


@runtime_checkable
class LocalProvider(Provider, Protocol):
    """Reads from this machine only."""

    def read(self, query: Query) -> Sequence[Bar] | Sequence[Instrument]:
        """Instruments for ``directory``; bars, oldest first, for ``bars``; empty when it has none."""
        ...


@runtime_checkable
class NetworkProvider(Provider, Protocol):
    """Says what to ask, how to judge the answer and what it means; somebody else does the asking."""

    rate: tuple[int, float]
    """So many requests in so many seconds at most."""
    timeout: float

    def request(self, query: Query) -> Request:
        """The request for a query."""
        ...

    def classify(self, response: Response) -> Outcome:
        """What kind of answer it is; a page of HTML with status 200 is ``blocked`` or ``malformed``."""
        ...

    def parse(self, body: bytes, query: Query) -> Sequence[Bar] | Sequence[Instrument]:
        """The answer's content. Raises ValueError for what it cannot read."""
        ...


@dataclass(frozen=True)
class ProviderEntry:
    """A provider as its entry point names it, or why there is none."""

    name: str
    distribution: str
    version: str
    provider: Provider | None
    error: str = ""

    @property
    def network(self) -> bool:
        """Whether using it sends something off this machine."""
        return self.provider is not None and not isinstance(self.provider, LocalProvider)


class DirectoryProvider:
    """The directory that ships with this package, behind the same door as everybody's."""

    name = "embedded"
    capabilities: frozenset[Capability] = frozenset({"directory"})
    markets = frozenset({"SH", "SZ", "BJ", "HK", "US", "INDEX"})
    needs_key = False
    homepage = ""
    terms_note = "facts from Apache-2.0 packages and written by hand"

    def read(self, query: Query) -> Sequence[Instrument]:
        """Every shipped instrument, or the one of ``query.symbol``."""
        from tieout_stock_lookup.shipped import load_directory

        shipped: Directory = load_directory()
        if query.capability != "directory":
            return []
        found = shipped.get(query.symbol)
        return list(shipped.by_symbol.values()) if not query.symbol else [found] if found else []


def providers() -> list[ProviderEntry]:
    """Every installed provider, sorted by name; a broken one is an entry with an error."""
    from tieout.plugin import load_entry_points

    found: list[ProviderEntry] = []
    for entry in load_entry_points(GROUP):
        provider, error = (None, entry.error) if entry.value is None else _made(entry.value)
        found.append(ProviderEntry(entry.name, entry.distribution, entry.version, provider, error))
    return found


def _made(value: object) -> tuple[Provider | None, str]:
    made = value
    try:
        if isinstance(value, type) or (callable(value) and not isinstance(value, Provider)):
            made = cast("Callable[[], object]", value)()
    except (Exception, SystemExit) as error:
        return None, clean_line(f"{type(error).__name__}: {error}", limit=200)
    wanted = ("name", "capabilities", "markets", "needs_key", "homepage", "terms_note")
    missing = [attribute for attribute in wanted if not hasattr(made, attribute)]
    if missing:
        return None, _("it lacks {attributes}", attributes=", ".join(missing))
    if not isinstance(made, LocalProvider | NetworkProvider):
        return None, _("it has neither read nor request, classify and parse")
    return made, ""


def directory_instruments() -> list[Instrument]:
    """Instruments that local providers of other packages add to the directory; a failing provider adds none."""
    found: list[Instrument] = []
    for entry in providers():
        provider = entry.provider
        if isinstance(provider, DirectoryProvider) or not isinstance(provider, LocalProvider):
            continue
        if "directory" not in provider.capabilities:
            continue
        try:
            items = provider.read(Query("directory"))
        except (Exception, SystemExit) as error:  # a stranger's code must not cost us our own directory
            logging.getLogger(__name__).warning("provider %s gave no directory: %r", entry.name, error)
            continue
        found += [item for item in items if isinstance(item, Instrument)]
    return found


def local_bars(symbol: str) -> tuple[str, list[Bar], tuple[Attempt, ...]]:
    """Bars of the first local provider that has any: its name, the bars, and who was asked in vain."""
    tried: list[Attempt] = []
    for entry in providers():
        provider = entry.provider
        if not isinstance(provider, LocalProvider) or "bars" not in provider.capabilities:
            continue
        try:
            items = provider.read(Query("bars", symbol))
            bars = sorted((item for item in items if isinstance(item, Bar)), key=lambda bar: bar.day)
        except (Exception, SystemExit) as error:
            tried.append(
                Attempt(provider=entry.name, error=clean_line(f"{type(error).__name__}: {error}", limit=200))
            )
            continue
        if bars:
            return provider.name, bars, tuple(tried)
        tried.append(Attempt(provider=entry.name, error=_("no prices of {symbol}", symbol=symbol)))
    return "", [], tuple(tried)
