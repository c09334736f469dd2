"""What the engine asks of a dialect, in terms that are the same for every language."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final, Literal, Protocol, TypeAlias

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.values import Value
    from tieout_code_shield.walk import Site, Walk

__all__ = ["Arguments", "BindForm", "Binding", "Check", "Dialect", "Role", "Scope"]

_WORD: Final = re.compile(r"[\w$]+")
_RECEIVERS: Final = ("object", "receiver", "operand", "argument", "expression", "value", "scope")

Role = Literal["call", "bind", "import", "function", "compare"]

BindForm = Literal[
    "assign",
    "augment",
    "keyword",
    "pair",
    "default",
    "loop",
    "attribute",
    "declare",
    "equal",
    "return",
    "update",
    "member",
]
"""How a name gets a value: ``x = v``, ``x += v``, ``f(x=v)``, ``{"x": v}``, ``def f(x=v)``, ``for x in v``,
``<a x={v}>``, a declaration without a value, ``x == v``, ``return v``
(whose name is ``return``), ``x[k] = v`` (which changes ``x``; rules do not see it), what a class says of its members
(which holds in front of it as well)."""


Check: TypeAlias = "Callable[[Walk, Site], bool]"
"""Whether something holds at a site that needs more than names and values."""


@dataclass(frozen=True, slots=True)
class Arguments:
    """The arguments of a call: by position, and by keyword (or by key of an options object)."""

    positional: tuple[Node, ...] = ()
    named: Mapping[str, Node] = field(default_factory=dict[str, "Node"])
    spread: bool = False
    """True when ``*args`` or ``...args`` hides some of them."""


@dataclass(frozen=True, slots=True)
class Binding:
    """A name that gets a value."""

    target: str
    """The target as a dotted name, ``self.x`` or ``element.innerHTML``."""
    value: Node
    form: BindForm
    type: str = ""
    """The type that the target is declared with, without type arguments; empty when nothing says."""
    key: str | None = None
    """Of ``augment``, where the target is a collection: the key or index that ``value`` is put under, ``APPENDED`` for
    behind the last; ``None`` where nobody knows."""


class Scope(Protocol):
    """What the evaluation of an expression may ask about its surroundings."""

    def qualified(self, name: str) -> str:
        """A dotted name with import aliases resolved."""
        ...

    def lookup(self, name: str) -> Value | None:
        """The value that was given to a name before this place, or ``None`` when none was seen."""
        ...

    def is_source(self, name: str) -> bool:
        """Whether the value of a qualified name comes from outside the program."""
        ...

    def result(self, name: str, given: Sequence[Value], named: Mapping[str, Value]) -> Value | None:
        """What a call of a function of the same text returns; ``None`` when it is defined elsewhere."""
        ...


class Dialect(ABC):
    """A language's syntax: what is the same in most of them stands here, what is left each says for itself."""

    roles: ClassVar[Mapping[str, Role]]
    """What the nodes are to the engine that the walk stops at, by kind."""
    canary: ClassVar[str]
    """A snippet in which a rule must find something: the proof that the engine works for this language."""
    sources: ClassVar[Sequence[str]] = ()
    """Prefixes of dotted names whose values come from outside the program."""
    local_sources: ClassVar[Sequence[str]] = ()
    """Those of ``sources`` that only the user of the machine controls: arguments, standard input."""
    trusted: ClassVar[Sequence[str]] = ()
    """Prefixes of names that are no sources although one of ``sources`` covers them: ``request.user``."""
    growing: ClassVar[frozenset[str]] = frozenset(
        {"append", "extend", "insert", "add", "update", "push", "unshift", "splice", "appendleft"}
    )
    """Methods that change what they are called on in ways that nobody follows: its value is unknown then."""
    branching: ClassVar[Sequence[str]] = ()
    """Kinds of nodes with a condition whose checks count (``if name not in ALLOWED: return``)."""
    numbers_are_truths: ClassVar[bool] = False
    """Whether 1 does for ``True`` where a truth is asked for."""
    equalities: ClassVar[frozenset[str]] = frozenset({"==", "!="})
    """The operators of a comparison for equality."""
    checks: ClassVar[Mapping[str, Check]] = {}
    """Properties that rules ask for by name: sizes, earlier checks, later uses."""

    @property
    def kinds(self) -> Sequence[str]:
        """Kinds of nodes that the walk stops at, those of ``roles``; everything else is passed over natively."""
        return tuple(self.roles)

    def role(self, kind: str) -> Role:
        """What a node of one of ``kinds`` is to the engine."""
        return self.roles[kind]

    def prepare(self, code: str) -> str:
        """``code`` as its grammar reads it: of the same length, with every offset and line where it was."""
        return code

    def callee(self, node: Node) -> Node | None:
        """The expression that a call calls."""
        return node.field("function")

    @abstractmethod
    def dotted(self, node: Node) -> str:
        """The dotted name of an expression: ``a.b.c``, ``f().g``, ``a[].b``; empty when it has none."""

    @abstractmethod
    def arguments(self, node: Node) -> Arguments:
        """The arguments of a call."""

    @abstractmethod
    def bindings(self, node: Node) -> list[Binding]:
        """The names that a node binds."""

    @abstractmethod
    def evaluate(self, node: Node, scope: Scope, depth: int = 0) -> Value:
        """What is known about an expression."""

    def sides(self, node: Node, scope: Scope, depth: int) -> tuple[str, Value, Value] | None:
        """The sign of a binary expression and what both sides of it are worth; ``None`` where one is missing."""
        left, right, operator = node.field("left"), node.field("right"), node.field("operator")
        if left is None or right is None or operator is None:
            return None
        return (
            operator.text(),
            self.evaluate(left, scope, depth + 1),
            self.evaluate(right, scope, depth + 1),
        )

    def call_name(self, node: Node) -> str:
        """The dotted name of the callee; without its brackets where a grammar's call has no node of its own for it."""
        callee = self.callee(node)
        name = self.dotted(callee) if callee is not None else ""
        return name.removesuffix(".()") if callee is node else name

    def receiver(self, node: Node) -> Node | None:
        """What stands before the last dot of what a call calls: of the callee, or of a call whose tree names both."""
        callee = self.callee(node)
        for holder in (callee, node):
            for name in _RECEIVERS:
                found = holder.field(name) if holder is not None else None
                if found is not None:
                    return found
        return None

    def parameters(self, node: Node) -> frozenset[str]:
        """The names of a function's parameters; every word among them does as well, since nobody assigns to a type."""
        listed = node.field("parameters") or node.field("parameter")
        return frozenset(_WORD.findall(listed.text())) if listed is not None else frozenset[str]()

    def effects(self, node: Node, name: str) -> list[Binding]:
        """What a call of ``name`` does to the value of a name: ``sql.append(x)`` where that is followed."""
        return []

    def equal(self, node: Node) -> list[Binding]:
        """What a comparison with a plain string says of a name: ``x == "a"``."""
        sides = self.operands(node)
        if sides is None or sides[1].kind() != "string":
            return []
        return [Binding(self.dotted(sides[0]), sides[1], "equal")]

    def check(self, name: str, walk: Walk, site: Site) -> bool:
        """Whether a property that a rule asks for by name holds at a site.

        Raises:
            KeyError: The language knows no such property.
        """
        return self.checks[name](walk, site)

    def reached(self, node: Node, scope: Scope) -> bool | None:
        """Whether a binding is run, as far as constant conditions around it tell; ``None`` where they do not."""
        return None

    def checked(self, root: Node) -> Iterable[tuple[str, int, int]]:
        """Names that are one of a few words in a part of the text, and the part, where ``branching`` does not tell."""
        return ()

    def held(self, root: Node) -> Iterable[tuple[Node, int, int]]:
        """Conditions that no branch has, and the part of the text that is only run where they hold."""
        return ()

    def signature(self, node: Node) -> tuple[str, ...]:
        """The names of a function's parameters in order; empty where calls are not followed into functions."""
        return ()

    def inputs(self, node: Node) -> frozenset[str]:
        """Parameters that come from outside the program, because a framework calls the function with a request."""
        return frozenset()

    def spread(self, node: Node) -> list[Node]:
        """The dictionaries that a call takes apart into keywords: ``f(**options)``."""
        return []

    def keyed(self, node: Node) -> Mapping[str, Node]:
        """What a dictionary that is written out holds; empty for anything else."""
        return {}

    def returned(self, node: Node) -> list[Node]:
        """The expressions that a function returns; empty where results are not followed."""
        return []

    def members(self, root: Node) -> list[tuple[str, str]]:
        """(name, type) of each member that the types of a text declare; empty where they are not read."""
        return []

    def declared(self, node: Node) -> list[tuple[str, str]]:
        """(name, type) of each parameter of a function, where its values bear no types; empty where they do."""
        return []

    def enumerated(self, root: Node) -> frozenset[str]:
        """The types of a text that have a fixed list of values."""
        return frozenset()

    def imports(self, node: Node) -> list[tuple[str, str]]:
        """(local name, qualified name) of each import in a node."""
        return []

    def required(self, node: Node) -> list[tuple[str, str]]:
        """Aliases made by a binding, such as ``const x = require("m")``."""
        return []

    def imported(self, node: Node) -> list[str]:
        """Full names of the modules and members that an import names."""
        return []

    def function_name(self, node: Node) -> str:
        """The name of a function, empty for an anonymous one."""
        name = node.field("name")
        return name.text() if name is not None else ""

    def operands(self, node: Node) -> tuple[Node, Node] | None:
        """Both sides of a comparison for equality, ``None`` for any other operation."""
        operator, left, right = node.field("operator"), node.field("left"), node.field("right")
        if operator is None or left is None or right is None:
            return None
        return (left, right) if operator.text() in self.equalities else None
