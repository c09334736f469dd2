"""One walk over a tree: every call, binding, import and comparison, with where it stands and what names mean there."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Final, TypeVar, cast

from tieout_code_shield.dialects.base import Arguments, Binding, Dialect
from tieout_code_shield.dotted import within
from tieout_code_shield.flow import Flow
from tieout_code_shield.sites import Site, region, statement_column
from tieout_code_shield.syntax import known_kinds, visit
from tieout_code_shield.values import UNKNOWN, Value, alternatives, leaf, put

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.limits import Clock

__all__ = ["MAX_BEFORE", "Carried", "Site", "Walk"]

Found = TypeVar("Found")
MAX_ASSIGNMENTS: Final = 6
MAX_BEFORE: Final = 10_000
"""Characters in front of a place that are searched: for each of many places, all of them would take too long."""


@dataclass(slots=True)
class Carried:
    """What earlier parts of a program said that later parts need: import aliases, and values of variables."""

    aliases: dict[str, str] = field(default_factory=dict[str, str])
    values: dict[str, Value] = field(default_factory=dict[str, Value])
    types: dict[str, str] = field(default_factory=dict[str, str])
    """Declared types of variables."""


class Walk:
    """The sites of one tree in document order, and the values of expressions at each.

    Args:
        root: The tree.
        dialect: Its language.
        grammar: The grammar it was parsed with.
        clock: Stops the walk when its time is up.
        carried: Aliases and values from text before this one.
    """

    def __init__(
        self, root: Node, dialect: Dialect, grammar: str, clock: Clock, carried: Carried | None = None
    ) -> None:
        self.dialect = dialect
        self.sites: list[Site] = []
        self.root = root
        self.aliases: dict[str, str] = dict(carried.aliases) if carried else {}
        self._carried: Mapping[str, Value] = carried.values if carried else {}
        self._types: dict[tuple[Site | None, str], Site] = {}
        self._carried_types: Mapping[str, str] = carried.types if carried else {}
        self._growing: frozenset[str] = dialect.growing
        self._clock = clock
        self.places: dict[tuple[Site, str], tuple[int, int]] = {}
        """Where a finding of a check at a site belongs, when that is further down: at what makes the site wrong."""
        self._assigned: dict[str, list[Site]] = {}
        self._grown: set[str] = set()
        self._parameters: dict[Site, frozenset[str]] = {}
        self._texts: dict[Site | None, str] = {}
        self._known: dict[tuple[object, ...], object] = {}
        self._values: dict[Site, Value] = {}
        self._reached: dict[Site, bool | None] = {}
        self._regions: dict[Site, tuple[int, int]] = {}
        self._lookups = 0
        self._busy: set[Site] = set()
        self._sources: dict[str, bool] = {}
        self.flow = Flow(self)
        self.branches = known_kinds(grammar, tuple(dialect.branching))
        self._collect(root, known_kinds(grammar, tuple(dialect.kinds)))

    def _collect(self, root: Node, kinds: tuple[str, ...]) -> None:
        stack: list[Site] = []
        for count, node in enumerate(visit(root, kinds)):
            if count % 64 == 0:
                self._clock.check()
            span = node.range()
            start, end = span.start.index, span.end.index
            while stack and stack[-1].end <= start:
                stack.pop()
            parent = stack[-1] if stack else None
            function = parent if parent is None or parent.role == "function" else parent.function
            role = self.dialect.role(node.kind())
            site = Site(role, node, start, end, span.start.line, span.start.column, parent, function)
            for each in self._describe(site):
                self.sites.append(each)
            stack.append(site)

    def _describe(self, site: Site) -> list[Site]:
        """Fill in what a node is; one that binds several names becomes several sites."""
        node, dialect = site.node, self.dialect
        if site.role == "call":
            site.name = dialect.call_name(node)
            owner, _, method = site.name.rpartition(".")
            if owner and method in self._growing:
                self._grown.add(owner)
            found = dialect.effects(node, site.name)
            # ``os.remove(path)`` changes no list.
            return [site, *(self._beside(site, each) for each in found if each.target not in self.aliases)]
        elif site.role == "compare":
            # ``cin >> x`` binds and compares nothing.
            return [site, *(self._beside(site, effect) for effect in dialect.effects(node, ""))]
        elif site.role == "function":
            site.name = dialect.function_name(node)
        elif site.role == "import":
            self.aliases.update(dialect.imports(node))
        elif site.role == "bind":
            self.aliases.update(dialect.required(node))
            return self._bind(site)
        return [site]

    def _beside(self, site: Site, binding: Binding) -> Site:
        """A binding that a call makes."""
        each = Site(
            "bind", site.node, site.start, site.end, site.line, site.column, site.parent, site.function
        )
        each.name, each.binding = binding.target, binding
        self._note(each, binding)
        return each

    def _note(self, site: Site, binding: Binding) -> None:
        if binding.type:
            self._types[site.function, binding.target] = site
        if binding.form in ("assign", "augment", "loop", "update", "member"):
            self._assigned.setdefault(binding.target, []).append(site)

    def _bind(self, site: Site) -> list[Site]:
        found: list[Site] = []
        for binding in self.dialect.bindings(site.node):
            each = site
            if found:
                each = Site(
                    "bind",
                    site.node,
                    site.start,
                    site.end,
                    site.line,
                    site.column,
                    site.parent,
                    site.function,
                )
            each.name, each.binding = binding.target, binding
            if binding.form != "update":
                found.append(each)
            self._note(each, binding)
        return found

    def qualified(self, name: str, site: Site | None = None) -> str:
        """A dotted name with import aliases resolved, and at a ``site`` the first part by its declared type."""
        root, dot, rest = name.partition(".")
        alias = (self.type_of(root, site) if site is not None and rest else "") or self.aliases.get(root)
        return f"{alias}{dot}{rest}" if alias and alias != root else name

    def type_of(self, name: str, site: Site) -> str:
        """The type that a name is declared with at a site; empty when none is known."""
        function = site.function
        while self._types:
            found = self._types.get((function, name))
            if found is not None and found.binding is not None:
                return found.binding.type
            if function is None:
                break
            function = function.function
        return self._carried_types.get(name, "")

    def declares(self, function: Site, name: str) -> bool:
        """Whether a function has a parameter or variable of its own by that name."""
        return name in self.parameters_of(function) or (function, name) in self._types

    def is_source(self, name: str) -> bool:
        """Whether a qualified name's value comes from outside the program."""
        known = self._sources.get(name)
        if known is None:
            known = within(name, self.dialect.sources) and not within(name, self.dialect.trusted)
            self._sources[name] = known
        return known

    def is_local(self, name: str) -> bool:
        """Whether only the user of the machine controls the value of a qualified name."""
        return within(name, self.dialect.local_sources)

    def evaluate(self, node: Node, site: Site) -> Value:
        """What is known about an expression at a site."""
        return self.dialect.evaluate(node, _View(self, site))

    def arguments(self, site: Site) -> Arguments:
        """The arguments of a call, read once."""
        if site.arguments is None:
            found = self.dialect.arguments(site.node)
            if found.spread:
                found = replace(found, named={**self._spread(site), **found.named})
            site.arguments = found
        return site.arguments

    def _spread(self, site: Site) -> dict[str, Node]:
        """The keywords that a call takes out of dictionaries which the text writes out."""
        named: dict[str, Node] = {}
        for node in self.dialect.spread(site.node):
            given = self.assignments_of(node.text(), site, effects=False)
            binding = given[0].binding if len(given) == 1 else None
            named.update(self.dialect.keyed(binding.value if binding is not None else node))
        return named

    def text_before(self, site: Site) -> str:
        """The text of the innermost function (of everything, outside of functions) up to the end of a site: the last
        ``MAX_BEFORE`` characters of it."""
        function, text = site.function, self.text_of(site.function)
        end = site.end - (function.start if function is not None else 0)
        return text[max(0, end - MAX_BEFORE) : end]

    def text_of(self, function: Site | None) -> str:
        """The text of a function; of everything for ``None``."""
        text = self._texts.get(function)
        if text is None:
            text = self._texts[function] = (function.node if function is not None else self.root).text()
        return text

    def once(self, key: tuple[object, ...], found: Callable[[], Found]) -> Found:
        """What a check asks again and again, found out the first time; one key stands for one question."""
        if key not in self._known:
            self._known[key] = found()
        return cast("Found", self._known[key])

    def text_ahead(self, site: Site) -> str:
        """As :meth:`text_before`, without the site itself."""
        text = self.text_before(site)
        return text[: max(0, len(text) - (site.end - site.start))]

    def value_of(self, name: str, site: Site) -> Value | None:
        """The value ``name`` has at ``site``, from the assignments before it; ``None`` when none is known."""
        self._lookups += 1
        if self._lookups % 64 == 0:
            self._clock.check()
        if name in self._grown:
            return None
        sites = self._assigned.get(name)
        use, function = site, site.function
        while sites:
            before = [each for each in sites if each.function is function and each.since <= site.start]
            if before:
                return self._last_of(before, site)
            if function is None:
                break
            if name in self.parameters_of(function):
                return None
            # A closure sees what the function around it assigned, wherever that stands.
            site, function = function, function.function
        if function is not None and name in self.parameters_of(function):
            return None
        made = self.flow.made_with(name, sites or (), use)
        if made:
            value = alternatives([self.assigned_value(each) for each in made])
            # An empty list is there to be filled: where it is used, nobody knows by what.
            filled = value.kind != "collection" or value.items or value.leaves
            return value if filled or (use.binding is not None and use.binding.target == name) else None
        return self._carried.get(name)

    def assignments_of(self, name: str, use: Site, *, effects: bool = True) -> list[Site]:
        """The bindings in the same function that may have given ``name`` its value at a place, the last one first.

        Args:
            effects: Whether those that calls made (``Dialect.effects``) count.
        """
        before = [
            each
            for each in self._assigned.get(name, ())
            if each.function is use.function
            and each.since <= use.start
            and (effects or self.dialect.role(each.node.kind()) == "bind")
        ]
        return self._may_be_last(before, use)

    def _last_of(self, before: list[Site], use: Site) -> Value:
        for site in before if len(before) > MAX_ASSIGNMENTS else ():
            # In order, so that each finds the one before it known: a chain of hundreds would be too deep otherwise.
            self.assigned_value(site)
        found = self._may_be_last(before, use)
        options = [self.assigned_value(site) for site in found]
        if found and found[-1].column > statement_column(use) and use.function is not None:
            name = found[-1].name
            if name in self.parameters_of(use.function):
                options.append(self.flow.refined(name, None, use) or leaf(name, "name"))
        return alternatives(options) if options else UNKNOWN

    def _may_be_last(self, before: list[Site], use: Site) -> list[Site]:
        """Every assignment that may have been the last: back to one that is certain to have run."""
        found: list[Site] = []
        column = statement_column(use)
        for site in reversed(before[-MAX_ASSIGNMENTS:]):
            runs = self._runs(site) if len(before) > 1 else None
            if runs is False:
                continue
            found.append(site)
            certain = runs or (site.column <= column and self._covers(site, use))
            if certain and site.binding is not None and site.binding.form not in ("augment", "member"):
                break
        return found

    def _covers(self, site: Site, use: Site) -> bool:
        """Whether a place lies in the branch or block that a binding stands in, so that the one follows the other."""
        known = self._regions.get(site)
        if known is None:
            known = self._regions[site] = region(site)
        return known[0] <= use.start < known[1]

    def _runs(self, site: Site) -> bool | None:
        if site not in self._reached:
            # Until it is known it counts as untold: conditions may hang on the very names they decide about.
            self._reached[site] = None
            self._reached[site] = self.dialect.reached(site.node, _View(self, site))
        return self._reached[site]

    def assigned_value(self, site: Site) -> Value:
        """The value that a binding gives."""
        known = self._values.get(site)
        if known is not None:
            return known
        if site in self._busy or site.binding is None:
            return UNKNOWN
        self._busy.add(site)
        try:
            value = self.evaluate(site.binding.value, site)
            if site.binding.form == "augment":
                earlier = self.value_of(site.name, site)
                value = put(earlier if earlier is not None else UNKNOWN, site.binding.key, value)
            elif site.binding.form == "loop":
                value = Value("other", value.text, value.leaves)
        finally:
            self._busy.discard(site)
        self._values[site] = value
        return value

    def parameters_of(self, function: Site) -> frozenset[str]:
        """The names of a function's parameters."""
        known = self._parameters.get(function)
        if known is None:
            known = self._parameters[function] = self.dialect.parameters(function.node)
        return known

    def place(self, node: Node, function: Site) -> Site:
        """A place in a function that is no site of its own."""
        span = node.range()
        return Site(
            "call", node, span.start.index, span.end.index, span.start.line, span.start.column, None, function
        )

    @contextmanager
    def fresh_values(self) -> Generator[None]:
        """Values found inside belong to one reading of a function's parameters and are forgotten afterwards."""
        kept, self._values = self._values, {}
        reached, self._reached = self._reached, {}
        try:
            yield
        finally:
            self._values, self._reached = kept, reached

    def carry(self, carried: Carried, *, start: int) -> None:
        """Add to ``carried`` what the text from offset ``start`` on says."""
        carried.aliases.update(self.aliases)
        for name, sites in self._assigned.items():
            if sites[-1].start >= start:
                carried.values[name] = self.assigned_value(sites[-1])
        for (_, name), site in self._types.items():
            if site.start >= start and site.binding is not None:
                carried.types[name] = site.binding.type


class _View:
    """What an expression at one site can see."""

    __slots__ = ("_site", "_walk")

    def __init__(self, walk: Walk, site: Site) -> None:
        self._walk, self._site = walk, site

    def qualified(self, name: str) -> str:
        return self._walk.qualified(name, self._site)

    def is_source(self, name: str) -> bool:
        return self._walk.is_source(name)

    def lookup(self, name: str) -> Value | None:
        walk = self._walk
        return walk.flow.refined(name, walk.value_of(name, self._site), self._site)

    def result(self, name: str, given: Sequence[Value], named: Mapping[str, Value]) -> Value | None:
        return self._walk.flow.result(name, given, named)
