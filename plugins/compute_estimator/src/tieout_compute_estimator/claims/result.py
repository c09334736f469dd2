"""What ``check`` returns, and how it reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from tieout.plugin import (
    Card,
    CardBlock,
    Fact,
    Figure,
    Formula,
    Language,
    Note,
    Plot,
    Quote,
    Result,
    Series,
    Table,
    Text,
    translator,
)
from tieout_compute_estimator.claims.checking import CheckedClaim
from tieout_compute_estimator.claims.findings import Finding, in_unit
from tieout_compute_estimator.claims.verdicts import VERDICTS, Verdict
from tieout_compute_estimator.derivation import brief_source, derivation, shown

__all__ = ["CheckResult", "Contradiction", "constants_of"]

_ = translator("tieout_compute_estimator")

SAID_CLAIMS = 3
SHOWN_CLAIMS = 12
_GRAVE: tuple[Verdict, ...] = ("unit_error", "false_premise", "rescaled", "inconsistent")
_LEVEL: dict[Verdict, Literal["info", "warning"]] = {
    "ok": "info",
    "ok_with_assumption": "info",
    "not_checkable": "warning",
}


class Contradiction(BaseModel):
    """Two claims of one document that cannot both be right."""

    model_config = ConfigDict(frozen=True)

    first: int
    """Index of a claim in the result."""
    second: int
    finding: Finding


class CheckResult(Result):
    """Every claim of a text with its verdict, its place, and what was recomputed."""

    title: str = ""
    """Name of the file or report; empty for a text."""
    characters: int
    verdict: Verdict
    """The gravest verdict of all claims; not checkable when there are none."""
    claims: tuple[CheckedClaim, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()
    counts: dict[str, Figure] = Field(default_factory=dict[str, Figure])
    """Claims by verdict."""
    constants: tuple[Figure, ...] = ()
    """Numbers inside names, sources, assumptions and rules that are said, so that each of them ties to something."""

    def grave(self) -> list[CheckedClaim]:
        """Claims with something wrong, in the order of the text."""
        return [claim for claim in self.claims if claim.verdict in _GRAVE]

    def said_claims(self) -> list[CheckedClaim]:
        """The claims that ``say`` speaks of: the only one, or the first grave ones of a document."""
        return list(self.claims) if len(self.claims) == 1 else self.grave()[:SAID_CLAIMS]

    def say(self, lang: Language = "en") -> str:
        """The verdict of one claim with its reasons, or the tally of a document with its worst claims."""
        if not self.claims:
            return "\n\n".join(
                [_("The text holds no number about compute that could be checked.", lang=lang), *self.notes]
            )
        if len(self.claims) == 1:
            return "\n\n".join([self._said(self.claims[0], lang), *(f"- {note}" for note in self.notes)])
        tally = (", " if lang == "en" else "、").join(
            f"{_(VERDICTS[verdict], lang=lang)} {shown(self.counts[verdict], lang)}"
            for verdict in VERDICTS
            if verdict in self.counts
        )
        lines = [
            _(
                "{count} claims were checked: {tally}.",
                lang=lang,
                count=shown(self.counts["all"], lang),
                tally=tally,
            )
        ]
        lines += [self._said(claim, lang) for claim in self.said_claims()]
        lines += [one.finding.text(lang) for one in self.contradictions[:SAID_CLAIMS]]
        return "\n\n".join([*lines, *(f"- {note}" for note in self.notes)])

    def _said(self, claim: CheckedClaim, lang: Language) -> str:
        lines = [f"**{_(VERDICTS[claim.verdict], lang=lang)}**"]
        if len(self.claims) > 1:
            lines[0] += f" ({_place(claim)})" if claim.page else ""
        decisive = _decisive(claim)
        lines += [f"- {one.text(lang)}" for one in decisive[:4]]
        lines += [
            f"- {one.text(lang)}" for one in claim.findings if one.kind == "imply" and one not in decisive
        ][:2]
        if claim.verdict == "not_checkable" and claim.missing:
            lines.append(
                "- "
                + _("To check it one would need: {missing}.", lang=lang, missing=_list(claim.missing, lang))
            )
        return "\n".join(lines)

    def card(self, lang: Language = "en") -> Card:
        """Each claim with its verdict, the corrected sentence, and the stated value against the recomputed interval."""
        blocks: list[CardBlock] = []
        if len(self.claims) > 1:
            blocks.append(self._overview(lang))
        for claim in (self.grave() or list(self.claims))[:SHOWN_CLAIMS]:
            blocks += _blocks(claim, lang)
        blocks += [Note(level="warning", text=one.finding.text(lang)) for one in self.contradictions]
        if not self.claims:
            blocks.append(
                Text(text=_("The text holds no number about compute that could be checked.", lang=lang))
            )
        blocks += [Note(level="info", text=note) for note in self.notes]
        title = _("Claim check", lang=lang)
        return Card(title=f"{title}: {self.title}" if self.title else title, blocks=tuple(blocks))

    def _overview(self, lang: Language) -> Table:
        columns = (_("Place", lang=lang), _("Verdict", lang=lang), _("Claim", lang=lang))
        rows = tuple(
            (_place(claim), _(VERDICTS[claim.verdict], lang=lang), _short(claim.text))
            for claim in self.claims[:60]
        )
        return Table(columns=columns, rows=rows)


def constants_of(claims: Sequence[CheckedClaim], contradictions: Sequence[Contradiction]) -> Iterator[Figure]:
    """The numbers that stand in words of findings and in the rules' own sentences, in both languages."""
    from tieout.quantities import find

    findings = [
        *(one for claim in claims for one in claim.findings),
        *(one.finding for one in contradictions[:SAID_CLAIMS]),
    ]
    texts: dict[str, None] = {}
    for one in findings:
        for text in (one.message, *one.words.values()):
            is_source = text == one.words.get("source")
            texts |= {
                brief_source(text, lang) if is_source else _(text, lang=lang): None for lang in ("en", "zh")
            }
    for claim in claims:
        for text in claim.missing:
            texts |= {_(text, lang=lang): None for lang in ("en", "zh")}
    for text in texts:
        for number in find(_PLACEHOLDER.sub(" ", text)):
            if number.kind not in ("date", "period", "ordinal", "label"):
                origin = Formula(name="constant", expression=number.text, convention=text[:160])
                yield Figure(
                    value=number.value,
                    unit=number.unit,
                    low=number.low,
                    high=number.high,
                    metric="constant",
                    text=number.text,
                    origin=origin,
                )


_PLACEHOLDER = re.compile(r"\{\w+\}")


def _decisive(claim: CheckedClaim) -> list[Finding]:
    """The findings that made the verdict, before the others."""
    kinds = {
        "unit_error": ("slip",),
        "false_premise": ("premise",),
        "rescaled": ("rescale",),
        "inconsistent": ("contradict",),
        "not_checkable": ("missing",),
        "ok_with_assumption": ("assume", "match"),
        "ok": ("match",),
    }[claim.verdict]
    return sorted((one for one in claim.findings if one.kind in kinds), key=lambda one: kinds.index(one.kind))


def _blocks(claim: CheckedClaim, lang: Language) -> list[CardBlock]:
    blocks: list[CardBlock] = [
        Quote(text=claim.text.strip(), span=claim.span),
        Note(
            level=_LEVEL.get(claim.verdict, "error"),
            text=f"{_(VERDICTS[claim.verdict], lang=lang)}: {_(claim.reason, lang=lang)}",
        ),
    ]
    decisive = _decisive(claim)
    if text := "\n".join(f"- {one.text(lang)}" for one in decisive):
        blocks.append(Text(text=text))
    if claim.corrected:
        blocks.append(Fact(label=_("Corrected", lang=lang), value=claim.corrected))
    if claim.assumptions:
        blocks.append(Fact(label=_("Assumption", lang=lang), value=_list(claim.assumptions, lang)))
    if claim.missing and claim.verdict in ("not_checkable", "ok_with_assumption"):
        blocks.append(Fact(label=_("Missing", lang=lang), value=_list(claim.missing, lang)))
    blocks += [
        Fact(label=_(figure.metric, lang=lang), value=shown(figure, lang), figure=figure)
        for figure in list(claim.computed.values())[:8]
    ]
    blocks += [
        Fact(label=_("May have been made as", lang=lang), value=way.text(lang)) for way in claim.ways[:3]
    ]
    if (plot := _interval_plot(claim, lang)) is not None:
        blocks.append(plot)
    target = next(
        (one.recomputed for one in decisive if one.recomputed is not None and one.recomputed.inputs()), None
    )
    if target is not None:
        blocks.append(derivation(target, lang))
    if claim.read_as:
        changes = ", ".join(f"{written} → {read}" for written, read in claim.read_as)
        blocks.append(
            Note(
                level="info",
                text=_("Read with recognition errors undone: {changes}", lang=lang, changes=changes),
            )
        )
    return blocks


def _interval_plot(claim: CheckedClaim, lang: Language) -> Plot | None:
    """The stated value beside the recomputed one, with its interval where it has one."""
    from tieout.quantities import DEFAULT

    with_interval = sorted(
        claim.findings, key=lambda one: one.recomputed is None or one.recomputed.low is None
    )
    for one in with_interval:
        if one.recomputed is None or one.target is None or one.target >= len(claim.stated):
            continue
        stated, again = claim.stated[one.target], one.recomputed
        value = in_unit(again.value, again.unit, stated.unit)
        if value is None or value <= 0 or stated.value <= 0:
            continue
        ends = [
            in_unit(end, again.unit, stated.unit) if end is not None else value
            for end in (again.low, again.high)
        ]
        low, high = ends[0] or value, ends[1] or value
        spread = max(value, stated.value, high) / min(value, stated.value, low)
        series = (
            Series(
                name=_("stated", lang=lang),
                x=(0.0,),
                y=(stated.value,),
                low=(stated.low or stated.value,),
                high=(stated.high or stated.value,),
            ),
            Series(name=_("recomputed", lang=lang), x=(1.0,), y=(value,), low=(low,), high=(high,)),
        )
        return Plot(
            kind="interval",
            title=_("Stated against recomputed", lang=lang),
            x_label="",
            y_label=DEFAULT.get(stated.unit).name(lang) if stated.unit in DEFAULT else stated.unit,
            series=series,
            categories=(_("stated", lang=lang), _("recomputed", lang=lang)),
            y_log=spread > 20,
        )
    return None


def _list(texts: Sequence[str], lang: Language) -> str:
    return ("; " if lang == "en" else "；").join(_(text, lang=lang) for text in texts)


def _place(claim: CheckedClaim) -> str:
    return f"p. {claim.page}" if claim.page else f"{claim.start}–{claim.end}"


def _short(text: str, limit: int = 90) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= limit else f"{flat[: limit - 1]}…"
