"""Units that do not fit what they are said to measure: an energy for a power, bytes for tokens, P for 万亿次."""

from __future__ import annotations

import re
from collections.abc import Iterator

from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.findings import Finding, derived, finding, in_unit
from tieout_compute_estimator.derivation import N_

__all__ = ["possible_pue", "rate_of_work", "size_of_tokens", "text_and_tokens", "wrong_kind"]

_POWER_NOUN = re.compile(
    r"功率(?!因)|装机|额定|负载|负荷|功耗|power (?:draw|demand|capacity|supply|consumption of)"
    r"|capacity|(?<![a-z])(?:draws?|drawing|pulls?|continuous)(?![a-z])",
    re.IGNORECASE,
)
_POWER_AFTER = re.compile(
    r"^\s?(?:的)?\s?(?:of )?(?:(?:continuous|grid|peak|total|installed|持续|电网|总|电力)\s?){0,3}(?:power"
    r"|capacity|load|功率|供电|装机|负载)",
    re.IGNORECASE,
)
_ENERGY_NOUN = re.compile(
    r"用电量|耗电量|发电量|电量|共?用电|累计耗电|能耗量|electricity (?:use|usage|consumption)|energy (?:use|usage"
    r"|consumption)"
    r"|(?:consumed|consumes|used up|burned|burnt)[^,。;\d]{0,16}$",
    re.IGNORECASE,
)
_USED = re.compile(r"耗电|用电|消耗|consum\w+|uses?(?![a-z])|used", re.IGNORECASE)
_ENERGY_AFTER = re.compile(r"^\s?(?:的)?\s?(?:of )?(?:electricity|energy|电量|电能|用电量)", re.IGNORECASE)
_PERIOD = re.compile(r"每|全年|一年|年|月|日|天|小时|annual|year|month|day|hour|per |daily", re.IGNORECASE)
_BATTERY = re.compile(r"储能|电池|蓄电|batter|storage", re.IGNORECASE)


def wrong_kind(bench: Bench) -> Iterator[Finding]:
    """An energy where the words say power, and a power where they say energy."""
    text = bench.claim.text
    for index, measure in bench.claim.of("energy", "power"):
        before = re.split(r"[,。;]", text[max(0, measure.start - 30) : measure.start])[-1]
        after = re.split(r"[,。;]", text[measure.end : measure.end + 40])[0]
        periods = _PERIOD.search(before + after) or measure.scope or bench.claim.first("duration")
        if measure.role == "energy":
            wrong = (
                not periods
                and not _BATTERY.search(text)
                and (
                    (_POWER_NOUN.search(before) and not _ENERGY_NOUN.search(before))
                    or _POWER_AFTER.match(after)
                )
            )
        else:
            used = measure.scope and _USED.search(before)
            wrong = (
                used
                or (_ENERGY_NOUN.search(before) and not _POWER_NOUN.search(before))
                or _ENERGY_AFTER.match(after)
            )
        if not wrong:
            continue
        unit = (
            measure.unit[:-1]
            if measure.role == "energy" and measure.unit.endswith("Wh")
            else f"{measure.unit}h"
        )
        right = derived(measure.value, unit, "the unit that is meant", "x", {"x": bench.stated(index)})
        yield finding(
            "slip",
            "kind of unit",
            N_("{stated} is an energy where the words say a power: {right} may be meant.")
            if measure.role == "energy"
            else N_("{stated} is a power where the words say an energy: {right} may be meant."),
            figures={"stated": bench.stated(index), "right": right},
            covers=(index,),
            numbers={"meant": right},
            target=index,
            recomputed=right,
            fixes={index: right},
        )


_WORDS_EACH = (0.6, 0.9)
"""English words for one token: about three quarters."""


def possible_pue(bench: Bench) -> Iterator[Finding]:
    """A PUE below one: a site cannot take less than what stands in it."""
    for index, measure in bench.claim.of("pue"):
        if 0 < measure.value < 0.995:
            yield finding(
                "contradict",
                "pue",
                N_("A PUE of {stated} cannot be: a site takes at least as much as its equipment."),
                figures={"stated": bench.stated(index)},
                covers=(index,),
                target=index,
            )


def rate_of_work(bench: Bench) -> Iterator[Finding]:
    """The whole work of a run called a rate: 6ND with "per second" behind it."""
    work = bench.six_nd()
    if work is None or not work.value:
        return
    for index, measure in bench.claim.of("rate"):
        value = in_unit(measure.value, measure.unit, "FLOP/s")
        if not value or value < 1e19 or abs(value / work.value - 1) > 0.04:
            continue
        yield finding(
            "slip",
            "rate and total",
            N_("{stated} is the work of the whole run, {computed}, and no rate."),
            figures={"stated": bench.stated(index), "computed": work.figure},
            covers=(index,),
            numbers={"flops": work.figure},
            target=index,
            recomputed=work.figure,
            fixes={index: work.figure},
        )


def size_of_tokens(bench: Bench) -> Iterator[Finding]:
    """7 TB where a model has seen 7T tokens: the digits of the tokens with a unit of bytes."""
    for index, measure in bench.claim.of("dataset"):
        for name in dict.fromkeys((measure.subject, *(m.name for m in bench.claim.named("model")))):
            subject = bench.known.subject(name)
            if subject is None or any(True for _fact in bench.facts(name, "dataset")):
                continue
            fact = bench.known.best(name, "tokens")
            tokens = in_unit(fact.value, fact.unit, "token") if fact is not None and fact.firm else None
            size = bench.at(index, "B")
            if fact is None or not tokens or not size or abs(size / tokens - 1) > 0.02:
                continue
            figure = fact.figure()
            yield finding(
                "slip",
                "bytes and tokens",
                N_("{stated} has the digits of {known} for {subject} ({source}): {what}."),
                figures={"stated": bench.stated(index), "known": figure},
                words={
                    "subject": fact.subject,
                    "source": fact.source_text,
                    "what": N_("bytes where tokens are meant"),
                },
                covers=(index,),
                numbers={"known": figure},
                target=index,
                recomputed=figure,
                fixes={index: figure},
            )
            break


def text_and_tokens(bench: Bench) -> Iterator[Finding]:
    """Words and tokens, and tokens that are only the bytes of the text over again."""
    tokens = bench.claim.first("tokens")
    if tokens is None:
        return
    count = bench.at(tokens[0], "token") or 0.0
    words = bench.claim.first("words")
    if words is not None and count:
        ratio = words[1].value / count
        figure = derived(
            words[1].value / 0.75, "token", "tokens", "words / 0.75", {"words": bench.stated(words[0])},
            convention="three quarters of an English word per token",
        )  # fmt: skip
        fits = _WORDS_EACH[0] <= ratio <= _WORDS_EACH[1]
        yield finding(
            "assume" if fits else "contradict",
            "words",
            N_("{words} are about {computed} at three quarters of a word each, which {stated} fits.")
            if fits
            else N_("{words} are about {computed} at three quarters of a word each, not {stated}."),
            figures={"words": bench.stated(words[0]), "computed": figure, "stated": bench.stated(tokens[0])},
            words={"assumption": "three quarters of an English word per token"},
            covers=(tokens[0], words[0]),
            numbers={"tokens": figure},
            target=tokens[0],
            recomputed=figure,
            fixes={} if fits else {tokens[0]: figure},
        )
