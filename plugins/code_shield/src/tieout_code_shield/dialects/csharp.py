"""C#'s syntax tree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from tieout_code_shield.dialects.archive_forms import CSHARP
from tieout_code_shield.dialects.base import Arguments, BindForm, Binding, Check, Role
from tieout_code_shield.dialects.csharp_names import (
    ANSWERS,
    FRAMEWORK,
    HANDLERS,
    INJECTED,
    MAPS,
    NAMESPACES,
    ROOTS,
    SOURCE_CALLS,
)
from tieout_code_shield.dialects.csharp_values import CSharpValues
from tieout_code_shield.dialects.nodes import items
from tieout_code_shield.dialects.spoken import CALLED, says_secret
from tieout_code_shield.dialects.typed import Call, grown, type_name
from tieout_code_shield.syntax import visit

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.walk import Site, Walk

__all__ = ["CSharpDialect"]

_ROLES: Final[dict[str, Role]] = {
    "invocation_expression": "call",
    "object_creation_expression": "call",
    "implicit_object_creation_expression": "call",
    "attribute": "call",
    "assignment_expression": "bind",
    "variable_declarator": "bind",
    "property_declaration": "bind",
    "parameter": "bind",
    "foreach_statement": "bind",
    "attribute_argument": "bind",
    "return_statement": "bind",
    "using_directive": "import",
    "method_declaration": "function",
    "constructor_declaration": "function",
    "local_function_statement": "function",
    "lambda_expression": "function",
    "anonymous_method_expression": "function",
    "binary_expression": "compare",
}
_FUNCTIONS: Final = frozenset(kind for kind, role in _ROLES.items() if role == "function")
_GROWS: Final = frozenset(
    {"Append", "AppendLine", "AppendFormat", "Insert", "Add", "Remove", "RemoveAt", "TryAdd", "SetValue"}
)
_NAMES: Final = frozenset({"identifier", "predefined_type", "base", "base_expression"})


_ROUTED: Final = re.compile(r"\[\s*Http(?:Post|Put|Delete|Patch)\(\s*\"")
_BOUND: Final = re.compile(r"\[From(?:Body|Form|Query|Route|Services)\b")
_PAGES: Final = re.compile(r"\b(?:View|PartialView|Page|Redirect\w*|LocalRedirect)\s*\(")


def _answers_forms(walk: Walk, site: Site) -> bool:
    """No action of an API: one whose class, with what is said of all its actions, is not there to be seen, that has a
    route of its own and parameters bound one by one, and shows no page."""
    action = site.function
    if action is None:
        return True
    around, text = action.node.parent(), action.node.text()
    seen = around is not None and around.kind() == "declaration_list"
    routed = _ROUTED.search(text) is not None and _BOUND.search(text) is not None
    return seen or not routed or _PAGES.search(text) is not None


class CSharpDialect(CSharpValues):
    """How C# spells what the engine looks for."""

    roles = _ROLES
    functions = _FUNCTIONS
    wrappers = frozenset(
        {"parenthesized_expression", "await_expression", "checked_expression", "argument", "ref_expression",
         "postfix_unary_expression", "interpolation", "equals_value_clause", "arrow_expression_clause"}
    )  # fmt: skip
    parameter_kinds = frozenset({"parameter"})
    factories = frozenset(
        {"Create", "CreateDefault", "GetInstance", "Open", "OpenRead", "CreateBuilder", "Start"}
    )
    deciding = frozenset({"if_statement", "conditional_expression"})
    source_calls = SOURCE_CALLS
    checks: ClassVar[Mapping[str, Check]] = {
        "says-secret": says_secret(CALLED),
        "answers-forms": _answers_forms,
        "archive-member": CSHARP.written,
    }
    canary = (
        "class A {\n  void Run(string name) {\n    "
        'System.Diagnostics.Process.Start("cmd.exe", "/c " + name);\n  }\n}\n'
    )

    def call(self, node: Node) -> Call | None:
        """A method call or construction taken apart."""
        kind = node.kind()
        if kind == "invocation_expression":
            function = node.field("function")
            if function is None:
                return None
            receiver = function.field("expression") or function.field("condition")
            return Call(receiver, self._last(function))
        if kind == "object_creation_expression":
            return Call(None, type_name(node.field("type")), created=True)
        if kind == "implicit_object_creation_expression":
            return Call(None, self._wanted(node), created=True)
        return None

    def _last(self, function: Node) -> str:
        name = function.field("name")
        if name is None and function.kind() == "conditional_access_expression":
            member = items(function)[-1]
            name = member.field("name") or next(iter(items(member)), None)
        return (name if name is not None else function).text().partition("<")[0]

    def _wanted(self, node: Node) -> str:
        """The type that ``new(…)`` takes from the declaration it stands in."""
        outer = node.parent()
        declaration = outer.parent() if outer is not None and outer.kind() == "variable_declarator" else outer
        return type_name(declaration.field("type")) if declaration is not None else ""

    def arguments(self, node: Node) -> Arguments:
        """Arguments by position and name; the members of an object initializer by name."""
        positional: list[Node] = []
        named: dict[str, Node] = {}
        for part in node.children():
            kind = part.kind()
            if kind in ("argument_list", "attribute_argument_list"):
                for child in items(part):
                    self._argument(child, positional, named)
            elif kind == "initializer_expression":
                for child in items(part):
                    left, right = child.field("left"), child.field("right")
                    if left is not None and right is not None:
                        named[left.text()] = right
        return Arguments(tuple(positional), named)

    @staticmethod
    def _argument(node: Node, positional: list[Node], named: dict[str, Node]) -> None:
        inner = items(node)
        if not inner:
            return
        name = node.field("name")
        if name is not None and len(inner) > 1:
            named[name.text()] = inner[-1]
        else:
            positional.append(inner[-1])

    def step(self, node: Node) -> tuple[tuple[str, ...], Node | None] | None:
        """The last parts of a dotted name, and what stands before them."""
        kind = node.kind()
        if kind in _NAMES:
            return (node.text(),), None
        if kind in ("this", "this_expression"):
            return (), None
        if kind in ("member_access_expression", "conditional_access_expression"):
            return self._access(node, kind)
        if kind == "invocation_expression":
            function = node.field("function")
            inner = self.step(function) if function is not None else None
            return ((*inner[0], "()"), inner[1]) if inner is not None else (("()",), None)
        if kind in ("object_creation_expression", "implicit_object_creation_expression"):
            call = self.call(node)
            return (call.method if call is not None else "", "()"), None
        if kind == "element_access_expression":
            return (f"[{self._index(node)}]",), node.field("expression")
        if kind == "attribute":
            name = node.field("name")
            text = name.text().rpartition(".")[2].removesuffix("Attribute") if name is not None else ""
            return (f"@{text}",), None
        if kind in ("generic_name", "qualified_name"):
            return tuple(node.text().partition("<")[0].split(".")), None
        inner_nodes = items(node)
        if kind == "cast_expression" or (kind in self.wrappers and inner_nodes):
            return (), inner_nodes[-1]
        return None

    def _access(self, node: Node, kind: str) -> tuple[tuple[str, ...], Node | None]:
        before = node.field("expression") or node.field("condition")
        if kind == "conditional_access_expression" and items(node)[-1].kind() == "element_binding_expression":
            return ("[]",), before
        if before is None:  # ``this.x`` and ``string.Join``: the word before the dot is no named node
            first = node.children()[0].text()
            return ((self._last(node),) if first in ("this", "base") else (first, self._last(node))), None
        return (self._last(node),), before

    @staticmethod
    def _index(node: Node) -> str:
        listed = node.field("subscript")
        given = items(listed) if listed is not None else []
        text = given[0].text() if len(given) == 1 else ""
        return text.strip('"') if text[:1] == '"' or text.isdigit() else ""

    def shortened(self, parts: list[str]) -> list[str]:
        """``System.Diagnostics.Process.Start`` is ``Process.Start``."""
        if len(parts) > 2 and parts[0] in ROOTS:
            for index, part in enumerate(parts[:-1]):
                if part not in NAMESPACES:
                    return parts[index:]
        return parts

    def bindings(self, node: Node) -> list[Binding]:
        """Declarations, parameters, assignments, initializers, loops, arguments of attributes, and what is returned."""
        kind = node.kind()
        if kind == "assignment_expression":
            return self.assignment(node)
        if kind == "return_statement":
            return [Binding("return", value, "assign") for value in items(node)[:1]]
        if kind == "foreach_statement":
            left, right = node.field("left"), node.field("right")
            return (
                [Binding(left.text(), right, "loop", type_name(node.field("type")))]
                if left is not None and right is not None
                else []
            )
        name = node.field("name")
        if name is None:
            return []
        if kind == "parameter":
            return [Binding(name.text(), node, "declare", type_name(node.field("type")))]
        if kind == "variable_declarator":
            return self._declared(node, name.text())
        value = node.field("value") if kind == "property_declaration" else items(node)[-1]
        form: BindForm = "assign" if kind == "property_declaration" else "pair"
        return [Binding(name.text(), value, form, type_name(node.field("type")))] if value is not None else []

    def _declared(self, node: Node, name: str) -> list[Binding]:
        declaration = node.parent()
        kind = type_name(declaration.field("type")) if declaration is not None else ""
        value = items(node)[-1] if any(child.kind() == "=" for child in node.children()) else None
        if value is not None:
            return [Binding(name, value, "assign", kind or self.made(value))]
        outer = declaration.parent() if declaration is not None else None
        field = outer is not None and outer.kind() == "field_declaration"
        return [Binding(name, node, "declare" if field else "assign", kind)]

    def made(self, value: Node) -> str:
        """Also of what is awaited."""
        return super().made(items(value)[-1] if value.kind() == "await_expression" else value)

    def assignment(self, node: Node) -> list[Binding]:
        """Also the members of an object initializer."""
        left, right, outer = node.field("left"), node.field("right"), node.parent()
        if outer is None or outer.kind() != "initializer_expression":
            return super().assignment(node)
        if left is None or right is None:
            return []
        return [Binding(left.text().replace('"', ""), right, "pair")]

    def effects(self, node: Node, name: str) -> list[Binding]:
        """``sb.Append(x);``, ``list.Add(x);`` and ``map.Add("k", x);`` as statements."""
        owner, _, method = name.rpartition(".")
        given = self.arguments(node).positional
        if method == "TryGetValue" and len(given) == 2:
            return [Binding(given[1].text().rpartition(" ")[2], node, "assign")]
        if method not in _GROWS or not owner:
            return []
        outer = node.parent()
        if outer is None or outer.kind() != "expression_statement":
            return []
        whole = grown(owner, node, "Append")
        if method == "Add" and len(given) == 2 and given[0].kind() == "string_literal":
            return [Binding(f"{owner}.[{given[0].text().strip(chr(34))}]", given[1], "assign"), *whole]
        return whole

    def index(self, node: Node) -> Node | None:
        """The key or index of an element."""
        listed = node.field("subscript")
        given = [items(part)[-1] for part in items(listed) if items(part)] if listed is not None else []
        return given[0] if len(given) == 1 else None

    def members(self, root: Node) -> list[tuple[str, str]]:
        """Properties of classes, and what records are made of."""
        found: list[tuple[str, str]] = []
        for each in visit(root, ("property_declaration", "record_declaration")):
            record = each.kind() == "record_declaration"
            for part in self._parameters(each) if record else [each]:
                name, kind = part.field("name"), part.field("type")
                found += [(name.text(), kind.text())] if name is not None and kind is not None else []
        return found

    def enumerated(self, root: Node) -> frozenset[str]:
        """``enum Unit { … }``."""
        names = (each.field("name") for each in visit(root, ("enum_declaration",)))
        return frozenset(name.text() for name in names if name is not None)

    def imports(self, node: Node) -> list[tuple[str, str]]:
        """``using Alias = Namespace.Type;``; everything else goes by its bare name."""
        name, parts = node.field("name"), items(node)
        if name is None or len(parts) < 2:
            return []
        return [(name.text(), ".".join(self.shortened([*parts[-1].text().split("."), ""])[:-1]))]

    def imported(self, node: Node) -> list[str]:
        """The namespace."""
        return [child.text() for child in items(node)][-1:]

    def function_name(self, node: Node) -> str:
        """The attributes of the class and of a method, and its name: ``class:ApiController @HttpPost Create``."""
        name = node.field("name")
        if name is None:
            return ""
        body = node.parent()
        owner = body.parent() if body is not None and body.kind() == "declaration_list" else None
        shared = [f"class:{note[1:]}" for note in self._attributes(owner)] if owner is not None else []
        return " ".join([*shared, *self._attributes(node), name.text()])

    def _attributes(self, node: Node) -> list[str]:
        return [
            self.dotted(each)
            for part in node.children()
            if part.kind() == "attribute_list"
            for each in items(part)
            if each.kind() == "attribute"
        ]

    def choices(self, node: Node) -> tuple[Node, list[tuple[list[Node] | None, Node]]] | None:
        """The sections of a ``switch`` statement."""
        outer = node.parent() if node.kind() == "switch_body" else None
        subject = outer.field("value") if outer is not None else None
        if subject is None:
            return None
        cases: list[tuple[list[Node] | None, Node]] = []
        waiting: list[Node] = []
        default = False
        for section in items(node):
            parts = section.children()
            labels = [part for part in parts if part.kind() == "constant_pattern"]
            waiting += labels
            default = default or any(part.kind() == "default" for part in parts)
            if len(items(section)) > len(labels):
                cases.append((None if default else waiting, section))
                waiting, default = [], False
        return subject, cases

    def given(self, parameter: Node, function: Node) -> bool:
        """The parameters of actions and mapped functions, and the arguments of ``Main``."""
        kind = type_name(parameter.field("type"))
        noted = " ".join(part.text() for part in parameter.children() if part.kind() == "attribute_list")
        if INJECTED.search(noted) is not None:
            return True
        if FRAMEWORK.match(kind) or "FromServices" in noted:
            return False
        return self._handles_requests(function, kind)

    def _handles_requests(self, method: Node, kind: str) -> bool:
        if method.kind() == "lambda_expression":
            given = method.parent()
            listed = given.parent() if given is not None else None
            outer = listed.parent() if listed is not None else None
            return outer is not None and MAPS.search(outer.text()[:200]) is not None
        name, returned = method.field("name"), method.field("returns") or method.field("type")
        if name is not None and name.text() == "Main":
            return kind == "string[]"
        answers = returned is not None and ANSWERS.search(returned.text()) is not None
        public = any(part.kind() == "modifier" and part.text() == "public" for part in method.children())
        return (answers and public) or HANDLERS.search(self.function_name(method)) is not None
