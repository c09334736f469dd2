"""What the stock tools return."""

from __future__ import annotations

from datetime import date
from typing import ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from tieout.plugin import Card, CardBlock, Fact, Figure, Language, Note, Result, Table, translator
from tieout_stock_lookup.directory import Status
from tieout_stock_lookup.resolution import ResolutionStatus

__all__ = [
    "CandidateRow",
    "ImportResult",
    "LookupResult",
    "PriceResult",
    "ProviderRow",
    "ProvidersResult",
    "SecurityIdentity",
    "SkippedLine",
]

_ = translator("tieout_stock_lookup")


class _Row(BaseModel):
    model_config = ConfigDict(frozen=True)


def exchange_name(market: str, lang: Language) -> str:
    """The exchange of a market suffix, in words."""
    names = {
        "SH": _("Shanghai Stock Exchange", lang=lang),
        "SZ": _("Shenzhen Stock Exchange", lang=lang),
        "BJ": _("Beijing Stock Exchange", lang=lang),
        "HK": _("Hong Kong Stock Exchange", lang=lang),
        "US": _("a US exchange", lang=lang),
        "INDEX": _("index", lang=lang),
        "DEMO": _("made-up security", lang=lang),
    }
    return names.get(market, market)


class CandidateRow(_Row):
    """One security a query may mean."""

    symbol: str
    name: str
    reason: str
    score: float


class SecurityIdentity(_Row):
    """Who a symbol is."""

    symbol: str
    name: str
    english: str = ""
    exchange: str = ""
    kind: Literal["equity", "index"] = "equity"
    status: Status = "listed"
    listed_on: date | None = None
    former_names: tuple[str, ...] = ()
    also_called: tuple[str, ...] = ()
    siblings: tuple[str, ...] = ()
    """Symbols of the same company on other exchanges."""
    source: str = ""
    as_of: date | None = None
    dated: Figure | None = None
    """The day of the source, as ``listing``."""
    listing: Figure | None = None
    """The listing day: its year as the value, ISO as the text."""


class LookupResult(Result):
    """The security that a name or code means, or the ones it may mean, or none."""

    advice_notice: ClassVar[bool] = True

    query: str
    status: ResolutionStatus
    identity: SecurityIdentity | None = None
    candidates: tuple[CandidateRow, ...] = ()
    searched: Figure | None = None
    """How many entries the directory has."""
    newest: date | None = None
    """Day of the newest list in the directory."""
    newest_list: Figure | None = None
    """``newest`` as a figure: its year as the value, ISO as the text."""
    name_numbers: tuple[Figure, ...] = ()
    """Numbers that are part of the names shown."""

    def say(self, lang: Language = "en") -> str:
        """Who it is, or which question is open."""
        if self.identity is None:
            return " ".join([self._question(lang), *self.notes]).strip()
        return "\n\n".join(
            filter(None, [self._identity(self.identity, lang), self._others(lang), *self.notes])
        )

    def _identity(self, found: SecurityIdentity, lang: Language) -> str:
        name = (
            f"{found.name} ({found.english})" if found.english and found.english != found.name else found.name
        )
        values = {"name": name, "symbol": found.symbol, "query": self.query, "exchange": found.exchange}
        if self.status == "ranked":
            first = _(
                "**{query}** is probably **{name}**, {symbol} ({exchange}): {reason}.",
                lang=lang,
                reason=self.candidates[0].reason,
                **values,
            )
        else:
            first = _("**{name}** is **{symbol}** ({exchange}).", lang=lang, **values)
        parts = [first]
        if found.listed_on is not None:
            parts.append(_("Listed since {day}.", lang=lang, day=found.listed_on))
        if found.former_names:
            parts.append(_("Formerly {names}.", lang=lang, names=_list(found.former_names, lang)))
        if found.siblings:
            parts.append(
                _(
                    "The same company is also listed as {symbols}.",
                    lang=lang,
                    symbols=_list(found.siblings, lang),
                )
            )
        parts.append(_("Source: {source}, as of {day}.", lang=lang, source=found.source, day=found.as_of))
        return _space(lang).join(parts)

    def _others(self, lang: Language) -> str:
        others = [f"{row.symbol} {row.name}" for row in self.candidates[1:4]]
        return _("It may also mean {others}.", lang=lang, others=_list(others, lang)) if others else ""

    def _question(self, lang: Language) -> str:
        if not self.candidates:
            return _(
                "**{query}** is no listed company or index in the directory: {count} entries, the newest list of "
                "{day}; of Hong Kong and US shares only the best known.",
                lang=lang,
                query=self.query,
                count=self.searched.text if self.searched else "–",
                day=self.newest,
            )
        rows = "\n".join(f"- {row.symbol} {row.name}: {row.reason}" for row in self.candidates)
        return (
            _("**{query}** can mean several securities. Which one?", lang=lang, query=self.query)
            + f"\n\n{rows}\n"
        )

    def card(self, lang: Language = "en") -> Card:
        """Facts of the identity, or a table of candidates."""
        blocks: list[CardBlock] = []
        if (found := self.identity) is not None:
            facts = [
                (_("Symbol", lang=lang), found.symbol, None),
                (
                    _("Name", lang=lang),
                    " · ".join(dict.fromkeys(filter(None, (found.name, found.english)))),
                    None,
                ),
                (_("Exchange", lang=lang), found.exchange, None),
                (_("Listed since", lang=lang), str(found.listed_on or ""), found.listing),
                (_("Former names", lang=lang), _list(found.former_names, lang), None),
                (_("Also listed as", lang=lang), _list(found.siblings, lang), None),
                (_("Source", lang=lang), f"{found.source}, {found.as_of}", None),
            ]
            blocks += [
                Fact(label=label, value=value, figure=figure) for label, value, figure in facts if value
            ]
        if len(self.candidates) > 1 or (self.candidates and self.identity is None):
            columns = (_("Symbol", lang=lang), _("Name", lang=lang), _("Why", lang=lang))
            blocks.append(
                Table(columns=columns, rows=tuple((r.symbol, r.name, r.reason) for r in self.candidates))
            )
        if not blocks:
            blocks.append(Note(level="warning", text=self._question(lang)))
        blocks += [Note(level="warning", text=note) for note in self.notes]
        return Card(title=_("Security: {query}", lang=lang, query=self.query), blocks=tuple(blocks))


def shown_price(price: Figure, lang: Language) -> str:
    """A price as it was given, with its currency; indices have none."""
    names = {
        "CNY": _("CNY", lang=lang),
        "HKD": _("HKD", lang=lang),
        "USD": _("USD", lang=lang),
    }
    return " ".join(filter(None, (price.text, names.get(price.unit, price.unit))))


def _list(items: tuple[str, ...] | list[str], lang: Language) -> str:
    return ("、" if lang == "zh" else ", ").join(items)


def _space(lang: Language) -> str:
    return "" if lang == "zh" else " "


class SkippedLine(_Row):
    """A line of an imported file that was not used."""

    line: int
    reason: str


class ImportResult(Result):
    """What was read from a price file."""

    advice_notice: ClassVar[bool] = True

    symbol: str
    name: str
    file: str
    bars: Figure
    first_day: date
    last_day: date
    last_close: Figure
    adjusted: bool
    demo: bool
    skipped: tuple[SkippedLine, ...] = ()
    left_out: Figure | None = None
    """How many lines were left out."""
    name_numbers: tuple[Figure, ...] = ()
    replaced: int = 0
    """Bars of an earlier import that these took the place of."""

    def say(self, lang: Language = "en") -> str:
        """How many sessions of which security were stored."""
        head = _(
            "Imported {count} sessions of **{name}** ({symbol}) from {file}, {first} to {last}; last close {close}.",
            lang=lang,
            count=f"{self.bars.value:.0f}",
            name=self.name,
            symbol=self.symbol,
            file=self.file,
            first=self.first_day,
            last=self.last_day,
            close=shown_price(self.last_close, lang),
        )
        skipped = (
            [_("{count} lines were left out; the table says why.", lang=lang, count=self.left_out.text)]
            if self.left_out
            else []
        )
        return "\n\n".join([head, *skipped, *self.notes])

    def card(self, lang: Language = "en") -> Card:
        """Facts and the lines that were left out."""
        blocks: list[CardBlock] = [
            Fact(label=_("Symbol", lang=lang), value=f"{self.symbol} {self.name}"),
            Fact(label=_("Sessions", lang=lang), value=f"{self.bars.value:.0f}", figure=self.bars),
            Fact(label=_("From, to", lang=lang), value=f"{self.first_day} – {self.last_day}"),
            Fact(
                label=_("Last close", lang=lang),
                value=shown_price(self.last_close, lang),
                figure=self.last_close,
            ),
        ]
        if self.skipped:
            columns = (_("Line", lang=lang), _("Why it was left out", lang=lang))
            rows = tuple((str(row.line), row.reason) for row in self.skipped[:50])
            blocks.append(Table(columns=columns, rows=rows, numeric=(0,)))
        blocks += [Note(level="warning", text=note) for note in self.notes]
        return Card(title=_("Prices imported", lang=lang), blocks=tuple(blocks))


class PriceResult(Result):
    """The last imported close; never a live quote."""

    advice_notice: ClassVar[bool] = True

    symbol: str
    name: str
    close: Figure
    day: date
    source: str
    name_numbers: tuple[Figure, ...] = ()

    def say(self, lang: Language = "en") -> str:
        """The close with its day, and that it is no live price."""
        head = _(
            "The last imported close of **{name}** ({symbol}) is {close}, of {day} (source: {source}).",
            lang=lang,
            name=self.name,
            symbol=self.symbol,
            close=shown_price(self.close, lang),
            day=self.day,
            source=self.source,
        )
        return "\n\n".join([head, *self.notes])

    def card(self, lang: Language = "en") -> Card:
        """The close as one fact."""
        facts = [
            Fact(
                label=f"{self.symbol} {self.name}",
                value=f"{shown_price(self.close, lang)} ({self.day})",
                figure=self.close,
            )
        ]
        notes = [Note(level="warning", text=note) for note in self.notes]
        return Card(title=_("Last imported close", lang=lang), blocks=(*facts, *notes))


class ProviderRow(_Row):
    """An installed provider of stock data, or what is wrong with it."""

    name: str
    package: str
    capabilities: tuple[str, ...] = ()
    markets: tuple[str, ...] = ()
    network: bool = False
    needs_key: bool = False
    homepage: str = ""
    terms: str = ""
    error: str = ""


class ProvidersResult(Result):
    """Which packages bring stock data."""

    rows: tuple[ProviderRow, ...]

    def say(self, lang: Language = "en") -> str:
        """One line for each."""
        lines = [
            f"- **{r.name}** ({r.package}): {r.error or ', '.join((*r.capabilities, *r.markets))}"
            for r in self.rows
        ]
        return "\n".join([*lines, *self.notes]) or _("No provider is installed.", lang=lang)

    def card(self, lang: Language = "en") -> Card:
        """A table of providers."""
        columns = (
            _("Name", lang=lang),
            _("Package", lang=lang),
            _("Gives", lang=lang),
            _("Markets", lang=lang),
            _("Network", lang=lang),
            _("State", lang=lang),
        )
        yes, no = _("yes", lang=lang), _("no", lang=lang)
        rows = tuple(
            (
                r.name,
                r.package,
                ", ".join(r.capabilities),
                " ".join(r.markets),
                yes if r.network else no,
                r.error or _("ready", lang=lang),
            )
            for r in self.rows
        )
        notes = tuple(Note(level="info", text=note) for note in self.notes)
        return Card(
            title=_("Stock data providers", lang=lang), blocks=(Table(columns=columns, rows=rows), *notes)
        )
