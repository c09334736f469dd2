"""Kotlin's syntax tree."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from tieout_code_shield.dialects.archive_forms import KOTLIN
from tieout_code_shield.dialects.base import Arguments, Binding, Check, Role
from tieout_code_shield.dialects.java import HANDLERS, INJECTED, REQUEST_CALLS, REQUEST_MAPS, shortened
from tieout_code_shield.dialects.kotlin_values import KotlinValues
from tieout_code_shield.dialects.nodes import items
from tieout_code_shield.dialects.spoken import DOLLARS, says_secret
from tieout_code_shield.dialects.typed import Call, grown, type_name
from tieout_code_shield.dialects.typed_checks import CHECKS
from tieout_code_shield.syntax import visit

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["KotlinDialect"]

_ROLES: Final[dict[str, Role]] = {
    "call_expression": "call",
    "annotation": "call",
    "assignment": "bind",
    "property_declaration": "bind",
    "function_value_parameters": "bind",
    "class_parameter": "bind",
    "for_statement": "bind",
    "value_argument": "bind",
    "jump_expression": "bind",
    "function_body": "bind",
    "import_header": "import",
    "function_declaration": "function",
    "anonymous_function": "function",
    "lambda_literal": "function",
    "secondary_constructor": "function",
    "equality_expression": "compare",
}
_SOURCE_CALLS: Final = re.compile(
    REQUEST_CALLS
    + r"|(?:^|\.)call\.(?:parameters|request|receive|receiveText|receiveParameters|receiveNullable)(?:\.|$)"
    r"|(?:^|\.)(?:queryParameters|formParameters|pathVariable|queryParam|formParam|pathParam)(?:\.|$)"
    r"|^(?:System\.getenv|System\.getProperty|readLine|readln|readlnOrNull)$"
    r"|(?:^|\.)(?:BufferedReader|\w*[rR]eader\w*|Scanner|scanner)(?:\.\(\))?\.(?:readLine|readText|next(?:Line)?|readLines)$"
    r"|(?:^|\.)\w*[iI]ntent(?:\.\(\))?\.(?:getStringExtra|data|dataString|extras|getData)(?:\.|$)"
    r"|(?:^|\.)(?:originalFilename|getOriginalFilename|originalFileName|submittedFileName)$"
)
_FRAMEWORK: Final = re.compile(
    r"(?:Request|Response|Session|Model|ModelMap|Principal|BindingResult|Context|Exchange|Locale|Authentication|"
    r"Attributes|Service|Repository|Connection)$"
)
_FUNCTIONS: Final = frozenset(kind for kind, role in _ROLES.items() if role == "function")
_NAMES: Final = frozenset({"simple_identifier", "type_identifier", "interpolated_identifier"})
_TYPES: Final = frozenset({"user_type", "nullable_type", "function_type"})
_STATEMENTS: Final = frozenset({"statements", "source_file", "control_structure_body"})
_ENUM: Final = re.compile(r"(?:\w+\s+){0,3}?enum\s+class\s+(\w+)")
_WITH_IT: Final = frozenset({"let", "also"})


class KotlinDialect(KotlinValues):
    """How Kotlin spells what the engine looks for."""

    roles = _ROLES
    checks: ClassVar[Mapping[str, Check]] = {
        **CHECKS,
        "archive-member": KOTLIN.written,
        "says-secret": says_secret(DOLLARS),
    }
    functions = _FUNCTIONS
    wrappers = frozenset(
        {"parenthesized_expression", "control_structure_body", "statements", "interpolated_expression",
         "spread_expression", "value_argument", "labeled_expression"}
    )  # fmt: skip
    statements = _STATEMENTS
    source_calls = _SOURCE_CALLS
    returning = "jump_expression"
    asserting = frozenset({"require", "check"})
    canary = 'fun run(name: String) {\n    Runtime.getRuntime().exec("ls " + name)\n}\n'

    branching = ("if_expression",)
    factories = frozenset({"getInstance", "newInstance", "create", "getRuntime", "getInstanceStrong"})
    deciding = frozenset({"if_expression"})

    def call(self, node: Node) -> Call | None:
        """A call taken apart; one of a capitalised name is a construction."""
        if node.kind() != "call_expression":
            return None
        callee = items(node)[0]
        if callee.kind() == "navigation_expression":
            return Call(items(callee)[0], _member(callee))
        name = callee.text() if callee.kind() in _NAMES else ""
        return Call(None, name, created=name[:1].isupper())

    def arguments(self, node: Node) -> Arguments:
        """Arguments by position and name; a lambda behind the brackets is the last."""
        positional: list[Node] = []
        named: dict[str, Node] = {}
        spread = False
        for suffix in items(node)[-1:]:
            for part in items(suffix):
                if part.kind() == "annotated_lambda":
                    positional += items(part)[-1:]
                for argument in items(part) if part.kind() == "value_arguments" else ():
                    inner = items(argument)
                    if any(child.kind() == "=" for child in argument.children()) and len(inner) > 1:
                        named[inner[0].text()] = inner[-1]
                    elif inner:
                        spread = spread or inner[-1].kind() == "spread_expression"
                        positional.append(inner[-1])
        return Arguments(tuple(positional), named, spread)

    def step(self, node: Node) -> tuple[tuple[str, ...], Node | None] | None:
        """The last parts of a dotted name, and what stands before them."""
        kind = node.kind()
        if kind in _NAMES:
            return (node.text(),), None
        inner = items(node)
        if kind == "this_expression":
            return (), None
        if kind == "navigation_expression" or (kind == "directly_assignable_expression" and len(inner) > 1):
            last = inner[-1]
            if last.kind() == "indexing_suffix":
                return (f"[{_index(last)}]",), inner[0]
            return (_member(node),), inner[0]
        if kind == "call_expression":
            before = self.step(inner[0])
            return ((*before[0], "()"), before[1]) if before is not None else (("()",), None)
        if kind == "indexing_expression":
            return (f"[{_index(inner[-1])}]",), inner[0]
        if kind == "annotation":
            return (f"@{_annotation(node)}",), None
        if kind == "callable_reference":
            return tuple(node.text().replace("::", ".").split(".")), None
        if kind in ("postfix_expression", "as_expression") and inner:
            return (), inner[0]
        if kind in ("parenthesized_expression", "directly_assignable_expression") and inner:
            return (), inner[-1]
        return None

    def shortened(self, parts: list[str]) -> list[str]:
        """``java.util.Random.next`` is ``Random.next``."""
        return shortened(parts)

    def bindings(self, node: Node) -> list[Binding]:
        """Declarations, parameters, assignments, loops, named arguments, and what is returned."""
        kind, inner = node.kind(), items(node)
        if kind == "property_declaration":
            return self._declared(node, inner)
        if kind == "assignment":
            target = self.dotted(inner[0]) if len(inner) > 1 else ""
            plain = any(child.kind() == "=" for child in node.children())
            if not target:
                return []
            return [
                Binding(target, inner[-1], "assign" if plain else "augment"),
                *self.updated(target, node),
            ]
        if kind == "function_value_parameters":
            return [
                Binding(name, parameter, "declare", _type(parameter))
                for parameter, _ in _declared_in(node)
                if (name := _name(parameter))
            ]
        if kind == "class_parameter":
            return [Binding(_name(node), node, "declare", _type(node))]
        if kind == "for_statement":
            return [Binding(_name(inner[0]), inner[1], "loop", _type(inner[0]))] if len(inner) > 2 else []
        if kind == "value_argument":
            named = any(child.kind() == "=" for child in node.children()) and len(inner) > 1
            return [Binding(inner[0].text(), inner[-1], "keyword")] if named else []
        first = node.children()[0].kind() if node.children() else ""
        if (kind == "jump_expression" and first == "return") or (kind == "function_body" and first == "="):
            return [Binding("return", value, "assign") for value in inner[-1:]]
        return []

    def _declared(self, node: Node, inner: list[Node]) -> list[Binding]:
        declared = next((part for part in inner if part.kind().endswith("variable_declaration")), None)
        if declared is None:
            return []
        if declared.kind() == "multi_variable_declaration":
            return [Binding(_name(part), inner[-1], "assign") for part in items(declared)]
        has_value = any(child.kind() == "=" for child in node.children())
        values = [part for part in inner if part.range().start.index > declared.range().end.index]
        if has_value and values:
            return [Binding(_name(declared), values[0], "assign", _type(declared) or self.made(values[0]))]
        return [Binding(_name(declared), declared, "declare", _type(declared))]

    def effects(self, node: Node, name: str) -> list[Binding]:
        """``sb.append(x)``, ``list.add(x)`` and ``map.put("k", x)`` as statements; ``it`` in ``x.let { … }``."""
        owner, _, method = name.rpartition(".")
        if method in _WITH_IT:
            receiver = self.receiver(node)
            return [Binding("it", receiver, "loop")] if receiver is not None else []
        if not owner or method not in ("append", "appendLine", "add", "put", "remove", "removeAt", "set"):
            return []
        outer = node.parent()
        if outer is None or outer.kind() not in _STATEMENTS:
            return []
        whole = grown(owner, node, "append")
        if method == "put":
            given = self.arguments(node).positional
            key = _string(given[0]) if len(given) == 2 else ""
            return [Binding(f"{owner}.[{key}]", given[1], "assign"), *whole] if key else whole
        return whole

    def index(self, node: Node) -> Node | None:
        """The key or index in brackets."""
        last = items(node)[-1:]
        given = items(last[0]) if last and last[0].kind() == "indexing_suffix" else []
        return given[0] if len(given) == 1 else None

    def yielded(self, node: Node) -> Node | None:
        """The last expression of a lambda."""
        inner = items(node) if node.kind() == "lambda_literal" else []
        return inner[-1] if inner and inner[-1].kind() == "statements" else None

    def members(self, root: Node) -> list[tuple[str, str]]:
        """The properties in the heads of classes."""
        found: list[tuple[str, str]] = []
        for each in visit(root, ("class_parameter",)):
            kinds = [part.text() for part in items(each) if part.kind() in _TYPES]
            found += [(_name(each), kind) for kind in kinds[:1]]
        return found

    def enumerated(self, root: Node) -> frozenset[str]:
        """``enum class Unit { … }``."""
        found = (_ENUM.match(each.text()) for each in visit(root, ("class_declaration",)))
        return frozenset(each[1] for each in found if each is not None)

    def imports(self, node: Node) -> list[tuple[str, str]]:
        """``import a.B as C``, and functions imported from objects; classes go by their bare names."""
        parts = items(node)
        full = shortened(parts[0].text().split(".")) if parts else []
        alias = next((items(part)[-1].text() for part in parts if part.kind() == "import_alias"), "")
        if alias and full:
            return [(alias, ".".join(full))]
        return [(full[-1], ".".join(full))] if len(full) > 1 and full[0][:1].isupper() else []

    def imported(self, node: Node) -> list[str]:
        """The class or function that an import names."""
        return [part.text() for part in items(node)][:1]

    def function_name(self, node: Node) -> str:
        """The annotations of a function, and its name: ``@GetMapping list``."""
        noted: list[str] = []
        for part in items(node):
            if part.kind() == "modifiers":
                noted += [f"@{_annotation(each)}" for each in items(part) if each.kind() == "annotation"]
            elif part.kind() == "simple_identifier":
                return " ".join([*noted, part.text()])
        return ""

    def parameters(self, node: Node) -> frozenset[str]:
        """The names of a function's parameters, or of a lambda's."""
        names = set(self.signature(node))
        for part in items(node):
            if part.kind() == "lambda_parameters":
                names |= {_name(each) for each in items(part)}
        return frozenset(names)

    def signature(self, node: Node) -> tuple[str, ...]:
        """The names of a function's parameters in order."""
        return tuple(_name(parameter) for parameter, _ in _parameters(node))

    def inputs(self, node: Node) -> frozenset[str]:
        """Annotated parameters, all of a handler's that are no part of the framework, and the arguments of ``main``."""
        name = self.function_name(node)
        handler = HANDLERS.search(name) is not None
        found: set[str] = set()
        for parameter, noted in _parameters(node):
            kind = _type(parameter)
            filled = handler and not noted and not _FRAMEWORK.search(kind)
            sent = kind in ("Map", "MultiValueMap") and REQUEST_MAPS.match(_name(parameter)) is not None
            if INJECTED.search(noted) is not None or filled or sent or (name == "main" and kind == "Array"):
                found.add(_name(parameter))
        return frozenset(found)

    def given(self, parameter: Node, function: Node) -> bool:
        """Told by :meth:`inputs`: what is noted of a parameter stands beside it."""
        return False

    def returned(self, node: Node) -> list[Node]:
        """What a function returns, by ``return`` or as the expression it is."""
        for part in items(node):
            if part.kind() == "function_body" and part.children()[0].kind() == "=":
                return items(part)[-1:]
        return [
            each
            for each in super().returned(node)
            if (jump := each.parent()) is not None and jump.children()[0].kind() == "return"
        ]

    def operands(self, node: Node) -> tuple[Node, Node] | None:
        """Both sides of ``==`` and ``!=``."""
        parts = node.children()
        return (parts[0], parts[2]) if len(parts) == 3 and parts[1].kind() in ("==", "!=") else None

    def choices(self, node: Node) -> tuple[Node, list[tuple[list[Node] | None, Node]]] | None:
        """The entries of a ``when`` with a subject."""
        parts = items(node) if node.kind() == "when_expression" else []
        if not parts or parts[0].kind() != "when_subject":
            return None
        cases: list[tuple[list[Node] | None, Node]] = []
        for entry in parts[1:]:
            labels = [
                items(each)[0] for each in items(entry) if each.kind() == "when_condition" and items(each)
            ]
            cases.append((labels or None, entry))
        return items(parts[0])[-1], cases


def _member(node: Node) -> str:
    suffix = items(node)[-1]
    return items(suffix)[-1].text() if items(suffix) else suffix.text().lstrip("?.!")


def _index(suffix: Node) -> str:
    given = items(suffix)
    if len(given) != 1:
        return ""
    return given[0].text() if given[0].kind() == "integer_literal" else _string(given[0])


def _string(node: Node) -> str:
    return node.text().strip('"') if node.kind() == "string_literal" and "$" not in node.text() else ""


def _name(node: Node) -> str:
    return next((part.text() for part in items(node) if part.kind() == "simple_identifier"), "")


def _type(node: Node) -> str:
    return next((type_name(part) for part in items(node) if part.kind() in _TYPES), "")


def _annotation(node: Node) -> str:
    inner = items(node)
    return re.split(r"[(<]", inner[-1].text(), maxsplit=1)[0].rpartition(".")[2] if inner else ""


def _parameters(function: Node) -> Iterator[tuple[Node, str]]:
    for part in items(function):
        if part.kind() == "function_value_parameters":
            yield from _declared_in(part)


def _declared_in(listed: Node) -> Iterator[tuple[Node, str]]:
    """Each parameter, and what is noted of it."""
    noted = ""
    for part in items(listed):
        if part.kind() == "parameter_modifiers":
            noted = part.text()
        elif part.kind() == "parameter":
            yield part, noted
            noted = ""
