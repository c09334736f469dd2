"""Decides at each site of a walk which rules are broken."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Final, assert_never

from tieout.plugin import Severity
from tieout_code_shield.rules import Condition, LanguageRules, Match, Rule, Test
from tieout_code_shield.values import Value
from tieout_code_shield.walk import Site, Walk

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.limits import Clock

__all__ = ["MAX_NAME", "MAX_SOURCE", "Hit", "match_code"]

MAX_NAME: Final = 200
MAX_SOURCE: Final = 2_000
"""Characters of a name and of an expression that a rule's regular expressions see: a scan can be stopped between two of
them, not within one, and one with two stars in it takes quadratic time."""


_COLLECTIONS: Final = frozenset(
    {"list", "list_comprehension", "tuple", "dictionary", "set", "array", "object", "array_expression"}
)
"""Kinds of expressions that are no text, so that comparing one with ``==`` compares no secret."""
_PLAINLY: Final = re.compile(r"\[|\{|new\s+String\s*\[|[\w.]{1,200}$")


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that is broken, and where; offsets are in characters of the scanned text."""

    rule: Rule
    severity: Severity
    start: int
    end: int
    demands: int = 0
    """How much the place had to be for the rule to be broken (see ``Match.demands``)."""
    also: tuple[str, ...] = ()
    """Other rules that find the same weakness at the same place."""


def match_code(
    walk: Walk, rules: LanguageRules, clock: Clock, *, complete_until: int | None = None
) -> list[Hit]:
    """Every code rule that is broken in the walked tree, in document order.

    Args:
        complete_until: Offset behind which the text was made up to close what is open.
    """
    found: list[Hit] = []
    asked = 0
    for site in walk.sites:
        asked += 1
        unfinished = complete_until is not None and site.end > complete_until
        place: _Place | None = None
        broken: list[Hit] = []
        audits: list[tuple[Rule, Match]] = []
        for rule, match in _candidates(walk, rules, site):
            asked += 1
            if asked % 16 == 0:
                clock.check()
            if match.whole and unfinished:
                continue
            place = place or _Place(walk, site)
            if rule.audit:
                audits.append((rule, match))
            elif _holds(place, rule, match):
                broken.append(_hit(walk, rule, match, site))
        if place is not None:
            found += broken or [
                _hit(walk, rule, match, site) for rule, match in audits if _holds(place, rule, match)
            ]
    return found


def _hit(walk: Walk, rule: Rule, match: Match, site: Site) -> Hit:
    places = (walk.places[site, name] for name in match.checks if (site, name) in walk.places)
    start, end = next(places, (site.start, site.end))
    return Hit(rule, match.severity or rule.severity, start, end, match.demands)


class _Place:
    """A site, and what rules ask about it, each found out once: several rules ask the same."""

    __slots__ = ("_receiver", "_sources", "_values", "site", "walk")

    def __init__(self, walk: Walk, site: Site) -> None:
        self.walk, self.site = walk, site
        self._receiver: Node | None = None
        self._values: dict[int, tuple[Node, Value]] = {}
        self._sources: dict[int, tuple[Node, tuple[str, ...]]] = {}

    def value(self, node: Node) -> Value:
        """What is known about an expression."""
        known = self._values.get(id(node))
        if known is None:
            # With the node, so that no other gets its id.
            known = self._values[id(node)] = (node, self.walk.evaluate(node, self.site))
        return known[1]

    def sources(self, node: Node) -> tuple[str, ...]:
        """An expression as it is written; of a variable also the list or the name that it was given."""
        known = self._sources.get(id(node))
        if known is None:
            known = self._sources[id(node)] = (node, self._written(node))
        return known[1]

    def _written(self, node: Node) -> tuple[str, ...]:
        written = node.text()[:MAX_SOURCE]
        if not written.isidentifier():
            return (written,)
        given = self.walk.assignments_of(written, self.site, effects=False)
        value = given[0].binding.value.text() if len(given) == 1 and given[0].binding is not None else ""
        return (written, value[:MAX_SOURCE]) if _PLAINLY.match(value) else (written,)

    def receiver(self) -> Node | None:
        """What stands before the last dot of what is called."""
        if self._receiver is None and self.site.role == "call":
            self._receiver = self.walk.dialect.receiver(self.site.node)
        return self._receiver


def _candidates(walk: Walk, rules: LanguageRules, site: Site) -> Iterator[tuple[Rule, Match]]:
    match site.role:
        case "call":
            yield from _named(rules.calls, site.name, walk.qualified(site.name, site))
            if rules.called:
                yield from rules.by_callee(site.name.rpartition(".")[2][-MAX_NAME:])
        case "bind":
            yield from _named(rules.binds, site.name, site.name)
            form = site.binding.form if site.binding is not None else ""
            yield from rules.by_target(site.name.rpartition(".")[2][-MAX_NAME:], form)
        case "import":
            for name in walk.dialect.imported(site.node) if rules.imports else ():
                yield from rules.imports.get(name, ())
        case "compare":
            yield from rules.compares
            node = site.node
            sign = (node.field("operator") or node.field("operators")) if rules.operators else None
            if sign is not None:
                yield from rules.operators.get(sign.text(), ())
        case "function":
            yield from rules.functions.get(site.name.rpartition(" ")[2], ()) if rules.functions else ()
        case _:
            assert_never(site.role)


def _named(
    index: dict[str, list[tuple[str, Rule, Match]]], written: str, name: str
) -> Iterator[tuple[Rule, Match]]:
    entries = index.get(name.rpartition(".")[2])
    if entries is None and written != name:
        entries = index.get(written.rpartition(".")[2])
    for wanted, rule, match in entries or ():
        if wanted == name or (wanted[0] == "." and name.endswith(wanted)):
            yield rule, match


def _holds(place: _Place, rule: Rule, match: Match) -> bool:
    walk, site = place.walk, place.site
    if match.forms and (site.binding is None or site.binding.form not in match.forms):
        return False
    if match.compare is not None and not _compares(place, match):
        return False
    if match.receiver is not None or match.receiver_lacks is not None:
        receiver = walk.qualified(site.name, site).rpartition(".")[0][-MAX_NAME:]
        if match.receiver is not None and not match.receiver.search(receiver):
            return False
        if match.receiver_lacks is not None and match.receiver_lacks.search(receiver):
            return False
    if match.near is not None or match.near_lacks is not None:
        names = " ".join(each.name[-MAX_NAME:] for each in islice(site.around(), 8))
        if match.near is not None and not match.near.search(names):
            return False
        if match.near_lacks is not None and match.near_lacks.search(names):
            return False
    if not all(_condition_holds(place, rule, condition) for condition in match.when):
        return False
    if not ((match.before is None and match.before_lacks is None) or _comes_after(place, match)):
        return False
    return all(walk.dialect.check(name, walk, site) for name in match.checks)


def _comes_after(place: _Place, match: Match) -> bool:
    text = place.walk.text_before(place.site)
    if match.before is not None and not match.before.search(text):
        return False
    return match.before_lacks is None or not match.before_lacks.search(text)


def _compares(place: _Place, match: Match) -> bool:
    walk, site = place.walk, place.site
    operands = walk.dialect.operands(site.node)
    if operands is None or match.compare is None:
        return False
    names = (walk.dialect.dotted(operand).rpartition(".")[2][-MAX_NAME:] for operand in operands)
    if not any(match.compare.search(name) for name in names):
        return False
    if any(operand.kind() in _COLLECTIONS for operand in operands):
        return False
    return not any(walk.evaluate(operand, site).constant for operand in operands)


def _condition_holds(place: _Place, rule: Rule, condition: Condition) -> bool:
    subjects = _subjects(place, condition)
    if not subjects:
        hidden = place.site.role == "call" and place.walk.arguments(place.site).spread
        return "missing" in condition.tests and not hidden
    return any(_subject_passes(place, rule, condition, node) for node in subjects)


def _subjects(place: _Place, condition: Condition) -> list[Node]:
    site = place.site
    if condition.of == "value":
        if site.role == "function":
            return [site.node]
        return [site.binding.value] if site.binding is not None else []
    if condition.of == "receiver":
        receiver = place.receiver()
        return [receiver] if receiver is not None else []
    arguments = place.walk.arguments(site)
    if condition.of == "any":
        return [*arguments.positional, *arguments.named.values()]
    if condition.position is not None and condition.position < len(arguments.positional):
        return [arguments.positional[condition.position]]
    named = [arguments.named[name] for name in condition.names if name in arguments.named]
    return named[:1]


def _subject_passes(place: _Place, rule: Rule, condition: Condition, node: Node) -> bool:
    if condition.source is not None or condition.source_lacks is not None:
        sources = place.sources(node)
        if condition.source is not None and not any(condition.source.search(each) for each in sources):
            return False
        if condition.source_lacks is not None and any(map(condition.source_lacks.search, sources)):
            return False
    if not (condition.tests or condition.matches or condition.lacks):
        return True
    value = place.value(node).without(rule.sanitizers)
    if condition.tests and not any(_test(test, value, place.walk) for test in condition.tests):
        return False
    text = None if value.text is None else value.text[:MAX_SOURCE]
    if condition.matches is not None and not (text is not None and condition.matches.search(text)):
        return False
    return not (condition.lacks is not None and text is not None and condition.lacks.search(text))


def _test(test: Test, value: Value, walk: Walk) -> bool:
    match test:
        case "dynamic":
            return not value.constant
        case "built":
            return value.built
        case "tainted":
            return value.tainted
        case "remote":
            return any(leaf.tainted and not walk.is_local(leaf.name) for leaf in value.leaves)
        case "constant":
            return value.constant
        case "string":
            return value.constant and value.kind == "string"
        case "true" | "false" if (
            value.constant and value.kind == "number" and walk.dialect.numbers_are_truths
        ):
            return (value.text not in ("0", "0.0")) is (test == "true")
        case "true" | "false" | "none" | "function":
            return value.constant and value.kind == test
        case "present":
            return True
        case "missing":
            return False
        case _:
            assert_never(test)
