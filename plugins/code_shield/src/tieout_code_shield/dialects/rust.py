"""Rust's syntax tree."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Arguments, BindForm, Binding, Role
from tieout_code_shield.dialects.rust_checks import CHECKS
from tieout_code_shield.dialects.rust_values import (
    MAX_DEPTH,
    NAMES,
    PATHS,
    WRAPPERS,
    RustValues,
    canonical,
    groups,
    items,
)
from tieout_code_shield.plain_types import carries_no_text
from tieout_code_shield.syntax import visit

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["RustDialect"]


_ROLES: Final[dict[str, Role]] = {
    "call_expression": "call",
    "macro_invocation": "call",
    "struct_expression": "call",
    "unsafe_block": "call",
    "token_tree": "call",
    "let_declaration": "bind",
    "let_condition": "bind",
    "const_item": "bind",
    "static_item": "bind",
    "assignment_expression": "bind",
    "compound_assignment_expr": "bind",
    "field_initializer": "bind",
    "for_expression": "bind",
    "parameter": "bind",
    "use_declaration": "import",
    "function_item": "function",
    "closure_expression": "function",
    "binary_expression": "compare",
}
_TAINTED_TYPE: Final = re.compile(
    r"\b(?:Query|Path|Form|Json|TypedHeader)\s*<|\b(?:Multipart|RawQuery|RawForm|CookieJar|TempFile|web::Bytes|web::Payload)\b"
)
_ROUTE: Final = re.compile(r"<(\w+)(?:\.\.)?>")
_ROUTED: Final = re.compile(r"#\[(?:get|post|put|delete|patch|head|options|route)\s*\(")
_WORD: Final = re.compile(r"\w+")
_GENERIC: Final = re.compile(r"(?:::)?<[^<>]*(?:<[^<>]*(?:<[^<>]*>[^<>]*)*>[^<>]*)*>")
_CONSTRUCTOR: Final = re.compile(r"^(.*[A-Z]\w*)\.(?:new|from|default|builder|create|open|connect|with_\w+)$")


class RustDialect(RustValues):
    """How Rust spells what the engine looks for."""

    roles = _ROLES
    growing = frozenset()
    """Texts that are put together are followed."""
    checks = CHECKS
    sources = (
        "env.args", "env.args_os", "os.args", "env.var", "env.var_os", "io.stdin", "stdin", "io.read_to_string",
        "Args.parse",
        "Cli.parse", "Opt.parse", "req.query_string", "req.match_info", "req.uri", "req.headers", "req.path",
        "req.cookie",
        "HttpRequest.query_string", "HttpRequest.match_info", "HttpRequest.headers", "HttpRequest.uri",
        "HttpRequest.cookie",
        "request.uri", "request.headers", "request.query", "request.body", "cookies.get", "jar.get", "warp.path.param",
        "warp.query", "params.get", "query.get", "TcpStream.read", "stream.read", "socket.recv", "form.get",
    )  # fmt: skip
    canary = 'fn run(input: &str) {\n    Command::new("sh").arg("-c").arg(input).spawn().unwrap();\n}\n'

    local_sources = ("env.", "os.args", "io.stdin", "stdin", "io.read_to_string", "Args.", "Cli.", "Opt.")
    branching = ("if_expression",)

    def callee(self, node: Node) -> Node | None:
        """What is called: a function, a macro, a structure, or ``unsafe``."""
        if node.kind() == "unsafe_block":
            return next(iter(node.children()), None)
        return node.field("function") or node.field("macro") or node.field("name")

    def call_name(self, node: Node) -> str:
        """The callee's name; a macro's with ``!`` behind it."""
        if node.kind() == "unsafe_block":
            return "unsafe"
        if node.kind() == "token_tree":
            return _name_before(node)
        callee = self.callee(node)
        name = self.dotted(callee) if callee is not None else ""
        return f"{name}!" if node.kind() == "macro_invocation" else name

    def arguments(self, node: Node) -> Arguments:
        """Positional arguments; the fields of a structure as named ones; a macro's literals and names."""
        listed = node.field("arguments") or node.field("body")
        if node.kind() == "unsafe_block":
            return Arguments()
        if node.kind() == "token_tree":
            words = (
                [each for each in group if each.is_named() and each.kind() != "token_tree"]
                for group in groups(node)
            )
            return Arguments(tuple(found[-1] for found in words if found))
        if node.kind() == "macro_invocation":
            tree = next((child for child in node.children() if child.kind() == "token_tree"), None)
            return Arguments(tuple(items(tree)) if tree is not None else ())
        named: dict[str, Node] = {}
        positional: list[Node] = []
        for part in items(listed) if listed is not None else ():
            name, value = part.field("field") or part.field("name"), part.field("value")
            if part.kind() == "field_initializer" and name is not None and value is not None:
                named[name.text()] = value
            else:
                positional.append(part)
        return Arguments(tuple(positional), named)

    def bindings(self, node: Node) -> list[Binding]:
        """``let``, constants, assignments, fields of structures, loops, types of parameters."""
        kind = node.kind()
        target = node.field("pattern") or node.field("left") or node.field("name") or node.field("field")
        value = node.field("value") or node.field("right")
        if kind == "parameter":
            declared = node.field("type")
            name = _type(declared.text()) if declared is not None else ""
            return [Binding(target.text(), target, "declare", name)] if target is not None and name else []
        if target is None or value is None:
            return []
        forms: dict[str, BindForm] = {
            "compound_assignment_expr": "augment",
            "field_initializer": "pair",
            "for_expression": "loop",
        }
        form = forms.get(kind, "assign")
        if target.kind() in (
            "tuple_pattern",
            "tuple_struct_pattern",
            "ref_pattern",
            "mut_pattern",
            "reference_pattern",
        ):
            return [
                Binding(each.text(), value, form, self._made(value))
                for each in target.find_all(kind="identifier")
                if each.text()[:1].islower() or each.text().startswith("_")
            ]
        name = self.dotted(target)
        return [Binding(name, value, form, self._made(value))] if name else []

    def _made(self, value: Node) -> str:
        """The type that ``Type::new(…)`` makes; empty for anything else."""
        for _ in range(4):
            if value.kind() not in WRAPPERS and value.kind() != "call_expression":
                break
            callee = value.field("function")
            if callee is not None and callee.kind() == "field_expression":
                inner = callee.field("value")
            elif callee is not None:
                found = _CONSTRUCTOR.match(self.dotted(callee))
                return found[1] if found else ""
            else:
                inner = next(iter(items(value)), None)
            if inner is None:
                break
            value = inner
        return ""

    def effects(self, node: Node, name: str) -> list[Binding]:
        """``text.push_str(x)`` adds to it; ``stdin.read_line(&mut line)`` and ``write!(text, …)`` fill it."""
        owner, _, method = name.rpartition(".")
        given = self.arguments(node).positional
        if method == "insert" and owner and len(given) == 2:
            key = _KEY.match(given[0].text())
            return [Binding(owner, given[1], "augment", key=(key[1] or key[2]) if key else None)]
        if method in ("push_str", "push", "insert_str", "extend_from_slice", "extend") and owner and given:
            return [Binding(owner, given[-1], "augment")]
        if method in ("read_line", "read_to_string", "read_to_end", "read") and given:
            target = self.dotted(given[-1])
            return (
                [Binding(target, node, "assign")]
                if target and given[-1].kind() == "reference_expression"
                else []
            )
        if name in ("write!", "writeln!") and given and given[0].kind() == "identifier":
            return [Binding(given[0].text(), node, "augment")]
        return []

    def members(self, root: Node) -> list[tuple[str, str]]:
        """The fields of structures."""
        return [
            (name.text(), kind.text())
            for each in visit(root, ("field_declaration",))
            if (name := each.field("name")) is not None and (kind := each.field("type")) is not None
        ]

    def enumerated(self, root: Node) -> frozenset[str]:
        """Enumerations of which no variant holds anything."""
        return frozenset(
            name.text()
            for each in visit(root, ("enum_item",))
            if (name := each.field("name")) is not None and "(" not in each.text() and ":" not in each.text()
        )

    def held(self, root: Node) -> Iterator[tuple[Node, int, int]]:
        """What ``ok.then(|| …)`` and ``ok.then_some(…)`` ask first, in the whole statement that they are a part of."""
        for node in visit(root, ("call_expression",)) if ".then" in root.text() else ():
            callee = node.field("function")
            condition = callee.field("value") if callee is not None else None
            if condition is None or self.dotted(node).rpartition(".then")[2] not in (".()", "_some.()"):
                continue
            statement, outer = node, node.parent()
            while outer is not None and outer.kind() not in ("block", "source_file", "closure_expression"):
                statement, outer = outer, outer.parent()
            yield condition, statement.range().start.index, node.range().end.index

    def imports(self, node: Node) -> list[tuple[str, str]]:
        """Local names and what they stand for, by type or by the last module."""
        argument = node.field("argument")
        return [
            (local, name)
            for local, path in (_used(argument, "") if argument is not None else ())
            if (name := canonical(_MODULE.sub("", path))) != local
        ]

    def imported(self, node: Node) -> list[str]:
        """Full paths of what is imported."""
        argument = node.field("argument")
        return [path.replace("::", ".") for _, path in (_used(argument, "") if argument is not None else ())]

    def signature(self, node: Node) -> tuple[str, ...]:
        """The names of the parameters in order."""
        listed = node.field("parameters")
        return tuple(
            pattern.text()
            for part in (items(listed) if listed is not None else ())
            if part.kind() == "parameter" and (pattern := part.field("pattern")) is not None
        )

    def returned(self, node: Node) -> list[Node]:
        """What ``return`` gives, and the last expression of the body."""
        body = node.field("body")
        if body is None:
            return []
        found = [inner[0] for each in body.find_all(kind="return_expression") if (inner := items(each))]
        inside = items(body)
        if inside and not inside[-1].kind().endswith(("statement", "declaration", "item")):
            found.append(inside[-1])
        return found

    def inputs(self, node: Node) -> frozenset[str]:
        """Parameters that actix, axum or rocket fill from the request."""
        listed = node.field("parameters")
        if listed is None:
            return frozenset()
        names: set[str] = set()
        for part in items(listed):
            declared, pattern = part.field("type"), part.field("pattern")
            if declared is not None and pattern is not None:
                names.update(_extracted(pattern.text(), declared.text()))
        before = node.prev()
        for _ in range(3):
            if before is None or before.kind() not in ("attribute_item", "line_comment"):
                break
            if _ROUTED.match(before.text()):
                names.update(_ROUTE.findall(before.text()))
            before = before.prev()
        return frozenset(names)

    def dotted(self, node: Node) -> str:
        """``a.b`` for ``a.b`` and ``a::b``, paths cut to the type or the last module; ``f().g``, ``a[].b``."""
        tail: list[str] = []
        for _ in range(MAX_DEPTH):
            kind = node.kind()
            if kind in NAMES:
                return ".".join([node.text(), *reversed(tail)])
            if kind in PATHS:
                return ".".join([canonical(_GENERIC.sub("", node.text())), *reversed(tail)])
            inner = None
            if kind == "field_expression":
                part, inner = node.field("field"), node.field("value")
                tail.append(part.text() if part is not None else "")
            elif kind in ("call_expression", "struct_expression"):
                inner = self.callee(node)
                tail.append("()")
            elif kind == "index_expression":
                inner = next(iter(items(node)), None)
                tail.append("[]")
            elif kind in WRAPPERS:
                inner = next(iter(items(node)), None)
                if inner is not None and inner.kind() == "mutable_specifier":
                    inner = items(node)[-1]
            if inner is None:
                return ".".join(["", *reversed(tail)]) if tail else ""
            node = inner
        return ""


_EXTRACTOR: Final = re.compile(r"(?:mut\s+)?(?:\w+::)*(\w+)\s*\((.*)\)$", re.DOTALL)
_GIVEN: Final = re.compile(
    r"(?i)state|extension|data$|conn|pool|^db|inject|service|config|auth|user|session|claim"
)
"""Extractors that give what the program itself has."""
_KEY: Final = re.compile(r'"([^"]*)"(?:\.(?:to_string|to_owned|into)\(\))?$|String::from\("([^"]*)"\)$')


def _extracted(pattern: str, declared: str) -> list[str]:
    """The names that an extractor (``Query(q): Query<Search>``, under whatever alias) fills from a request; those of
    which it makes numbers left out."""
    taken = _EXTRACTOR.match(pattern)
    kind, bracket, inner = declared.partition("<")
    same = taken is not None and bool(bracket) and kind.strip().rpartition("::")[2] == taken[1]
    if not _TAINTED_TYPE.search(declared) and not (same and not _GIVEN.search(kind)):
        return []
    names = [name for name in _WORD.findall(taken[2] if taken is not None else pattern) if name != "mut"]
    inside = inner.rpartition(">")[0].strip()
    parts = [part.strip() for part in inside.strip("()").split(",")] if "<" not in inside else [inside]
    if len(parts) == len(names):
        return [name for name, part in zip(names, parts, strict=True) if not carries_no_text(part)]
    return names


_MODULE: Final = re.compile(r"^(?:std|core|alloc|tokio|async_std)::(?=[a-z_]+$)")
"""What stands directly in these is a module: ``use std::env;`` makes ``env::args`` of it, not ``std::env::args``."""


def _name_before(tree: Node) -> str:
    """What a call inside a macro calls: the path before its parentheses, of which the grammar gives words only."""
    parent = tree.parent()
    if parent is None or parent.kind() != "token_tree" or not tree.text().startswith("("):
        return ""
    words: list[str] = []
    before = tree.prev()
    while (
        before is not None and before.kind() in ("identifier", "::", ".", "self") and len(words) < MAX_DEPTH
    ):
        words.append(before.text())
        before = before.prev()
    head, dot, method = "".join(reversed(words)).rpartition(".")
    return f"{head}{dot}{method}" if dot else canonical(method)


def _type(text: str) -> str:
    return canonical(
        _GENERIC.sub("", re.sub(r"^(?:&\s*)?(?:'\w+\s+)?(?:mut\s+)?(?:impl\s+|dyn\s+)?", "", text))
    )


def _used(node: Node, prefix: str) -> list[tuple[str, str]]:
    """(local name, full path) of everything that a ``use`` names."""
    kind = node.kind()
    if kind == "use_as_clause":
        path, alias = node.field("path"), node.field("alias")
        return [(alias.text(), prefix + path.text())] if path is not None and alias is not None else []
    if kind == "scoped_use_list":
        path, listed = node.field("path"), node.field("list")
        base = prefix + (f"{path.text()}::" if path is not None else "")
        return _used(listed, base) if listed is not None else []
    if kind == "use_list":
        return [each for part in items(node) for each in _used(part, prefix)]
    if kind == "self":
        path_text = prefix.removesuffix("::")
        return [(path_text.rpartition("::")[2], path_text)]
    if kind == "use_wildcard":
        return []
    text = node.text()
    return [(text.rpartition("::")[2], prefix + text)]
