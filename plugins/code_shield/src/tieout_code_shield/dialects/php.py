"""The syntax tree of PHP."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import BindForm, Binding, Role, Scope
from tieout_code_shield.dialects.branches import run_by_condition
from tieout_code_shield.dialects.nodes import belongs, items
from tieout_code_shield.dialects.php_checks import CHECKS
from tieout_code_shield.dialects.php_names import key_text, last_part
from tieout_code_shield.dialects.php_pages import without_html
from tieout_code_shield.dialects.php_values import PhpValues
from tieout_code_shield.values import APPENDED

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["PhpDialect"]

_ROLES: Final[dict[str, Role]] = {
    "function_call_expression": "call",
    "member_call_expression": "call",
    "nullsafe_member_call_expression": "call",
    "scoped_call_expression": "call",
    "object_creation_expression": "call",
    "echo_statement": "call",
    "print_intrinsic": "call",
    "exit_statement": "call",
    "shell_command_expression": "call",
    "include_expression": "call",
    "include_once_expression": "call",
    "require_expression": "call",
    "require_once_expression": "call",
    "assignment_expression": "bind",
    "reference_assignment_expression": "bind",
    "augmented_assignment_expression": "bind",
    "property_element": "bind",
    "const_element": "bind",
    "simple_parameter": "bind",
    "property_promotion_parameter": "bind",
    "static_variable_declaration": "bind",
    "array_element_initializer": "bind",
    "foreach_statement": "bind",
    "namespace_use_declaration": "import",
    "function_definition": "function",
    "method_declaration": "function",
    "anonymous_function": "function",
    "arrow_function": "function",
    "binary_expression": "compare",
}
_FUNCTIONS: Final = frozenset(kind for kind, role in _ROLES.items() if role == "function")
_REQUEST_TYPE: Final = re.compile(r"(?:^|[\\?])(?:\w*Request|ServerRequestInterface)$")
_COMPARED: Final = re.compile(r"\$_SERVER|(?i:md5|sha1|hash|hmac|crypt|signature|digest|token|strcmp)\b")


class PhpDialect(PhpValues):
    """How PHP spells what the engine looks for.

    Names keep the ``$`` of a variable, so that ``$exec`` and ``exec`` stay two things: ``$db->query`` is ``$db.query``,
    ``DB::raw`` is ``DB.raw``, and classes go by the last part of their name. Functions, whose names have no case, are
    in lower case.
    """

    roles = _ROLES
    checks = CHECKS
    equalities = frozenset({"==", "===", "!=", "!==", "<>"})
    sources = (
        "$_GET", "$_POST", "$_REQUEST", "$_COOKIE", "$_FILES", "$_SERVER.HTTP_HOST", "$_SERVER.HTTP_REFERER",
        "$_SERVER.HTTP_USER_AGENT", "$_SERVER.HTTP_X_FORWARDED_FOR", "$_SERVER.HTTP_X_FORWARDED_HOST",
        "$_SERVER.HTTP_CLIENT_IP", "$_SERVER.HTTP_ACCEPT_LANGUAGE", "$_SERVER.HTTP_ORIGIN", "$_SERVER.HTTP_COOKIE",
        "$_SERVER.QUERY_STRING", "$_SERVER.REQUEST_URI", "$_SERVER.PHP_SELF", "$_SERVER.PATH_INFO",
        "$_SERVER.PATH_TRANSLATED", "$_SERVER.PHP_AUTH_USER", "$_SERVER.PHP_AUTH_PW", "$_SERVER.argv", "$argv",
        "$HTTP_GET_VARS", "$HTTP_POST_VARS", "$HTTP_COOKIE_VARS", "$HTTP_RAW_POST_DATA", "getallheaders",
        "apache_request_headers", "filter_input", "readline", "request.()", "Request.input", "Request.get",
        "Request.query", "Request.post", "Request.all", "Request.cookie", "Request.header", "Input.get", "Input.all",
        "Input.post", "$app.request", "$_REQUEST.", "$this.input.get", "$this.input.post", "$this.input.get_post",
        "$this.input.cookie", "$this.request.get", "$this.request.getPost", "$this.request.getGet",
        "$this.request.getVar", "$this.request.query", "$this.request.data", "$this.request.getParam",
        "$this.request.getQuery", "$this.request.getData", "$this.request.input", "$this.params.fromQuery",
        "$this.params.().fromQuery", "$this.params.().fromPost", "$this.params.().fromRoute",
        "$this.getRequest.().getParam", "$this.getRequest.().getPost", "$this.getRequest.().getQuery",
        *(
            f"{name}.{method}"
            for name in ("$request", "$req", "$this.request")
            for method in (
                "input", "get", "query", "post", "all", "request", "cookies", "cookie", "headers", "header", "files",
                "json", "getContent", "getParam", "getParams", "getQuery", "getQueryParams", "getParsedBody",
                "getParsedBodyParam", "getQueryParam", "getCookieParams", "getCookieParam", "getBody", "getHeader",
                "getHeaderLine", "getUploadedFiles", "getPost", "getQueryString", "getRequestUri", "getVar",
                "getPathInfo", "getHost", "getRawBody", "file", "route", "only", "except", "string", "path", "url",
                "fullUrl", "userAgent", "get_param", "get_params", "get_json_params", "get_body", "get_query_params",
            )
        ),
    )  # fmt: skip
    canary = "function run($expression) {\n    return eval($expression);\n}\n"

    def prepare(self, code: str) -> str:
        """Blank out what stands outside of ``<?php`` and ``?>``."""
        return without_html(code)

    local_sources = ("$argv", "$_SERVER.argv", "readline")

    def bindings(self, node: Node) -> list[Binding]:
        """Assignments, properties, constants, array elements, parameters with a default, and loops."""
        kind = node.kind()
        if kind == "array_element_initializer":
            parts = items(node)
            return [Binding(key_text(parts[0]), parts[1], "pair")] if len(parts) == 2 else []
        if kind == "foreach_statement":
            return self._loop(node)
        if kind == "const_element":
            parts = items(node)
            return [Binding(parts[0].text(), parts[1], "assign")] if len(parts) == 2 else []
        if kind in ("property_element", "static_variable_declaration"):
            name, value = node.field("name"), node.field("default_value") or node.field("value")
            prefix = "$this." if kind == "property_element" else ""
            if name is None or value is None:
                return []
            target = prefix + name.text().lstrip("$") if prefix else name.text()
            return [Binding(target, value, "assign")]
        if kind in ("simple_parameter", "property_promotion_parameter"):
            return self._parameter(node)
        target, value = node.field("left"), node.field("right")
        if target is None or value is None:
            return []
        return self._take_apart(target, value, "augment" if kind.startswith("augmented") else "assign")

    def _parameter(self, node: Node) -> list[Binding]:
        name, value, declared = node.field("name"), node.field("default_value"), node.field("type")
        if name is None:
            return []
        if declared is not None and _REQUEST_TYPE.search(declared.text()):
            # One name for every request, whatever the parameter is called.
            return [Binding(name.text(), name, "declare", "$request")]
        return [Binding(name.text(), value, "default")] if value is not None else []

    def _loop(self, node: Node) -> list[Binding]:
        parts = [child for child in items(node) if child.kind() not in ("compound_statement", "colon_block")]
        if len(parts) < 2:
            return []
        pattern = parts[1]
        targets = items(pattern) if pattern.kind() == "pair" else [pattern]
        return [bound for target in targets for bound in self._take_apart(target, parts[0], "loop")]

    def _take_apart(self, target: Node, value: Node, form: BindForm) -> list[Binding]:
        kind = target.kind()
        if kind in ("list_literal", "array_creation_expression"):
            values = items(value) if value.kind() == "array_creation_expression" else []
            targets = items(target)
            paired = values if len(values) == len(targets) else [value] * len(targets)
            return [
                bound
                for part, item in zip(targets, paired, strict=True)
                for bound in self._take_apart(items(part)[-1] if items(part) else part, item, form)
            ]
        if kind == "by_ref":
            target = items(target)[-1] if items(target) else target
        if target.kind() == "dynamic_variable_name":
            return [Binding("$$", value, form)]
        name = self.dotted(target)
        if target.kind() != "subscript_expression":
            return [Binding(name, value, form)] if name else []
        base = target.child(0)
        whole = self.dotted(base) if base is not None else ""
        # What is put into an array is a part of its value.
        known = name != whole and not name.endswith("[]")
        key = name[len(whole) + 1 :] if known else APPENDED if len(items(target)) == 1 else None
        grown = [Binding(whole, value, "augment", key=key)] if whole else []
        return [Binding(name, value, form), *grown] if known else grown

    def reached(self, node: Node, scope: Scope) -> bool | None:
        """Whether a statement is run, as far as constant conditions around it tell."""
        return run_by_condition(node, _FUNCTIONS, lambda condition: self.evaluate(condition, scope, 2))

    def members(self, root: Node) -> list[tuple[str, str]]:
        """The properties of classes that have a type."""
        return [
            (name.text().lstrip("$"), kind.text())
            for each in root.find_all(kind="property_declaration")
            if (kind := each.field("type")) is not None
            for part in items(each)
            if part.kind() == "property_element" and (name := part.field("name")) is not None
        ]

    def declared(self, node: Node) -> list[tuple[str, str]]:
        """The parameters that have a type, which PHP sees to."""
        listed = node.field("parameters")
        return [
            (name.text(), kind.text())
            for part in (items(listed) if listed is not None else ())
            if (kind := part.field("type")) is not None and (name := part.field("name")) is not None
        ]

    def imports(self, node: Node) -> list[tuple[str, str]]:
        """``use A\\B as C`` -> (C, B): classes go by the last part of their names."""
        found: list[tuple[str, str]] = []
        for clause in node.find_all(kind="namespace_use_clause"):
            alias = clause.field("alias")
            written = next(
                (part for part in items(clause) if part.kind() != "namespace_aliasing_clause"), None
            )
            if alias is not None and written is not None:
                found.append((alias.text(), last_part(written.text())))
        return found

    def imported(self, node: Node) -> list[str]:
        """Full names, with ``.`` between the parts."""
        return [
            clause.text().partition(" as ")[0].strip("\\ ").replace("\\", ".")
            for clause in node.find_all(kind="namespace_use_clause")
        ]

    def function_name(self, node: Node) -> str:
        """The name of a method; that of a function, which has no case, in lower case."""
        name = node.field("name")
        text = name.text() if name is not None else ""
        return text.lower() if node.kind() == "function_definition" else text

    def signature(self, node: Node) -> tuple[str, ...]:
        """The names of the parameters in order."""
        listed = node.field("parameters")
        names = [part.field("name") for part in items(listed)] if listed is not None else []
        return tuple(name.text() for name in names if name is not None)

    def returned(self, node: Node) -> list[Node]:
        """What stands behind each ``return`` of its own."""
        body = node.field("body")
        if node.kind() == "arrow_function":
            return [body] if body is not None else []
        found: list[Node] = []
        for statement in node.find_all(kind="return_statement"):
            if belongs(statement, node, _FUNCTIONS):
                found += items(statement)[:1]
        return found

    def effects(self, node: Node, name: str) -> list[Binding]:
        """What a loose comparison says of a hash or an address: ``md5($x) == '0'`` binds ``md5 ==``."""
        sides = self.operands(node) if node.kind() == "binary_expression" else None
        if sides is None or not _COMPARED.search(node.text()[:400]):
            return []
        operator = node.field("operator")
        mark = "===" if operator is not None and len(operator.text()) == 3 else "=="
        return [
            Binding(f"{target} {mark}", other, "declare")
            for side, other in (sides, sides[::-1])
            if _COMPARED.search(target := self.dotted(side))
        ]
