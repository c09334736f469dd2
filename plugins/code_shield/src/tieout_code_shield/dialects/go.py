"""Go's syntax tree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Arguments, BindForm, Binding, Role
from tieout_code_shield.dialects.go_checks import CHECKS
from tieout_code_shield.dialects.go_values import MAX_DEPTH, GoValues, text_of
from tieout_code_shield.dialects.nodes import items
from tieout_code_shield.syntax import visit

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["GoDialect"]


_ROLES: Final[dict[str, Role]] = {
    "call_expression": "call",
    "composite_literal": "call",
    "type_conversion_expression": "call",
    "short_var_declaration": "bind",
    "assignment_statement": "bind",
    "inc_statement": "bind",
    "dec_statement": "bind",
    "var_spec": "bind",
    "const_spec": "bind",
    "range_clause": "bind",
    "keyed_element": "bind",
    "parameter_declaration": "bind",
    "import_declaration": "import",
    "function_declaration": "function",
    "method_declaration": "function",
    "func_literal": "function",
    "binary_expression": "compare",
}
_AMBIGUOUS: Final = frozenset({"math/rand", "crypto/rand", "text/template", "html/template"})
"""Packages whose last part does not tell them apart; all others are called by it."""


class GoDialect(GoValues):
    """How Go spells what the engine looks for."""

    roles = _ROLES
    growing = frozenset()
    """What is written into builders is followed."""
    checks = CHECKS
    sources = (
        *(
            f"{request}.{part}"
            for request in ("http.Request", "r", "req", "request", "c.Request", "ctx.Request", "gin.Context.Request")
            for part in ("URL", "FormValue", "PostFormValue", "Form", "PostForm", "Header", "Body", "Cookie", "Cookies",
                         "Host", "RequestURI", "Referer", "UserAgent", "MultipartForm", "MultipartReader", "FormFile",
                         "PathValue", "BasicAuth", "TLS")
        ),
        *(
            f"{context}.{part}"
            for context in ("gin.Context", "echo.Context", "fiber.Ctx", "iris.Context", "c", "ctx", "context.Context",
                            "fasthttp.RequestCtx", "this", "beego.Controller")
            for part in ("Query", "DefaultQuery", "QueryArray", "QueryMap", "Param", "Params", "PostForm", "FormValue",
                         "DefaultPostForm", "GetQuery", "GetPostForm", "GetHeader", "QueryParam", "QueryParams",
                         "GetRawData",
                         "FormFile", "Body", "BodyRaw", "Cookies", "Cookie", "Get.().Header", "QueryString", "URLParam",
                         "FormParams", "QueryArgs", "PostArgs", "PostBody", "GetString", "Ctx.Input", "Bind",
                         "ShouldBindJSON")
        ),
        "mux.Vars", "chi.URLParam", "httprouter.Params", "ps.ByName", "params.ByName", "os.Args", "flag.Arg",
        "flag.Args",
        "os.Getenv", "os.LookupEnv", "websocket.Conn.ReadMessage", "conn.ReadMessage", "bufio.NewReader.().ReadString",
        "bufio.Reader.ReadString", "reader.ReadString", "bufio.Scanner.Text", "scanner.Text", "os.Stdin", "fmt.Scan",
        "fmt.Scanln", "fmt.Scanf", "flag.String", "cli.Context.String",
    )  # fmt: skip
    canary = 'func run(input string) {\n\texec.Command("sh", "-c", input).Run()\n}\n'

    local_sources = (
        "os.Args", "flag.", "os.Getenv", "os.LookupEnv", "os.Stdin", "fmt.Scan", "bufio.", "reader.ReadString",
        "scanner.Text", "cli.",
    )  # fmt: skip

    branching = ("if_statement",)

    def callee(self, node: Node) -> Node | None:
        """What is called; the type of a composite literal."""
        return node.field("function") or node.field("type")

    def arguments(self, node: Node) -> Arguments:
        """Positional arguments, and the fields of a composite literal as named ones."""
        named: dict[str, Node] = {}
        positional: list[Node] = []
        spread = False
        if node.kind() == "type_conversion_expression":
            # ``log.Print(x)`` as a statement: the grammar cannot tell a function of a package from a type.
            operand = node.field("operand")
            return Arguments((operand,)) if operand is not None else Arguments()
        listed = (
            node if node.kind() == "literal_value" else node.field("arguments") or node.field("body")
        )  # of a map or slice of others, the inner ones say no type
        for part in items(listed) if listed is not None else ():
            kind = part.kind()
            if kind == "variadic_argument":
                spread = True
                positional += items(part)
            elif kind == "keyed_element":
                both = [_element(each) for each in items(part)]
                if len(both) == 2:
                    named[_key(both[0])] = both[1]
            else:
                positional.append(_element(part))
                if kind == "unary_expression":
                    named.update(self._options(part))
        return Arguments(tuple(positional), named, spread)

    def _options(self, node: Node) -> dict[str, Node]:
        """The fields of ``&Options{…}`` given as an argument."""
        inner = next(iter(items(node)), None)
        return (
            dict(self.arguments(inner).named)
            if inner is not None and inner.kind() == "composite_literal"
            else {}
        )

    def bindings(self, node: Node) -> list[Binding]:
        """Assignments and declarations taken apart, fields of literals, ranges, types of parameters."""
        kind = node.kind()
        if kind == "keyed_element":
            both = [_element(each) for each in items(node)]
            return [Binding(_key(both[0]), both[1], "pair")] if len(both) == 2 else []
        if kind in ("parameter_declaration", "var_spec", "const_spec"):
            return self._declared(node, kind)
        if kind in ("inc_statement", "dec_statement"):
            counted = [each for each in items(node) if each.kind() == "index_expression"]
            return [Binding(self.dotted(each), node, "augment") for each in counted]
        left, right = node.field("left"), node.field("right")
        if left is None or right is None:
            return []
        operator = node.field("operator")
        form: BindForm = "loop" if kind == "range_clause" else "assign"
        if operator is not None and operator.text() not in ("=", ":="):
            form = "augment"
        targets = _listed(left)
        found = self._paired(targets, _listed(right), form)
        if form == "assign" and len(targets) == 1 and targets[0].kind() == "index_expression":
            owner = self.dotted(targets[0]).partition(".[]")[0]
            found += [Binding(owner, node, "update")] if "." not in owner else []
        return found

    def _declared(self, node: Node, kind: str) -> list[Binding]:
        declared = node.field("type")
        name = self.dotted(declared) if declared is not None else ""
        targets = [child for child in node.children() if child.kind() == "identifier"]
        if kind == "parameter_declaration":
            return [Binding(target.text(), target, "declare", name) for target in targets if name]
        value = node.field("value")
        if value is None:
            # Without a value it is the type's zero: an empty text, where it is one.
            return [Binding(target.text(), node, "assign", name) for target in targets]
        return self._paired(targets, _listed(value), "assign")

    def _paired(self, targets: list[Node], values: list[Node], form: BindForm) -> list[Binding]:
        found: list[Binding] = []
        for index, target in enumerate(targets):
            value = values[index] if len(values) == len(targets) else values[0] if values else None
            name = self.dotted(target)
            if value is not None and name and name != "_":
                found.append(Binding(name, value, form, self._type_of(value)))
        return found

    def _type_of(self, value: Node) -> str:
        """The type that a composite literal, ``&T{}`` or ``new(T)`` says; empty for anything else."""
        if value.kind() == "unary_expression":
            value = next(iter(items(value)), value)
        if value.kind() == "composite_literal":
            declared = value.field("type")
            return self.dotted(declared) if declared is not None else ""
        return ""

    def effects(self, node: Node, name: str) -> list[Binding]:
        """``sb.WriteString(x)`` and ``fmt.Fprintf(&sb, …)`` add to what a builder holds; ``Scan(&x)`` sets it."""
        if node.kind() == "binary_expression":
            return self._equal(node)
        owner, _, method = name.rpartition(".")
        given = self.arguments(node).positional
        if method in ("WriteString", "Write") and owner and given:
            return [Binding(owner, given[0], "augment")]
        if (
            owner == "fmt"
            and method in ("Fprintf", "Fprint")
            and given
            and given[0].kind() == "unary_expression"
        ):
            target = self.dotted(given[0])
            return [Binding(target, node, "augment")] if target else []
        if method in (
            "Scan",
            "Scanln",
            "Scanf",
            "Sscanf",
            "Decode",
            "Unmarshal",
            "BindJSON",
            "ShouldBindJSON",
            "Bind",
            "ShouldBind",
        ):
            return [
                Binding(self.dotted(part), node, "assign")
                for part in given
                if part.kind() == "unary_expression" and part.text().startswith("&") and self.dotted(part)
            ]
        return []

    def _equal(self, node: Node) -> list[Binding]:
        """``x == "literal"``."""
        both = self.operands(node)
        for target, value in (both, both[::-1]) if both is not None else ():
            if value.kind() == "interpreted_string_literal" and (name := self.dotted(target)):
                return [Binding(name, value, "equal")]
        return []

    def members(self, root: Node) -> list[tuple[str, str]]:
        """The fields of structures."""
        return [
            (child.text(), kind.text())
            for each in visit(root, ("field_declaration",))
            if (kind := each.field("type")) is not None
            for child in each.children()
            if child.kind() == "field_identifier"
        ]

    def imports(self, node: Node) -> list[tuple[str, str]]:
        """Local names of packages; a package is called by the last part of its path where that tells it apart."""
        found: list[tuple[str, str]] = []
        for spec in _specs(node):
            path, alias = spec.field("path"), spec.field("name")
            text = path.text().strip('"`') if path is not None else ""
            last = _package(text)
            local = alias.text() if alias is not None else last.rpartition("/")[2]
            found.append((local, last))
        return found

    def imported(self, node: Node) -> list[str]:
        """Paths of the imported packages."""
        return [path.text().strip('"`') for spec in _specs(node) if (path := spec.field("path")) is not None]

    def signature(self, node: Node) -> tuple[str, ...]:
        """The names of the parameters in order."""
        listed = node.field("parameters")
        found: list[str] = []
        for part in items(listed) if listed is not None else ():
            found += [child.text() for child in part.children() if child.kind() == "identifier"]
        return tuple(found)

    def returned(self, node: Node) -> list[Node]:
        """The first expression of each ``return``."""
        body = node.field("body")
        found: list[Node] = []
        for statement in body.find_all(kind="return_statement") if body is not None else ():
            values = [each for part in items(statement) for each in _listed(part)]
            if values and values[0].kind() != "nil":
                found.append(values[0])
        return found

    def dotted(self, node: Node) -> str:
        """``a.b``, ``f().g``, ``a[].b``; pointers, slices and ``&`` are passed over."""
        tail: list[str] = []
        for _ in range(MAX_DEPTH):
            kind = node.kind()
            if kind in (
                "identifier",
                "package_identifier",
                "type_identifier",
                "field_identifier",
                "blank_identifier",
            ):
                return ".".join([node.text(), *reversed(tail)])
            inner = None
            if kind == "selector_expression":
                part, inner = node.field("field"), node.field("operand")
                tail.append(part.text() if part is not None else "")
            elif kind == "qualified_type":
                return ".".join([node.text(), *reversed(tail)])
            elif kind == "call_expression":
                inner = node.field("function")
                tail.append("()")
            elif kind == "composite_literal":
                inner = node.field("type")
            elif kind == "index_expression":
                inner = node.field("operand")
                tail.append("[]")
            elif kind in ("pointer_type", "unary_expression", "parenthesized_expression", "type_assertion_expression",
                          "slice_expression", "generic_type", "parenthesized_type"):  # fmt: skip
                inner = next(iter(items(node)), None)
            if inner is None:
                return ".".join(["", *reversed(tail)]) if tail else ""
            node = inner
        return ""


def _listed(node: Node) -> list[Node]:
    return items(node) if node.kind() == "expression_list" else [node]


def _element(node: Node) -> Node:
    inner = items(node) if node.kind() == "literal_element" else []
    return inner[0] if len(inner) == 1 else node


def _key(node: Node) -> str:
    return text_of(node) if node.kind().endswith("string_literal") else node.text()


def _specs(node: Node) -> list[Node]:
    found: list[Node] = []
    for child in items(node):
        found += items(child) if child.kind() == "import_spec_list" else [child]
    return [each for each in found if each.kind() == "import_spec"]


def _package(path: str) -> str:
    path = re.sub(r"/v\d+$", "", path)
    if path in _AMBIGUOUS:
        return path
    last = re.sub(r"\.v\d+$", "", path.rpartition("/")[2])
    return last.removeprefix("go-").removesuffix("-go").removesuffix(".go").replace("-", "_")
