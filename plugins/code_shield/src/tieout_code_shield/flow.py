"""What crosses the borders of functions, and what is proved before a place: input, results of helpers, checks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from tieout_code_shield.checks import CHECKED, Proof, allows_little, excludes, proofs
from tieout_code_shield.dialects.nodes import class_of, validity
from tieout_code_shield.plain_types import carries_no_text
from tieout_code_shield.syntax import visit
from tieout_code_shield.ties import Ties
from tieout_code_shield.values import HELD, Leaf, Value, alternatives, constant, leaf, merged

if TYPE_CHECKING:
    from tieout_code_shield.sites import Site
    from tieout_code_shield.walk import Walk

__all__ = ["Flow"]

MAX_CALLS: Final = 4
MAX_RETURNS: Final = 6
MAX_NESTING: Final = 2
"""How far a value is followed from function to function."""
MAX_APPLIED: Final = 64
"""Calls in one text for which a function is read once more with what is known of their arguments."""

_LIST: Final = re.compile(
    r"(?:readonly )?(?:Immutable|Frozen|IReadOnly|ReadOnly|I)?(?:Sorted)?(?:Set|List|Collection)<"
)


@dataclass(frozen=True, slots=True)
class _Check:
    """A part of the text in which something is known about a name."""

    start: int
    end: int
    proof: Proof


class Flow:
    """Follows values from function to function within one text, one step each way."""

    def __init__(self, walk: Walk) -> None:
        self._walk = walk
        self._inputs: dict[Site, frozenset[str]] = {}
        self._checks: dict[str, list[_Check]] | None = None
        self._calls: dict[str, list[Site]] | None = None
        self._functions: dict[str, list[Site]] = {}
        self._results: dict[tuple[Site, bool], Value | None] = {}
        self._signatures: dict[Site, tuple[str, ...]] = {}
        self._passed: dict[tuple[Site, str], Value | None] = {}
        self._ties = Ties(walk)
        self._assumed: list[Site] = []
        self._objects = 0
        self._applied = 0
        self._members: frozenset[str] | None = None
        self._own: frozenset[str] | None = None
        self._plainly: dict[Site, frozenset[str]] = {}
        self._put: dict[Site, Mapping[str, Value]] = {}
        self._busy: set[tuple[Site, str]] = set()

    def refined(self, name: str, value: Value | None, site: Site) -> Value | None:
        """What is known about a name beyond its assignments: that it is input, or that it was checked."""
        if self._objects and _FIELD.match(name):
            return Value("other", None, (Leaf(_MARK + HELD, "name", tainted=True),))
        if value is not None and not value.leaves:
            return value
        if value is None and "." not in name:
            value = self._parameter(name, site)
        tags = self._proved(name, site)
        if not tags:
            return value
        if value is None:
            qualified = self._walk.qualified(name, site)
            value = leaf(qualified, "name", tainted=self._walk.is_source(qualified))
        return replace(
            value, leaves=tuple(replace(item, through=item.through | tags) for item in value.leaves)
        )

    def made_with(self, name: str, assigned: Sequence[Site], use: Site) -> Sequence[Site]:
        """What gives a field its value where its object is made, if nothing but that and the function at hand does."""
        if use.function is None or not assigned or not _FIELD.match(name):
            return ()
        made = [each for each in assigned if each.function is not None and each.function.name in _MAKERS]
        if not made or len(made) > MAX_RETURNS or made[0].function is use.function:
            return ()
        alone = all(each.function in (made[0].function, use.function) for each in assigned)
        return made if alone else ()

    def result(self, name: str, given: Sequence[Value], named: Mapping[str, Value]) -> Value | None:
        """What a call returns, where the function is defined in the same text; ``None`` where it is not."""
        self._index()
        owner, _, last = name.rpartition(".")
        found = self._functions.get(last)
        if owner.endswith(".()") and found is not None and HELD in named:
            found = [each for each in found if class_of(each.node) == owner.removesuffix(".()")]
            summary = self._summary(found[0], held=True) if len(found) == 1 else None
            return self._filled(summary, found[0], given, named, last) if summary is not None else None
        if found is None or len(found) != 1 or owner not in ("", "self", "cls", "this"):
            return None
        function = found[0]
        parameters = self._signature(function)
        if any(value.items or value.constant for value in (*given, *named.values())):
            applied = self._apply(function, {**dict(zip(parameters, given, strict=False)), **named}, name)
            if applied is not None:
                return applied
        summary = self._summary(function)
        return self._filled(summary, function, given, named, name) if summary is not None else None

    def _filled(
        self, summary: Value, function: Site, given: Sequence[Value], named: Mapping[str, Value], name: str
    ) -> Value:
        """What a function returns, with arguments in the place of its parameters."""
        parameters = self._signature(function)
        leaves: list[Leaf] = []
        for item in summary.leaves:
            if not item.name.startswith(_MARK):
                leaves.append(item)
                continue
            parameter, dot, rest = item.name[len(_MARK) :].partition(".")
            index = parameters.index(parameter) if parameter in parameters else len(given)
            value = named.get(parameter) or (given[index] if index < len(given) else None)
            for each in value.leaves if value is not None else ():
                leaves.append(self._put_in(each, dot + rest, item, name))
        kept = tuple(dict.fromkeys(leaves))
        return replace(summary, leaves=kept, built=summary.built and bool(kept))

    def _put_in(self, given: Leaf, rest: str, item: Leaf, name: str) -> Leaf:
        """A leaf of an argument in the place of the parameter, of which the function may have taken a part."""
        through = given.through | item.through | {name}
        if not rest or given.kind not in ("name", "attribute"):
            return replace(given, through=through)
        part = given.name + rest
        tainted = given.tainted or self._walk.is_source(part)
        return Leaf(part, "attribute", tainted, through)

    def _summary(self, function: Site, *, held: bool = False) -> Value | None:
        """What a function returns, its parameters standing in it by name; ``None`` when nobody can tell.

        Args:
            held: Whether the fields of its object stand in it as well, under ``HELD``.
        """
        if (function, held) in self._results:
            return self._results[function, held]
        self._objects += held
        try:
            value = self._read(function)
        finally:
            self._objects -= held
        if value is not None and not self._assumed:
            self._results[function, held] = value
        return value

    def _apply(self, function: Site, given: Mapping[str, Value], name: str) -> Value | None:
        """What a function returns for these arguments, of which one is a constant or a list that is known item by
        item: ``pick(values, 2)``; ``None`` when nobody can tell."""
        if self._applied >= MAX_APPLIED or function in self._put:
            return None
        self._applied += 1
        self._put[function] = {key: _passed_to(value, name) for key, value in given.items()}
        try:
            return self._read(function)
        finally:
            del self._put[function]

    def _read(self, function: Site) -> Value | None:
        walk = self._walk
        if len(self._assumed) >= MAX_NESTING or function in self._assumed:
            return None
        expressions = walk.dialect.returned(function.node)
        if not expressions or len(expressions) > MAX_RETURNS:
            return None
        self._assumed.append(function)
        try:
            with walk.fresh_values():
                return alternatives([walk.evaluate(node, walk.place(node, function)) for node in expressions])
        finally:
            self._assumed.pop()

    def _parameter(self, name: str, site: Site) -> Value | None:
        function = site.function
        while function is not None and name not in self._walk.parameters_of(function):
            function = function.function
        if function is None:
            return None
        if function in self._put and name in self._signature(function):
            return self._put[function].get(name, constant("other"))
        if name in self._plain(function):
            return Value("other", None, (Leaf(name, "name", through=frozenset({CHECKED})),))
        if function in self._assumed and name in self._signature(function):
            return Value("other", None, (Leaf(_MARK + name, "name", tainted=True),))
        known = self._inputs.get(function)
        if known is None:
            known = self._inputs[function] = self._walk.dialect.inputs(function.node)
        if name in known:
            return leaf(name, "name", tainted=True)
        return self._given(name, function)

    def _plain(self, function: Site) -> frozenset[str]:
        """Parameters that are declared as what can carry no text."""
        known = self._plainly.get(function)
        if known is None:
            walk = self._walk
            declared = walk.dialect.declared(function.node)
            listed = walk.dialect.enumerated(walk.root) if declared else frozenset[str]()
            known = frozenset(name for name, kind in declared if carries_no_text(kind) or kind in listed)
            self._plainly[function] = known
        return known

    def _given(self, name: str, function: Site) -> Value | None:
        """What callers in the same text pass for a parameter, as far as it comes from outside."""
        parameters = self._signature(function)
        if name not in parameters or not function.name or (function, name) in self._busy:
            return None
        if len(self._busy) >= MAX_NESTING:
            return None
        if (function, name) in self._passed:
            return self._passed[function, name]
        value = self._from_callers(name, function, parameters)
        if not self._busy and not self._assumed:  # within another question the answer may be cut short
            self._passed[function, name] = value
        return value

    def _from_callers(self, name: str, function: Site, parameters: tuple[str, ...]) -> Value | None:
        self._index()
        index = parameters.index(name)
        self._busy.add((function, name))
        try:
            found: list[Value] = []
            for call in (self._calls or {}).get(function.name.rpartition(" ")[2], ())[:MAX_CALLS]:
                arguments = self._walk.arguments(call)
                node = arguments.named.get(name)
                if node is None and index < len(arguments.positional):
                    node = arguments.positional[index]
                if node is not None and not (function.start <= call.start < function.end):
                    found.append(self._walk.evaluate(node, call))
        finally:
            self._busy.discard((function, name))
        tainted = tuple(item for item in merged(found) if item.tainted)
        if not tainted:
            return None
        return Value("other", None, (Leaf(name, "name"), *tainted))

    def _signature(self, function: Site) -> tuple[str, ...]:
        names = self._signatures.get(function)
        if names is None:
            names = self._walk.dialect.signature(function.node)
            names = names[1:] if names[:1] in (("self",), ("cls",)) else names
            self._signatures[function] = names
        return names

    def _index(self) -> None:
        if self._calls is not None:
            return
        self._calls = {}
        for site in self._walk.sites:
            if site.role == "call":
                self._calls.setdefault(site.name.rpartition(".")[2], []).append(site)
            elif site.role == "function" and site.name:
                self._functions.setdefault(site.name.rpartition(" ")[2], []).append(site)

    def _proved(self, name: str, site: Site) -> frozenset[str]:
        if self._checks is None:
            self._checks = {}
            self._collect(self._checks)
        tags: set[str] = set()
        for check in self._checks.get(name, ()):
            if check.start <= site.start < check.end and self._stands(check.proof, site):
                tags.add(check.proof.tag)
        owner, dot, member = name.rpartition(".")
        if dot and owner and member in self._numbers():
            tags.add(CHECKED)
        return frozenset(tags)

    def _numbers(self) -> frozenset[str]:
        """Members that all types of the text which have them declare as what can carry no text."""
        if self._members is None:
            walk = self._walk
            declared = walk.dialect.members(walk.root)
            listed = walk.dialect.enumerated(walk.root) if declared else frozenset[str]()
            plain = {name for name, kind in declared if carries_no_text(kind) or kind in listed}
            self._members = frozenset(
                plain - {name for name, kind in declared if not (carries_no_text(kind) or kind in listed)}
            )
        return self._members

    def _stands(self, proof: Proof, site: Site) -> bool:
        """Whether the list or the pattern that a check names is one that proves something."""
        if not self._is_a_list(proof.among, site):
            return False
        name = proof.pattern or proof.excluded
        value = self._walk.value_of(name, site) if name else None
        if value is None or value.text is None:
            return not proof.excluded
        return allows_little(value.text) if proof.pattern else excludes(value.text)

    def _is_a_list(self, name: str, site: Site) -> bool:
        if not name:
            return True
        value = self._walk.value_of(name, site)
        if value is not None and value.constant:
            return value.kind == "collection"
        # What an object has a list or set of was given to it when it was made.
        owner, _, last = name.rpartition(".")
        given = site.function is not None and name in self._walk.parameters_of(site.function)
        known = given or (value is not None and value.tainted)
        return not known and owner in ("", "this") and last in self._lists()

    def _lists(self) -> frozenset[str]:
        """Members that all types of the text which have them declare as a list or set."""
        if self._own is None:
            declared = self._walk.dialect.members(self._walk.root)
            others = {name for name, kind in declared if _LIST.match(kind) is None}
            self._own = frozenset(name for name, _ in declared) - others
        return self._own

    def _collect(self, checks: dict[str, list[_Check]]) -> None:
        for name, start, end in self._walk.dialect.checked(self._walk.root):
            checks.setdefault(name, []).append(_Check(start, end, Proof(name, CHECKED, holds=True)))
        for node in visit(self._walk.root, self._walk.branches) if self._walk.branches else ():
            condition = node.field("condition") or next(
                (child for child in node.children() if child.is_named()), None
            )
            text = condition.text() if condition is not None else ""
            for proof in (*proofs(text), *self._ties.kept(text, node)):
                for start, end in validity(node, holds=proof.holds):
                    for name in {proof.name, *self._ties.related(proof.name, node)}:
                        checks.setdefault(name, []).append(_Check(start, end, proof))
        for condition, start, end in self._walk.dialect.held(self._walk.root):
            text = condition.text()
            for proof in (*proofs(text), *self._ties.kept(text, condition)):
                for name in {proof.name, *self._ties.related(proof.name, condition)} if proof.holds else ():
                    checks.setdefault(name, []).append(_Check(start, end, proof))


_MARK: Final = "parameter:"
_MAKERS: Final = frozenset({"__init__", "initialize", "constructor", "__construct"})
_FIELD: Final = re.compile(r"(?:self\.|\$?this\.|@)#?\w+$")


def _passed_to(value: Value, name: str) -> Value:
    """An argument as the function sees it that it is passed to."""
    tags = frozenset({name})
    leaves = tuple(replace(item, through=item.through | tags) for item in value.leaves)
    return replace(
        value, leaves=leaves, items=tuple((key, _passed_to(each, name)) for key, each in value.items)
    )
