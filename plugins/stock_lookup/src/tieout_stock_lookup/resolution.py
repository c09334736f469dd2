"""What a query was resolved to, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tieout.plugin import Language, translator
from tieout_stock_lookup.directory import Instrument

__all__ = ["Match", "MatchKind", "Resolution", "ResolutionStatus"]

_ = translator("tieout_stock_lookup")

ResolutionStatus = Literal["exact", "ranked", "ambiguous", "none"]
MatchKind = Literal[
    "code", "other-exchange", "name", "core", "cut", "english", "alias", "former", "company", "short-form", "part",
    "pinyin", "initials", "sound", "near-sound", "swap", "typo", "text",
]  # fmt: skip


@dataclass(frozen=True)
class Match:
    """One instrument a query may mean."""

    instrument: Instrument
    kind: MatchKind
    score: float
    """In 0..1; orders the candidates of one resolution and means nothing else."""
    name: str = ""
    """The name that was matched."""

    def reason(self, lang: Language | None = None) -> str:
        """Why this is a candidate, in words."""
        name = self.name or self.instrument.name
        texts: dict[str, str] = {
            "code": _("exact code", lang=lang),
            "other-exchange": _("the same digits on another exchange", lang=lang),
            "name": _("listed name", lang=lang),
            "core": _("listed name without the exchange's mark: {name}", lang=lang, name=name),
            "cut": _("{name} as it is cut on its ex-dividend or first day", lang=lang, name=name),
            "english": _("called {name} in English", lang=lang, name=name),
            "alias": _("also called {name}", lang=lang, name=name),
            "former": _("former name {name}", lang=lang, name=name),
            "company": _("{name} stands in the company's name", lang=lang, name=name),
            "short-form": _("a short form of several companies", lang=lang),
            "part": _("part of the name {name}", lang=lang, name=name),
            "pinyin": _("pinyin of {name}", lang=lang, name=name),
            "initials": _("pinyin initials of {name}", lang=lang, name=name),
            "sound": _("sounds like {name}", lang=lang, name=name),
            "near-sound": _("sounds nearly like {name}", lang=lang, name=name),
            "swap": _("two characters of {name} exchanged", lang=lang, name=name),
            "typo": _("written nearly like {name}", lang=lang, name=name),
            "text": _("named in the text", lang=lang),
        }
        return texts[self.kind]


@dataclass(frozen=True)
class Resolution:
    """The answer of :func:`tieout_stock_lookup.resolve`.

    exact: one company, and the query is its code or one of its names. ranked: a guess, best first, to be shown as
    one. ambiguous: several companies are meant as likely as each other; ask. none: no listed company or index that
    the directory knows.
    """

    query: str
    status: ResolutionStatus
    candidates: tuple[Match, ...] = ()
    siblings: tuple[Instrument, ...] = ()
    """The same company on other exchanges, when the status is exact."""

    @property
    def best(self) -> Instrument | None:
        """The first candidate's instrument; ``None`` when there is none or several are as likely."""
        return (
            self.candidates[0].instrument if self.candidates and self.status in ("exact", "ranked") else None
        )
