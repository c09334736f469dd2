"""Marking every number of an answer."""

from __future__ import annotations

__all__ = ["tie_out"]

import re
from collections.abc import Sequence
from functools import cache, cached_property

from tieout.contract.figures import Figure, Formula, MarketData, ReportSpan, TableRow, ToolCall, UserInput
from tieout.events import MarkEvent, MarkStatus
from tieout.evidence import EvidenceBook
from tieout.marks._index import Figures, Known, ValueIndex, every_origin_text, is_distinct
from tieout.marks._metrics import Metrics
from tieout.marks._places import Stretches, cited_stretches, code_stretches, formats, furniture, names
from tieout.marks._quotes import quoted_stretches
from tieout.marks._subjects import Subjects
from tieout.quantities import Quantity, find, rounding_interval

# An answer of 200 kB holds 14,000 numbers, at 40 µs each. Beyond these the rest is flagged without a look.
_MOST_CHECKED = 15_000
_OPERATORS = "=×·*/÷^+−(√≈"
# Letters around a number that tell a fall, whose size a sentence gives without a minus.
_WINDOW = 24
_NO_AMOUNT = ("date", "period", "ordinal", "label")
_CLAUSE_ENDS = "\n。,，;；"


def tie_out(answer: str, book: EvidenceBook, question: str) -> list[MarkEvent]:
    """Mark every number of ``answer``, in order and without overlap.

    A number is tied or computed when a figure of the evidence rounds to what is printed, and the sentence does not
    name another subject of which the evidence says something else; quoted when it stands in words of a verified
    span; user when the user said it; structural when it names, counts or locates things; a mismatch when the answer
    gives a different number for a metric, or for a subject, that the evidence has; else untied.

    Time grows with the answer plus the evidence, not with their product.
    """
    numbers = find(answer)
    if not numbers:
        return []
    tie = _TieOut(answer, numbers, book, find(question) if question else [])
    checked = [tie.mark(number) for number in numbers[:_MOST_CHECKED]]
    return checked + [_event(number, "untied") for number in numbers[_MOST_CHECKED:]]


class _TieOut:
    def __init__(
        self, answer: str, numbers: Sequence[Quantity], book: EvidenceBook, said: Sequence[Quantity]
    ) -> None:
        self._answer = answer
        self._figures = Figures(book)
        known = self._figures.known
        self._said = said
        self._said_dates = {quantity.iso for quantity in said}
        self._said_index = ValueIndex()
        for place, quantity in enumerate(said):
            for value in (quantity.value, quantity.low, quantity.high):
                if value is not None and quantity.kind not in _NO_AMOUNT:
                    self._said_index.add(value, quantity.unit, place)
        self._quotes = Stretches(quoted_stretches(answer, book.spans))
        self._furniture = Stretches(furniture(answer))
        named = list(names(answer))
        cited = list(cited_stretches(answer, [*every_origin_text(self._figures), *book.names]))
        self._names = Stretches([*named, *cited, *code_stretches(answer)])
        self._subjects = Subjects(answer, (entry.figure.subject for entry in known), numbers)
        self._named = named

    @cached_property
    def _metrics(self) -> Metrics:
        return Metrics(self._figures.known)

    @cached_property
    def _strangers(self) -> Stretches:
        return Stretches(
            span
            for span in self._named
            if not self._subjects.names(*span) and not formats().fullmatch(self._answer, *span)
        )

    @cached_property
    def _constants(self) -> dict[float, Known]:
        return _constants(self._figures.known)

    def mark(self, number: Quantity) -> MarkEvent:
        """What is known about one number."""
        if self._furniture.hold(number.start, number.end):
            return _event(number, "structural")
        quoted = self._quotes.hold(number.start, number.end)
        agreeing = self._agreeing(number)
        if quoted:
            read = [known for known in agreeing if isinstance(known.figure.origin, ReportSpan)]
            return _event(number, "quoted", next(iter(read or agreeing), None))
        if agreeing:
            return self._settled(number, agreeing)
        if constant := self._constant(number):
            return _event(number, "computed", constant)
        if self._was_said(number):
            return _event(number, "user")
        if self._is_structural(number):
            return _event(number, "structural")
        if rival := self._contradicted(number):
            return _event(number, "mismatch", rival, stated=True)
        return _event(number, "untied")

    # --- evidence

    def _agreeing(self, number: Quantity) -> list[Known]:
        following = self._answer[number.end : number.end + _WINDOW]
        found = self._figures.behind(number, following)
        if not found and self._figures.any_negative and self._tells_a_fall(number):
            found = self._figures.behind(_negated(number), following)
        if not found and number.kind == "money" and self._says_per_what(number):
            found = self._figures.priced(number)
        if not found and is_distinct(number):
            found = [known for known in self._figures.printed_like(number) if self._is_meant(number, known)]
        return found

    def _tells_a_fall(self, number: Quantity) -> bool:
        if number.value <= 0 or number.kind not in ("percent", "money", "number", "multiple"):
            return False
        before = self._answer[max(0, number.start - _WINDOW) : number.start]
        after = self._answer[number.end : number.end + _WINDOW]
        return bool(_fall_before().search(before) or _fall_after().match(after))

    def _says_per_what(self, number: Quantity) -> bool:
        """Whether the words beside a sum of money make it a price: 每卡时, per hour, range of $2/GPU-hour."""
        start, end = max(0, number.start - _WINDOW), number.end + _WINDOW
        beside = self._answer[start : number.start] + " " + self._answer[number.end : end]
        return _per_what().search(beside) is not None

    def _is_meant(self, number: Quantity, known: Known) -> bool:
        """Whether a distinct number without a unit means this figure and counts nothing else."""
        following = self._answer[number.end : number.end + _WINDOW]
        glued = number.text[-1] in "BT" and known.figure.unit in ("parameter", "token")
        operations = following.startswith("次") and known.figure.unit == "FLOP"  # 6.3 亿亿亿次
        if glued or operations or _counts_nothing().match(following):
            return True
        return self._metrics.named(known.figure, self._clause(number))

    def _settled(self, number: Quantity, agreeing: list[Known]) -> MarkEvent:
        """Tied to the figure that the sentence is about, or a mismatch when it is about none of those."""
        subjects = self._subjects.of(number)
        about = [known for known in agreeing if known.figure.subject in subjects]
        free = [known for known in agreeing if not known.figure.subject or _is_users(known.figure)]
        if subjects and not about and not free and not self._is_name(number):
            for known in agreeing:
                if rival := self._metrics.rival(known, number, subjects):
                    return _event(number, "mismatch", rival, stated=True)
        if not subjects and len(of := frozenset(known.figure.subject for known in agreeing)) > 1:
            # Several things have this value and the sentence names none: it goes on about what was named last.
            last = self._subjects.earlier(number, of)
            about = [known for known in agreeing if known.figure.subject in last]
        choices = about or agreeing
        clause = self._clause(number)
        best = next((known for known in choices if self._metrics.named(known.figure, clause)), choices[0])
        return _event(number, _status(best.figure), best)

    def _clause(self, number: Quantity) -> str:
        """The words around ``number`` between commas and line ends, without its own, in lower case."""
        window = self._answer[max(0, number.start - 120) : number.start]
        border = max(window.rfind(sign) for sign in _CLAUSE_ENDS)
        after = self._answer[number.end : number.end + _WINDOW]
        end = min((at for sign in _CLAUSE_ENDS if (at := after.find(sign)) >= 0), default=len(after))
        return f"{window[border + 1 :]}\n{after[:end]}".lower()

    def _constant(self, number: Quantity) -> Known | None:
        """A constant of a formula that the evidence used, where the answer writes that formula."""
        known = self._constants.get(number.value) if not number.unit else None
        if known is None:
            return None
        before = self._answer[max(0, number.start - 2) : number.start].strip(" ")[-1:]
        after = self._answer[number.end : number.end + 2].strip(" ")[:1]
        beside = (before and before in _OPERATORS) or (after and after in _OPERATORS)
        return known if beside else None

    # --- the user, and the text itself

    def _was_said(self, number: Quantity) -> bool:
        if number.iso:
            return number.iso in self._said_dates
        if self._said_index.within(*rounding_interval(number), number.unit):
            return True
        bare = self._said_index.printed_within(number.value, number.value)
        return any(not number.unit or not self._said[place].unit for place in bare)

    def _is_structural(self, number: Quantity) -> bool:
        return number.kind in _NO_AMOUNT or self._is_name(number) or _is_stock_code(number)

    def _is_name(self, number: Quantity) -> bool:
        """Whether the number stands in a name, a title, a citation or code."""
        return self._names.hold(number.start, number.end) or self._subjects.names(number.start, number.end)

    def _contradicted(self, number: Quantity) -> Known | None:
        """Evidence of the metric that the clause names, in a unit that converts, with another value."""
        if number.kind in _NO_AMOUNT:
            return None
        subjects = self._subjects.of(number)
        start, _ = self._subjects.sentence(number)
        if not subjects and self._strangers.between(max(start, number.start - 120), number.start):
            return None  # a sentence about something that the evidence does not know contradicts nothing
        clause = self._clause(number)
        if _in_general().search(clause):
            return None
        return self._metrics.contradicted(number, clause, subjects)


@cache
def _per_what() -> re.Pattern[str]:
    return re.compile(
        r"每|单价|(?<![a-z])(?:per|an? hour|each|hourly)(?![a-z])|/ ?[a-z小卡百千]", re.IGNORECASE
    )


@cache
def _counts_nothing() -> re.Pattern[str]:
    """What may follow a number whose unit was left out; another word would be what it counts."""
    return re.compile(r" {0,2}(?:$|[^\w ]|[的是为时了]|(?:and|or|to|和|与|至|到) {0,2}[\d$¥€])")


@cache
def _in_general() -> re.Pattern[str]:
    """Words by which a clause speaks of other cases, or of what is not so: no figure contradicts it."""
    return re.compile(
        r"(?<![a-z])(?:typical\w{0,2}|usual\w{0,2}|general\w{0,2}|common\w{0,2}|on average|industry|other\w?|if"
        r"|assum\w{1,4}|suppos\w{1,3}|would|could|target\w?|not|instead|rather|previous\w{0,2}|difference|times)(?![a-z])"
        r"|通常|一般|常见|行业|平均|如果|假设|假如|若|目标|不是|并非|而非|以往|上一代|其他|相差|提高|提升|增加|减少|下降"
    )


@cache
def _fall_before() -> re.Pattern[str]:
    return re.compile(
        r"(?:跌|降|减|亏|缩|低|(?<![a-z])(?:down|fell|falls?|fallen|drop(?:s|ped)?|declin\w{1,4}|lost|lower\w{0,3}"
        r"|decreas\w{1,4}|loss|minus|shr[aiu]nk))[^0-9\n。;；]{0,14}$",
        re.IGNORECASE,
    )


@cache
def _fall_after() -> re.Pattern[str]:
    return re.compile(
        r"[ *]{0,3}(?:的?(?:跌幅|降幅|亏损|下跌|下降)|(?:lower|down|loss|drop|decline|decrease|fall|less)(?![a-z]))",
        re.IGNORECASE,
    )


def _negated(number: Quantity) -> Quantity:
    from dataclasses import replace

    flipped = {"at least": "at most", "at most": "at least"}.get(number.bound or "")
    ends = (None, None) if number.low is None or number.high is None else (-number.high, -number.low)
    bound = None if flipped is None else "at most" if flipped == "at most" else "at least"
    return replace(number, value=-number.value, low=ends[0], high=ends[1], bound=bound)


@cache
def _stock_code() -> re.Pattern[str]:
    return re.compile(r"(?:00[0-3]|30[0-2]|60[0135]|68[89]|[48][0-9]{2}|920)[0-9]{3}")


def _is_stock_code(number: Quantity) -> bool:
    return not number.unit and _stock_code().fullmatch(number.text) is not None


def _constants(known: Sequence[Known]) -> dict[float, Known]:
    found: dict[float, Known] = {}
    seen: set[str] = set()
    for entry in known:
        origin = entry.figure.origin
        if isinstance(origin, Formula) and origin.expression not in seen:
            seen.add(origin.expression)
            for quantity in find(origin.expression[:1000]):
                found.setdefault(quantity.value, entry)
    return found


def _event(
    number: Quantity, status: MarkStatus, known: Known | None = None, *, stated: bool = False
) -> MarkEvent:
    detail = "" if known is None else _stated(known.figure) if stated else _detail(known.figure)
    evidence = None if known is None else known.item.id
    return MarkEvent(start=number.start, end=number.end, status=status, evidence=evidence, detail=detail)


def _is_users(figure: Figure) -> bool:
    return isinstance(figure.origin, UserInput)


def _status(figure: Figure) -> MarkStatus:
    match figure.origin:
        case Formula():
            return "computed"
        case UserInput():
            return "user"
        case ToolCall(argument=argument) if argument:
            return "untied"
        case _:
            return "tied"


def _stated(figure: Figure) -> str:
    """What the evidence says instead."""
    from tieout.quantities import format_quantity

    value = figure.text or format_quantity(figure.value, figure.unit, lang="en", digits=4)
    return ": ".join(
        part for part in (" ".join(filter(None, (figure.subject, figure.metric))), value) if part
    )


def _detail(figure: Figure) -> str:
    match figure.origin:
        case Formula(expression=expression):
            return expression
        case ReportSpan(title=title, page=page):
            return f"{title}, p. {page}"
        case TableRow(table=table, row=row, field=field):
            return f"{table}: {row}, {field}"
        case MarketData(provider=provider):
            return provider
        case _:
            return ""
