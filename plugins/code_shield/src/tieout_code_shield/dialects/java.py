"""Java's syntax tree."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, ClassVar, Final

from tieout_code_shield.dialects.archive_forms import JAVA
from tieout_code_shield.dialects.base import Arguments, BindForm, Binding, Check, Role, Scope
from tieout_code_shield.dialects.folding import collected
from tieout_code_shield.dialects.nodes import items
from tieout_code_shield.dialects.spoken import PLAIN, says_secret
from tieout_code_shield.dialects.typed import Call, TypedDialect, grown, type_name
from tieout_code_shield.dialects.typed_checks import CHECKS
from tieout_code_shield.syntax import visit
from tieout_code_shield.values import UNKNOWN, Value, alternatives, leaf

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["HANDLERS", "INJECTED", "REQUEST_CALLS", "REQUEST_MAPS", "JavaDialect", "shortened"]

_ROLES: Final[dict[str, Role]] = {
    "method_invocation": "call",
    "object_creation_expression": "call",
    "annotation": "call",
    "marker_annotation": "call",
    "assignment_expression": "bind",
    "variable_declarator": "bind",
    "resource": "bind",
    "formal_parameter": "bind",
    "enhanced_for_statement": "bind",
    "element_value_pair": "bind",
    "return_statement": "bind",
    "import_declaration": "import",
    "method_declaration": "function",
    "constructor_declaration": "function",
    "compact_constructor_declaration": "function",
    "lambda_expression": "function",
    "binary_expression": "compare",
}
_EVALUATORS: Final = {
    "string_literal": "text",
    "character_literal": "character",
    "decimal_integer_literal": "number",
    "hex_integer_literal": "number",
    "octal_integer_literal": "number",
    "binary_integer_literal": "number",
    "decimal_floating_point_literal": "number",
    "hex_floating_point_literal": "number",
    "true": "truth",
    "false": "truth",
    "null_literal": "nothing",
    "class_literal": "other",
    "identifier": "name",
    "field_access": "member",
    "array_access": "element",
    "method_invocation": "call",
    "object_creation_expression": "call",
    "array_initializer": "collection",
    "element_value_array_initializer": "collection",
    "array_creation_expression": "array",
    "ternary_expression": "choice",
    "binary_expression": "operation",
    "unary_expression": "negation",
    "update_expression": "negation",
    "cast_expression": "cast",
    "variable_declarator": "nothing",
    "switch_expression": "switch",
    "assignment_expression": "assigned",
    "method_reference": "function",
    "instanceof_expression": "test",
}
REQUEST_CALLS: Final = (
    r"(?:^|\.)(?:\w*[rR]eq(?:uest)?|\w*Request\w*|req|\w*[cC]ontext|\w*[eE]xchange)(?:\.\(\))?\.(?:getParameter(?:Map|Names|"
    r"Values)?|getHeaders?|getHeaderNames|getQueryString|getCookies|getInputStream|getReader|getPathInfo|"
    r"getRequestURI|getRequestURL|getRemoteUser|getPart|getParts|getTheParameter|getTheValue|getServletPath|"
    r"queryParams?|getBody|getQueryParams|getRequestBody|getUriInfo|pathParam|formParam|queryParamMap|"
    r"getFormAttributes?|getParam|getRequestParameterMap|getRawQuery)$"
)
_SOURCE_CALLS: Final = re.compile(
    REQUEST_CALLS
    + r"|^(?:System\.getenv|System\.getProperty|Console\.read(?:Line|Password)|System\.console\.\(\)\.readLine)$"
    r"|(?:^|\.)(?:BufferedReader|\w*[rR]eader\w*|Scanner|scanner|sc|in|br|input|console|DataInputStream)(?:\.\(\))?\.(?:readLine|"
    r"next(?:Line)?|lines|readUTF)$"
    r"|(?:^|\.)(?:Socket|\w*[sS]ocket)\.getInputStream$|(?:^|\.)(?:Cookie|\w*[cC]ookies?(?:\.\[\w*\])?)\.getValue$"
    r"|(?:^|\.)(?:MultipartFile|\w*[mM]ultipart\w*|file|upload\w*|FileItem)\.(?:getOriginalFilename|getSubmittedFileName)$"
    r"|(?:^|\.)(?:getOriginalFilename|getSubmittedFileName|getExternalStorageDirectory\.\(\)\.x)$"
    r"|(?:^|\.)(?:ResultSet|resultSet|rs)\.getString$"
    r"|(?:^|\.)(?:Intent|\w*[iI]ntent(?:\.\(\))?)\.(?:getStringExtra|getData|getDataString)$"
)
INJECTED: Final = re.compile(
    r"@(?:[\w.]{1,80}\.)?(?:RequestParam|PathVariable|RequestBody|RequestHeader|CookieValue|MatrixVariable|RequestPart|ModelAttribute|"
    r"QueryParam|PathParam|FormParam|HeaderParam|CookieParam|MatrixParam|BeanParam|FormDataParam|QueryValue|Argument|"
    r"Header|Payload|DestinationVariable|RestPath|RestQuery|RestForm)\b"
)
REQUEST_MAPS: Final = re.compile(r"^(?:request|query|form|http|url)?_?[pP]arams$")
"""Names of maps of what a request gives."""
HANDLERS: Final = re.compile(
    r"@(?:Get|Post|Put|Delete|Patch|Request|Message)Mapping\b|@(?:GET|POST|PUT|DELETE)\b"
)
_FRAMEWORK: Final = re.compile(
    r"(?:Request|Response|Session|Model|ModelMap|Principal|BindingResult|Context|Exchange|Locale|Authentication|"
    r"Attributes|Service|Repository|Connection|Uri\w*|UriBuilder)$"
)
_PACKAGES: Final = frozenset(
    {"java", "javax", "jakarta", "org", "com", "net", "io", "sun", "android", "androidx", "okhttp3", "groovy", "kotlin",
     "retrofit2", "cn", "de", "dev", "lombok", "edu", "gov", "play"}
)  # fmt: skip
_CHANGES: Final = frozenset(
    {"append", "add", "put", "setProperty", "setLength", "remove", "set", "putIfAbsent"}
)
_FUNCTIONS: Final = frozenset(kind for kind, role in _ROLES.items() if role == "function")
_DECLARES: Final = frozenset({"field_declaration", "local_variable_declaration"})


class JavaDialect(TypedDialect):
    """How Java spells what the engine looks for."""

    roles = _ROLES
    checks: ClassVar[Mapping[str, Check]] = {
        **CHECKS,
        "archive-member": JAVA.written,
        "says-secret": says_secret(PLAIN),
    }
    evaluators = _EVALUATORS
    functions = _FUNCTIONS
    wrappers = frozenset({"parenthesized_expression"})
    parameter_kinds = frozenset({"formal_parameter"})
    factories = frozenset(
        {"getInstance", "newInstance", "create", "getRuntime", "current", "compile", "builder"}
    )
    deciding = frozenset({"if_statement", "ternary_expression"})
    source_calls = _SOURCE_CALLS
    asserting = frozenset({"checkArgument", "isTrue"})
    canary = (
        "class A {\n  void run(String name) throws Exception {\n    "
        'Runtime.getRuntime().exec("ls " + name);\n  }\n}\n'
    )

    def call(self, node: Node) -> Call | None:
        """A method call, construction or annotation taken apart."""
        kind = node.kind()
        if kind == "method_invocation":
            name = node.field("name")
            return Call(node.field("object"), name.text() if name is not None else "")
        if kind == "object_creation_expression":
            return Call(None, type_name(node.field("type")), created=True)
        return None

    def arguments(self, node: Node) -> Arguments:
        """The arguments; the pairs of an annotation by name."""
        listed = node.field("arguments")
        if listed is None:
            return Arguments()
        positional: list[Node] = []
        named: dict[str, Node] = {}
        for child in items(listed):
            if child.kind() == "element_value_pair":
                key, value = child.field("key"), child.field("value")
                if key is not None and value is not None:
                    named[key.text()] = value
            else:
                positional.append(child)
        return Arguments(tuple(positional), named)

    def step(self, node: Node) -> tuple[tuple[str, ...], Node | None] | None:
        """The last parts of a dotted name, and what stands before them."""
        kind = node.kind()
        if kind in ("identifier", "type_identifier", "super"):
            return (node.text(),), None
        if kind == "this":
            return (), None
        if kind in ("field_access", "method_invocation"):
            name = node.field("field") or node.field("name")
            parts = (name.text() if name is not None else "",)
            return (parts if kind == "field_access" else (*parts, "()")), node.field("object")
        if kind == "object_creation_expression":
            return (type_name(node.field("type")), "()"), None
        if kind in ("annotation", "marker_annotation"):
            name = node.field("name")
            return (f"@{name.text().rpartition('.')[2] if name is not None else ''}",), None
        if kind == "array_access":
            index = node.field("index")
            text = index.text() if index is not None and index.kind() == "decimal_integer_literal" else ""
            return (f"[{text}]",), node.field("array")
        if kind in ("scoped_identifier", "scoped_type_identifier", "generic_type", "class_literal"):
            return tuple(node.text().partition("<")[0].split(".")), None
        if kind == "cast_expression":
            inner = node.field("value")
            return ((), inner) if inner is not None else None
        inner = items(node)
        return ((), inner[-1]) if kind == "parenthesized_expression" and inner else None

    def shortened(self, parts: list[str]) -> list[str]:
        """``java.util.Random.next`` is ``Random.next``."""
        return shortened(parts)

    def bindings(self, node: Node) -> list[Binding]:
        """Declarations, parameters, assignments, resources, loops, pairs of annotations, and what is returned."""
        kind = node.kind()
        if kind == "assignment_expression":
            return self.assignment(node)
        if kind == "return_statement":
            return [Binding("return", value, "assign") for value in items(node)[:1]]
        name, value = node.field("name"), node.field("value")
        if kind == "element_value_pair":
            key = node.field("key")
            return [Binding(key.text(), value, "pair")] if key is not None and value is not None else []
        if name is None:
            return []
        if kind == "formal_parameter":
            return [Binding(name.text(), node, "declare", type_name(node.field("type")))]
        if kind == "variable_declarator":
            return self._declared(node, name.text(), value)
        if value is None:
            return []
        form: BindForm = "loop" if kind == "enhanced_for_statement" else "assign"
        return [Binding(name.text(), value, form, type_name(node.field("type")) or self.made(value))]

    def _declared(self, node: Node, name: str, value: Node | None) -> list[Binding]:
        outer = node.parent()
        declaration = outer if outer is not None and outer.kind() in _DECLARES else None
        kind = type_name(declaration.field("type")) if declaration is not None else ""
        if value is not None:
            return [Binding(name, value, "assign", kind or self.made(value))]
        field = declaration is not None and declaration.kind() == "field_declaration"
        return [Binding(name, node, "declare" if field else "assign", kind)]

    def effects(self, node: Node, name: str) -> list[Binding]:
        """``sb.append(x);``, ``list.add(x);`` and ``map.put("k", x);`` as statements."""
        owner, _, method = name.rpartition(".")
        if method not in _CHANGES or not owner:
            return []
        outer = node.parent()
        if outer is None or outer.kind() != "expression_statement":
            return []
        whole = grown(owner, node, "append")
        if method in ("put", "setProperty"):
            given = self.arguments(node).positional
            if len(given) != 2 or given[0].kind() != "string_literal":
                return whole
            return [Binding(f"{owner}.[{given[0].text().strip(chr(34))}]", given[1], "assign"), *whole]
        return whole

    def index(self, node: Node) -> Node | None:
        """The index of an array's element."""
        return node.field("index")

    def members(self, root: Node) -> list[tuple[str, str]]:
        """Fields of classes, and what records are made of."""
        found: list[tuple[str, str]] = []
        for each in visit(root, ("field_declaration", "record_declaration")):
            if each.kind() == "field_declaration":
                declared = [
                    (part, each.field("type")) for part in items(each) if part.kind() == "variable_declarator"
                ]
            else:
                declared = [(part, part.field("type")) for part in self._parameters(each)]
            for part, kind in declared:
                name = part.field("name")
                found += [(name.text(), kind.text())] if name is not None and kind is not None else []
        return found

    def enumerated(self, root: Node) -> frozenset[str]:
        """``enum Unit { … }``."""
        names = (each.field("name") for each in visit(root, ("enum_declaration",)))
        return frozenset(name.text() for name in names if name is not None)

    def imports(self, node: Node) -> list[tuple[str, str]]:
        """Members imported with ``import static``; classes go by their bare names."""
        if not any(child.kind() == "static" for child in node.children()):
            return []
        full = self.imported(node)
        member = full[0].rpartition(".")[2] if full else ""
        return [(member, ".".join(full[0].split(".")[-2:]))] if member and member != "*" else []

    def imported(self, node: Node) -> list[str]:
        """The class or package that an import names."""
        return [child.text() for child in items(node) if child.kind() in ("scoped_identifier", "identifier")][
            :1
        ]

    def function_name(self, node: Node) -> str:
        """The annotations of a method, and its name: ``@GetMapping list``."""
        name = node.field("name")
        noted = [
            f"@{note.text().rpartition('.')[2]}"
            for part in node.children()
            if part.kind() == "modifiers"
            for each in items(part)
            if (note := each.field("name")) is not None
        ]
        return " ".join([*noted, name.text() if name is not None else ""]).strip()

    def choices(self, node: Node) -> tuple[Node, list[tuple[list[Node] | None, Node]]] | None:
        """The groups of a ``switch`` block."""
        outer = node.parent() if node.kind() == "switch_block" else None
        subject = outer.field("condition") if outer is not None else None
        if subject is None:
            return None
        cases: list[tuple[list[Node] | None, Node]] = []
        waiting: list[Node] = []
        for group in items(node):
            labels = [child for child in items(group) if child.kind() == "switch_label"]
            waiting += [value for label in labels for value in items(label)]
            default = any(label.text().startswith("default") for label in labels)
            if len(items(group)) > len(labels):
                cases.append((None if default else waiting, group))
                waiting = []
        return subject, cases

    def given(self, parameter: Node, function: Node) -> bool:
        """Annotated parameters, all of a handler's that are no part of the framework, and the arguments of ``main``."""
        kind = type_name(parameter.field("type"))
        note = next((part.text() for part in parameter.children() if part.kind() == "modifiers"), "")
        if INJECTED.search(note) is not None:
            return True
        name, own = function.field("name"), parameter.field("name")
        if kind in ("Map", "MultiValueMap") and own is not None and REQUEST_MAPS.match(own.text()):
            return True
        if name is not None and name.text() == "main":
            return kind == "String[]"
        handler = HANDLERS.search(self.function_name(function)) is not None
        return handler and "@" not in note and not _FRAMEWORK.search(kind)

    def _on_array(self, node: Node, scope: Scope, depth: int) -> Value:
        given = node.field("value")
        return self.evaluate(given, scope, depth + 1) if given is not None else collected([])

    def _on_test(self, node: Node, scope: Scope, depth: int) -> Value:
        return Value("other", None, leaf("instanceof", "other").leaves)

    def _on_switch(self, node: Node, scope: Scope, depth: int) -> Value:
        block = node.field("body")
        results: list[Value] = []
        for rule in items(block) if block is not None else ():
            inner = [part for part in items(rule) if part.kind() == "expression_statement"]
            if rule.kind() == "switch_rule" and inner:
                results.append(self.evaluate(items(inner[0])[0], scope, depth + 1))
        return alternatives(results) if results else UNKNOWN


def shortened(parts: list[str]) -> list[str]:
    """The parts of a dotted name without the package in front of a class."""
    if len(parts) > 2 and parts[0] in _PACKAGES:
        for index, part in enumerate(parts):
            if part[:1].isupper():
                return parts[index:]
    return parts
