"""The syntax trees of C and C++."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Arguments, BindForm, Binding, Role, Scope
from tieout_code_shield.dialects.c_checks import CHECKS
from tieout_code_shield.dialects.c_effects import WRAPPERS, CEffects, plain_type
from tieout_code_shield.dialects.c_values import MAX_DEPTH
from tieout_code_shield.dialects.nodes import items

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["CDialect"]

_ROLES: Final[dict[str, Role]] = {
    "call_expression": "call",
    "new_expression": "call",
    "delete_expression": "call",
    "declaration": "call",
    "template_type": "call",
    "compound_literal_expression": "call",
    "field_declaration": "call",
    "subscript_expression": "call",
    "init_declarator": "bind",
    "assignment_expression": "bind",
    "array_declarator": "bind",
    "initializer_pair": "bind",
    "optional_parameter_declaration": "bind",
    "for_range_loop": "bind",
    "enumerator": "bind",
    "preproc_def": "bind",
    "update_expression": "bind",
    "return_statement": "bind",
    "preproc_include": "import",
    "using_declaration": "import",
    "namespace_alias_definition": "import",
    "function_definition": "function",
    "lambda_expression": "function",
    "binary_expression": "compare",
}
_NAMES: Final = frozenset(
    {"identifier", "field_identifier", "type_identifier", "namespace_identifier", "primitive_type",
     "sized_type_specifier", "this"}
)  # fmt: skip

_FUNCTIONS: Final = frozenset({"function_definition", "lambda_expression"})
_WORD: Final = re.compile(r"\w+")
_COMPARED: Final = re.compile(r"(-?\d+)\s*(==|!=|<|>)\s*(-?\d+)$")
_PLAIN: Final = re.compile(r"\s*([A-Za-z_]\w*)\s*$")


class CDialect(CEffects):
    """How C and C++ spell what the engine looks for."""

    roles = _ROLES
    growing = frozenset({"push_back", "emplace_back", "insert", "emplace", "push", "assign"})
    """Of containers; what is appended to strings and written into buffers is followed (``effects``)."""
    checks = CHECKS
    sources = (
        "argv", "optarg", "environ", "getenv", "secure_getenv", "_wgetenv", "gets", "fgets", "fgetc", "getc", "getchar",
        "fread", "read", "recv", "recvfrom", "SSL_read", "BIO_read", "BIO_gets", "scanf", "fscanf", "wscanf", "fwscanf",
        "fgetws", "getline", "getdelim", "ReadFile", "InternetReadFile", "GetEnvironmentVariable",
        "GetEnvironmentVariableA", "pread", "gets_s", "_getws", "scanf_s", "fscanf_s", "vscanf", "readlink", "readline",
        "GetCommandLine", "GetCommandLineA", "GetCommandLineW", "FCGX_GetParam", "getpass", "cin", "_tgetenv",
        "qgetenv", "QCoreApplication.arguments", "crow.request", "httplib.Request", "req.", "request.",
    )  # fmt: skip
    canary = "char *read_line(char *buffer) {\n    return gets(buffer);\n}\n"

    def callee(self, node: Node) -> Node | None:
        """What is called; the type of what is constructed or declared."""
        kind = node.kind()
        if kind == "delete_expression":
            return next(iter(node.children()), None)
        return node.field("function") or node.field("type") or node.field("name")

    def call_name(self, node: Node) -> str:
        """The callee's name; ``new[]`` for the allocation of an array, ``[]`` for one of its elements."""
        if node.kind() == "subscript_expression":
            return "[]"
        if node.kind() == "new_expression" and node.field("declarator") is not None:
            return "new[]"
        return super().call_name(node)

    def arguments(self, node: Node) -> Arguments:
        """Positional arguments; those of a construction are in its first declarator."""
        kind = node.kind()
        listed = node.field("value" if kind == "compound_literal_expression" else "arguments")
        if kind in ("template_type", "subscript_expression"):
            return Arguments()
        if kind in ("declaration", "field_declaration"):
            declarator = node.field("declarator")
            listed = declarator.field("value") if declarator is not None else None
            if declarator is not None and declarator.kind() == "function_declarator":
                listed = declarator.field("parameters")
            if listed is None or listed.kind() not in ("argument_list", "initializer_list", "parameter_list"):
                return Arguments()
        elif kind == "delete_expression":
            return Arguments(tuple(items(node)))
        elif kind == "new_expression" and listed is None:
            size = node.field("declarator")
            return Arguments(tuple(items(size)) if size is not None else ())
        return Arguments(tuple(items(listed)) if listed is not None else ())

    def bindings(self, node: Node) -> list[Binding]:
        """Declarations with a value, assignments, sizes of arrays, designated members, macros, loops."""
        kind = node.kind()
        if kind == "array_declarator":
            return self._sizes(node)
        if kind == "initializer_pair":
            value, designator = node.field("value"), node.field("designator")
            name = designator.text().lstrip(".") if designator is not None else ""
            return [Binding(name, value, "pair")] if value is not None and name else []
        if kind == "return_statement":
            given = next(iter(items(node)), None)
            return [Binding("return", given, "return")] if given is not None else []
        if kind == "update_expression":
            counted = node.field("argument")
            return [Binding(self.dotted(counted), node, "augment")] if counted is not None else []
        target = node.field("declarator") or node.field("left") or node.field("name")
        value = node.field("value") or node.field("right") or node.field("default_value")
        if target is None or value is None:
            return []
        form: BindForm = "default" if kind == "optional_parameter_declaration" else "assign"
        declared = ""
        if kind == "for_range_loop":
            form = "loop"
        elif kind == "assignment_expression":
            operator = node.field("operator")
            form = "assign" if operator is None or operator.text() == "=" else "augment"
        elif kind == "init_declarator":
            parent = node.parent()
            declared = self._type(parent) if parent is not None else ""
        name = self._declared_name(target)
        return [Binding(name, value, form, declared)] if name else []

    def _sizes(self, node: Node) -> list[Binding]:
        """``char name[n]``: how many bytes and how many elements it has; of members behind a dot."""
        inner, count, parent = node.field("declarator"), node.field("size"), node.parent()
        if (
            inner is None
            or parent is None
            or parent.kind() in ("parameter_declaration", "pointer_declarator")
        ):
            return []
        name = self._declared_name(inner)
        if inner.kind() not in ("identifier", "field_identifier") or not name:
            return []
        if inner.kind() == "field_identifier" and count is not None and count.text() in ("0", "1"):
            # The last member of a structure, for as much as is allocated behind it.
            return []
        form: BindForm = "member" if inner.kind() == "field_identifier" else "assign"
        name = f".{name}" if form == "member" else name
        found = [Binding(f"sizeof({name})", node, form)]
        return [*found, Binding(f"countof({name})", count, form)] if count is not None else found

    def parameters(self, node: Node) -> frozenset[str]:
        """Every word of the declarator."""
        declarator = node.field("declarator")
        return frozenset(_WORD.findall(declarator.text())) if declarator is not None else frozenset[str]()

    def reached(self, node: Node, scope: Scope) -> bool | None:
        """Told by ``if (1)``, ``if (5 == 5)`` and their opposites around the node."""
        for outer in node.ancestors():
            if outer.kind() in _FUNCTIONS:
                break
            condition = outer.field("condition") if outer.kind() == "if_statement" else None
            if condition is None or condition.range().end.index > node.range().start.index:
                continue
            decided = _decided(condition.text().strip("() \t\n"))
            if decided is not None:
                then = outer.field("consequence")
                inside = then is not None and then.range().end.index >= node.range().end.index
                if inside != decided:
                    return False
        return None

    def imports(self, node: Node) -> list[tuple[str, str]]:
        """``using a::b`` and ``namespace x = a::b``."""
        if node.kind() == "namespace_alias_definition":
            parts = items(node)
            return [(parts[0].text(), plain_type(parts[-1].text()))] if len(parts) == 2 else []
        name = next((child for child in items(node) if child.kind() == "qualified_identifier"), None)
        qualified = plain_type(name.text()) if name is not None else ""
        return [(qualified.rpartition(".")[2], qualified)] if qualified else []

    def required(self, node: Node) -> list[tuple[str, str]]:
        """``#define SYSTEM system`` makes another name for the same function."""
        if node.kind() != "preproc_def":
            return []
        name, value = node.field("name"), node.field("value")
        plain = _PLAIN.match(value.text()) if value is not None else None
        return [(name.text(), plain[1])] if name is not None and plain else []

    def imported(self, node: Node) -> list[str]:
        """The header that is included."""
        path = node.field("path")
        return [path.text().strip('<>"')] if path is not None else []

    def function_name(self, node: Node) -> str:
        """The name in a function's declarator."""
        declarator = node.field("declarator")
        return self._declared_name(declarator) if declarator is not None else ""

    def dotted(self, node: Node) -> str:
        """``a.b`` for ``a.b``, ``a->b`` and ``a::b`` without ``std::``; ``f().g``, ``a[].b``; ``*a`` is ``a``."""
        tail: list[str] = []
        for _ in range(MAX_DEPTH):
            kind = node.kind()
            if kind in _NAMES or kind == "delete":
                return ".".join([node.text(), *reversed(tail)])
            if kind in ("qualified_identifier", "template_function", "template_type"):
                return ".".join([plain_type(node.text()), *reversed(tail)])
            inner = None
            if kind == "field_expression":
                part, inner = node.field("field"), node.field("argument")
                tail.append(part.text() if part is not None else "")
            elif kind == "call_expression":
                inner = node.field("function")
                tail.append("()")
            elif kind == "subscript_expression":
                inner = node.field("argument")
                tail.append("[]")
            elif kind in WRAPPERS:
                inner = node.field("value") or node.field("argument") or next(iter(items(node)), None)
            if inner is None:
                return ".".join(["", *reversed(tail)]) if tail else ""
            node = inner
        return ""


def _decided(condition: str) -> bool | None:
    """Whether a condition of nothing but literals holds; ``None`` for any other."""
    if condition in ("1", "true"):
        return True
    if condition in ("0", "false"):
        return False
    found = _COMPARED.match(condition)
    if found is None:
        return None
    a, b = int(found[1]), int(found[3])
    return {"==": a == b, "!=": a != b, "<": a < b, ">": a > b}[found[2]]
