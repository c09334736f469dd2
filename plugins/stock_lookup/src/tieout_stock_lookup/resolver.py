"""From what a person writes to the share that is meant: exact, a ranked guess, a question, or nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from tieout.errors import InputError
from tieout.plugin import translator
from tieout_stock_lookup.codes import read_code
from tieout_stock_lookup.directory import Directory, Instrument, NameEntry
from tieout_stock_lookup.guesses import guess
from tieout_stock_lookup.names import company_core, name_key, strip_noise
from tieout_stock_lookup.resolution import Match, MatchKind, Resolution
from tieout_stock_lookup.shipped import default_directory

__all__ = ["MAX_QUERY", "resolve"]

_ = translator("tieout_stock_lookup")

MAX_QUERY = 120
"""Characters of a query; longer ones are text and no name."""
_LABEL = re.compile(r"^(?:股票|证券|公司)?(?:代码|名称|简称)\s*[::]?\s*|^(?:ticker|symbol|code)\s*:\s*", re.I)
_ENTRY_SCORE = {"name": 1.0, "core": 0.98, "english": 0.97, "alias": 0.95, "former": 0.9}
_MARKET_WORDS = (
    (re.compile(r"[(（\s]*(?:H股|h股|港股|\bH\b|HK)[)）\s]*$"), "HK"),
    (re.compile(r"[(（\s]*(?:美股|ADR|adr)[)）\s]*$"), "US"),
    (re.compile(r"(?:[(（\s]*A股[)）\s]*|[(（]A[)）])$"), "CN"),
)


def resolve(query: str, *, directory: Directory | None = None, limit: int = 8) -> Resolution:
    """Find the share or index that ``query`` names.

    Codes are taken in every written form, names with the exchange's marks, in traditional characters, full width,
    pinyin or initials, former names and everyday names included. Guesses (typing errors, parts, initials) are
    never exact. A-shares go before Hong Kong before America when a company is listed on several.

    Args:
        query: A name or code, at most 120 characters.
        directory: Instead of the shipped one.
        limit: Candidates at most.

    Raises:
        InputError: The query is empty, or too long to be a name.
    """
    text = unicodedata.normalize("NFKC", query).strip().strip("\"'“”‘’「」《》")
    if not text or not any(char.isalnum() for char in text):
        raise InputError(
            _("No stock name or code was given."), hint=_("Give one, such as 688111.SH or 金山办公.")
        )
    if len(text) > MAX_QUERY:
        raise InputError(
            _(
                "A stock name or code has at most {limit} characters; this has {count}.",
                limit=MAX_QUERY,
                count=len(text),
            ),
            hint=_("Ask a question that contains the text instead; names in it are found."),
        )
    known = default_directory() if directory is None else directory
    text = _LABEL.sub("", text).strip().strip("()")
    found = (
        _by_code(known, text)
        or _by_market(known, text)
        or _by_name(known, text)
        or guess(known, text, limit)
        or _in_sentence(known, text)
    )
    if found is None:
        return Resolution(query, "none")
    return Resolution(query, found.status, found.candidates[:limit], found.siblings)


def _by_code(known: Directory, text: str) -> Resolution | None:
    reading = read_code(text)
    if reading is None:
        return None
    shares = list(filter(None, (known.get(symbol) for symbol in reading.symbols)))
    if not shares:
        return (
            _not_on_that_exchange(known, text, reading.symbols)
            if reading.explicit or text.isdigit()
            else None
        )
    first = shares[0]
    matches = tuple(Match(share, "code", 1.0 - 0.01 * place) for place, share in enumerate(shares))
    if len(shares) > 1:
        return Resolution(text, "ambiguous", matches)
    # One to three digits are a code only with good will: 700 may be 00700.HK.
    status = "ranked" if text.isdigit() and len(text) < 4 else "exact"
    return Resolution(text, status, matches, _siblings(known, first))


def _not_on_that_exchange(known: Directory, text: str, symbols: tuple[str, ...]) -> Resolution:
    code, _dot, market = symbols[0].rpartition(".")
    others = [
        known.get(f"{code}.{other}") for other in ("SH", "SZ", "BJ") if other != market and market != "HK"
    ]
    matches = tuple(Match(share, "other-exchange", 0.5) for share in others if share is not None)
    return Resolution(text, "ranked" if matches else "none", matches)


def _by_market(known: Directory, text: str) -> Resolution | None:
    """``中芯国际H股``: the name, and which of its listings."""
    for pattern, market in _MARKET_WORDS:
        if (match := pattern.search(text)) and match.start() > 1:
            found = _by_name(known, text[: match.start()])
            if found is None or found.status != "exact":
                continue
            shares = [found.candidates[0].instrument, *found.siblings]
            wanted = [
                s for s in shares if s.market == market or (market == "CN" and s.market in ("SH", "SZ", "BJ"))
            ]
            if wanted:
                chosen = Match(wanted[0], found.candidates[0].kind, 1.0, found.candidates[0].name)
                return Resolution(text, "exact", (chosen,), _siblings(known, wanted[0]))
    return None


def _by_name(known: Directory, text: str) -> Resolution | None:
    key = name_key(text)
    if not key:
        return None
    if key in known.ambiguous:
        shares = [known.get(symbol) for symbol in known.ambiguous[key]]
        matches = [Match(s, "short-form", 0.8 - 0.01 * i) for i, s in enumerate(shares) if s is not None]
        return Resolution(text, "ambiguous", tuple(matches))
    if key in known.names:
        return _from_entries(known, text, known.names[key])
    core, day_mark = strip_noise(key)
    if core in known.names and core != key:
        return _from_entries(known, text, known.names[core], kind="core")
    if day_mark and len(core) >= 2:
        whole = {
            e.instrument.symbol: e
            for k, e in _first_entries(known)
            if k.startswith(core) and len(k) == len(core) + 1
        }
        if len(whole) == 1:
            return _from_entries(known, text, list(whole.values()), kind="cut")
    company = company_core(key)
    if company != key and company in known.names:
        return _from_entries(known, text, known.names[company], kind="company")
    return None


def _in_sentence(known: Directory, text: str) -> Resolution | None:
    """A sentence that names one company or several."""
    from tieout_stock_lookup.scan import scanner_of

    if len(text) < 5:
        return None
    shares = [known.get(str(found.value)) for found in scanner_of(known).scan(text)]
    matches = tuple(
        Match(share, "text", 0.8 - 0.01 * i) for i, share in enumerate(shares) if share is not None
    )
    if not matches:
        return None
    siblings = _siblings(known, matches[0].instrument) if len(matches) == 1 else ()
    return Resolution(text, "ranked" if len(matches) == 1 else "ambiguous", matches, siblings)


def _first_entries(known: Directory) -> Iterable[tuple[str, NameEntry]]:
    return ((key, entries[0]) for key, entries in known.names.items() if entries[0].kind == "name")


def _from_entries(
    known: Directory, text: str, entries: list[NameEntry], *, kind: MatchKind | None = None
) -> Resolution:
    """One company is exact; several that bear the name in the same right are a question."""
    first = entries[0]
    matches: list[Match] = []
    for entry in entries:
        # The company's other listings are shown as siblings, not as other candidates.
        if entry.instrument.symbol not in first.instrument.siblings:
            score = _ENTRY_SCORE[entry.kind] - (0.3 if entry.instrument.status == "gone" else 0.0)
            matches.append(Match(entry.instrument, kind or entry.kind, score, entry.text))
    rivals = [
        e
        for e in entries[1:]
        if e.order[:2] == first.order[:2] and _other_company(first.instrument, e.instrument)
    ]
    if rivals:
        return Resolution(text, "ambiguous", tuple(matches))
    return Resolution(text, "exact", tuple(matches), _siblings(known, first.instrument))


def _other_company(first: Instrument, second: Instrument) -> bool:
    return second.symbol != first.symbol and second.symbol not in first.siblings


def _siblings(known: Directory, share: Instrument) -> tuple[Instrument, ...]:
    return tuple(filter(None, (known.get(symbol) for symbol in share.siblings)))
