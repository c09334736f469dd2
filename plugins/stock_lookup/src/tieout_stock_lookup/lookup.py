"""Turns a resolution into a result with provenance."""

from __future__ import annotations

from datetime import UTC, date, datetime

from tieout.plugin import Figure, Language, MarketData, translator
from tieout_stock_lookup.directory import Directory, DirectorySource, Instrument
from tieout_stock_lookup.resolution import Match, Resolution
from tieout_stock_lookup.results import CandidateRow, LookupResult, SecurityIdentity, exchange_name

__all__ = ["identity_of", "lookup_result", "name_numbers", "numbers_in"]

_ = translator("tieout_stock_lookup")


def lookup_result(found: Resolution, *, directory: Directory, lang: Language, today: date) -> LookupResult:
    """The result of a resolution; what is old or no longer listed is said in its notes."""
    best = found.best
    newest_source = max(_sources(directory), key=lambda source: source.as_of, default=None)
    newest = newest_source.as_of if newest_source else None
    rows = tuple(_row(match, lang) for match in found.candidates)
    return LookupResult(
        query=found.query.strip()[:120],
        status=found.status,
        identity=identity_of(best, lang=lang) if best else None,
        candidates=rows,
        searched=_entries(len(directory), newest_source),
        newest_list=_day_figure(newest, newest_source, "", "newest list"),
        newest=newest,
        name_numbers=tuple(f for row in found.candidates for f in name_numbers(row.instrument)),
        notes=tuple(_notes(best, newest, lang, today)) if best else (),
    )


def identity_of(share: Instrument, *, lang: Language) -> SecurityIdentity:
    """What the directory knows of an instrument."""
    source = share.source
    listed = date.fromisoformat(share.listed) if share.listed else None
    return SecurityIdentity(
        symbol=share.symbol,
        name=share.name,
        english=share.english,
        exchange=exchange_name("INDEX" if share.kind == "index" else share.market, lang),
        kind=share.kind,
        status=share.status,
        listed_on=listed,
        former_names=share.former,
        also_called=share.aliases,
        siblings=share.siblings,
        source=source_name(source, lang) if source else "",
        as_of=source.as_of if source else None,
        dated=_day_figure(source.as_of if source else None, source, share.symbol, "date of the source"),
        listing=_day_figure(listed, source, share.symbol, "listing date"),
    )


def source_name(source: DirectorySource, lang: Language) -> str:
    """A source in the reader's language; those of other packages stay as they are called."""
    names = {
        "official SSE and SZSE lists, by way of chstockdata": _(
            "official SSE and SZSE lists, by way of chstockdata", lang=lang
        ),
        "code list of adata": _("code list of adata", lang=lang),
        "HK and US names written by hand": _("HK and US names written by hand", lang=lang),
        "stock indices written by hand": _("stock indices written by hand", lang=lang),
    }
    return names.get(source.name, source.name)


def _day_figure(day: date | None, source: DirectorySource | None, subject: str, metric: str) -> Figure | None:
    """A day as a figure: tieout.quantities counts a date by its year."""
    if day is None or source is None:
        return None
    return Figure(
        value=float(day.year),
        subject=subject,
        metric=metric,
        as_of=source.as_of,
        text=day.isoformat(),
        origin=_embedded(source, day),
    )


def _row(match: Match, lang: Language) -> CandidateRow:
    share = match.instrument
    return CandidateRow(
        symbol=share.symbol, name=share.name, reason=match.reason(lang), score=round(match.score, 2)
    )


def _entries(count: int, source: DirectorySource | None) -> Figure:
    origin = _embedded(source, source.as_of) if source else None
    return Figure(value=count, metric="directory entries", text=f"{count:,}", origin=origin)


def _sources(directory: Directory) -> set[DirectorySource]:
    return {share.source for share in directory.by_symbol.values() if share.source}


def name_numbers(share: Instrument) -> list[Figure]:
    """The numbers in an instrument's names (the 300 of 沪深300), so that they have an origin in an answer."""
    if share.source is None:
        return []
    origin = _embedded(share.source, share.source.as_of)
    return [
        figure for name in (share.name, share.english) for figure in numbers_in(name, share.symbol, origin)
    ]


def numbers_in(name: str, symbol: str, origin: MarketData) -> list[Figure]:
    """The numbers in a name or file name, with the origin of the thing that bears it."""
    from tieout.quantities import find

    return [
        Figure(value=n.value, unit=n.unit, subject=symbol, metric="name", text=n.text, origin=origin)
        for n in find(name)
    ]


def _embedded(source: DirectorySource, day: date) -> MarketData:
    fetched = datetime(source.as_of.year, source.as_of.month, source.as_of.day, tzinfo=UTC)
    return MarketData(
        kind="embedded",
        provider=f"directory {source.as_of}: {source.name}",
        fetched_at=fetched,
        data_time=day,
    )


def _notes(share: Instrument, newest: date | None, lang: Language, today: date) -> list[str]:
    notes: list[str] = []
    if share.status == "gone":
        text = _(
            "{name} is no longer on the exchange's list of {day}: delisted, merged or renumbered since.",
            lang=lang,
            name=share.name,
            day=newest,
        )
        notes.append(text)
    if share.status == "unknown":
        notes.append(
            _(
                "The list for this market is of {day}; code and name may have changed since.",
                lang=lang,
                day=share.source.as_of if share.source else "–",
            )
        )
    until = share.source.valid_until if share.source else None
    if until and today > until and share.status == "listed":
        notes.append(
            _("This entry was to be checked again by {day}; it may be out of date.", lang=lang, day=until)
        )
    return notes
