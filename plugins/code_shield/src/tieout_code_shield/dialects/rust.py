"""Rust's syntax tree."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Arguments, BindForm, Binding, CommonDialect, Role, Scope
from tieout_code_shield.values import (
    HOLE,
    UNKNOWN,
    Leaf,
    Value,
    alternatives,
    called,
    constant,
    joined,
    leaf,
    merged,
)

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.walk import Site, Walk

__all__ = ["RustDialect"]

MAX_DEPTH: Final = 16

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
_NAMES: Final = frozenset(
    {"identifier", "field_identifier", "type_identifier", "self", "primitive_type", "shorthand_field_identifier", "super",
     "crate", "metavariable"}
)  # fmt: skip
_PATHS: Final = frozenset({"scoped_identifier", "scoped_type_identifier", "generic_type", "generic_function"})
_WRAPPERS: Final = frozenset(
    {"reference_expression", "try_expression", "await_expression", "parenthesized_expression", "unary_expression",
     "type_cast_expression", "async_block", "unsafe_block"}
)  # fmt: skip
_SAME: Final = frozenset(
    {"to_string", "to_owned", "into", "clone", "unwrap", "expect", "as_str", "as_bytes", "as_ref", "trim", "into_bytes",
     "to_lowercase", "to_uppercase", "unwrap_or_default", "as_mut", "into_owned", "to_vec", "as_slice", "into_boxed_str",
     "unwrap_or", "unwrap_or_else", "ok", "to_string_lossy", "into_string", "iter", "into_iter", "as_os_str", "to_str", "join",
     "replace", "into_inner", "get", "cloned", "collect", "as_path", "to_path_buf", "nth", "next", "skip", "ok_or", "map_err",
     "ok_or_else", "as_deref", "borrow", "deref", "concat", "display", "lines", "trim_end", "trim_start", "await", "context"}
)  # fmt: skip
_CONVERSIONS: Final = frozenset(
    {"String.from", "Some", "Ok", "Box.new", "Path.new", "PathBuf.from", "OsString.from", "String.from_utf8",
     "String.from_utf8_lossy", "str.from_utf8", "Cow.from", "CString.new", "Arc.new", "Rc.new", "OsStr.new", "Vec.from",
     "Cow.Borrowed", "Cow.Owned", "Url.parse", "AssertSqlSafe", "Cursor.new", "SqlStr.from"}
)  # fmt: skip
_FORMATS: Final = frozenset(
    {"format", "concat", "format_args", "formatcp", "const_format.formatcp", "write", "writeln"}
)
_PLACEHOLDER: Final = re.compile(r"\{\{|\}\}|\{([\w.]*)(?::[^{}]*)?\}")
_TAINTED_TYPE: Final = re.compile(
    r"\b(?:Query|Path|Form|Json|TypedHeader)\s*<|\b(?:Multipart|RawQuery|RawForm|CookieJar|TempFile|web::Bytes|web::Payload)\b"
)
_ROUTE: Final = re.compile(r"<(\w+)(?:\.\.)?>")
_ROUTED: Final = re.compile(r"#\[(?:get|post|put|delete|patch|head|options|route)\s*\(")
_WORD: Final = re.compile(r"\w+")
_GENERIC: Final = re.compile(r"(?:::)?<[^<>]*(?:<[^<>]*(?:<[^<>]*>[^<>]*)*>[^<>]*)*>")
_CONSTRUCTOR: Final = re.compile(r"^(.*[A-Z]\w*)\.(?:new|from|default|builder|create|open|connect|with_\w+)$")


class RustDialect(CommonDialect):
    """How Rust spells what the engine looks for."""

    name = "rust"
    kinds = tuple(_ROLES)
    sources = (
        "env.args", "env.args_os", "os.args", "env.var", "env.var_os", "io.stdin", "stdin", "io.read_to_string", "Args.parse",
        "Cli.parse", "Opt.parse", "req.query_string", "req.match_info", "req.uri", "req.headers", "req.path", "req.cookie",
        "HttpRequest.query_string", "HttpRequest.match_info", "HttpRequest.headers", "HttpRequest.uri", "HttpRequest.cookie",
        "request.uri", "request.headers", "request.query", "request.body", "cookies.get", "jar.get", "warp.path.param",
        "warp.query", "params.get", "query.get", "TcpStream.read", "stream.read", "socket.recv", "form.get",
    )  # fmt: skip
    canary = 'fn run(input: &str) {\n    Command::new("sh").arg("-c").arg(input).spawn().unwrap();\n}\n'

    @property
    def local_sources(self) -> tuple[str, ...]:
        """Arguments, environment and standard input."""
        return ("env.", "os.args", "io.stdin", "stdin", "io.read_to_string", "Args.", "Cli.", "Opt.")

    @property
    def branching(self) -> tuple[str, ...]:
        """Checks in ``if`` count."""
        return ("if_expression",)

    @property
    def growing(self) -> frozenset[str]:
        """None: texts that are put together are followed."""
        return frozenset()

    def role(self, kind: str) -> Role:
        """What a node is to the engine."""
        return _ROLES[kind]

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
                for group in _groups(node)
            )
            return Arguments(tuple(found[-1] for found in words if found))
        if node.kind() == "macro_invocation":
            tree = next((child for child in node.children() if child.kind() == "token_tree"), None)
            return Arguments(tuple(_items(tree)) if tree is not None else ())
        named: dict[str, Node] = {}
        positional: list[Node] = []
        for part in _items(listed) if listed is not None else ():
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
            if value.kind() not in _WRAPPERS and value.kind() != "call_expression":
                break
            callee = value.field("function")
            if callee is not None and callee.kind() == "field_expression":
                inner = callee.field("value")
            elif callee is not None:
                found = _CONSTRUCTOR.match(self.dotted(callee))
                return found[1] if found else ""
            else:
                inner = next(iter(_items(value)), None)
            if inner is None:
                break
            value = inner
        return ""

    def effects(self, node: Node, name: str) -> list[Binding]:
        """``text.push_str(x)`` adds to it; ``stdin.read_line(&mut line)`` and ``write!(text, …)`` fill it."""
        owner, _, method = name.rpartition(".")
        given = self.arguments(node).positional
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

    def imports(self, node: Node) -> list[tuple[str, str]]:
        """Local names and what they stand for, by type or by the last module."""
        argument = node.field("argument")
        return [
            (local, canonical)
            for local, path in (_used(argument, "") if argument is not None else ())
            if (canonical := _canonical(path)) != local
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
            for part in (_items(listed) if listed is not None else ())
            if part.kind() == "parameter" and (pattern := part.field("pattern")) is not None
        )

    def returned(self, node: Node) -> list[Node]:
        """What ``return`` gives, and the last expression of the body."""
        body = node.field("body")
        if body is None:
            return []
        found = [inner[0] for each in body.find_all(kind="return_expression") if (inner := _items(each))]
        inside = _items(body)
        if inside and not inside[-1].kind().endswith(("statement", "declaration", "item")):
            found.append(inside[-1])
        return found

    def inputs(self, node: Node) -> frozenset[str]:
        """Parameters that actix, axum or rocket fill from the request."""
        listed = node.field("parameters")
        if listed is None:
            return frozenset()
        names: set[str] = set()
        for part in _items(listed):
            declared, pattern = part.field("type"), part.field("pattern")
            if declared is not None and pattern is not None and _TAINTED_TYPE.search(declared.text()):
                names.update(_WORD.findall(pattern.text()))
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
            if kind in _NAMES:
                return ".".join([node.text(), *reversed(tail)])
            if kind in _PATHS:
                return ".".join([_canonical(_GENERIC.sub("", node.text())), *reversed(tail)])
            inner = None
            if kind == "field_expression":
                part, inner = node.field("field"), node.field("value")
                tail.append(part.text() if part is not None else "")
            elif kind in ("call_expression", "struct_expression"):
                inner = self.callee(node)
                tail.append("()")
            elif kind == "index_expression":
                inner = next(iter(_items(node)), None)
                tail.append("[]")
            elif kind in _WRAPPERS:
                inner = next(iter(_items(node)), None)
                if inner is not None and inner.kind() == "mutable_specifier":
                    inner = _items(node)[-1]
            if inner is None:
                return ".".join(["", *reversed(tail)]) if tail else ""
            node = inner
        return ""

    def evaluate(self, node: Node, scope: Scope, depth: int = 0) -> Value:
        """Fold strings and constants; anything else becomes a leaf with its name."""
        if depth > MAX_DEPTH:
            return UNKNOWN
        kind = node.kind()
        if kind in ("string_literal", "raw_string_literal", "byte_string_literal"):
            return constant("string", _text(node))
        if kind in ("integer_literal", "float_literal", "char_literal"):
            return constant("number", node.text().replace("_", ""))
        if kind == "boolean_literal":
            return constant("true" if node.text() == "true" else "false")
        if kind in _NAMES or kind in _PATHS:
            return self._named(self.dotted(node), scope)
        if kind == "field_expression":
            return self._member(node, scope)
        if kind == "call_expression":
            return self._call(node, scope, depth)
        if kind == "macro_invocation":
            return self._macro(node, scope)
        if kind == "binary_expression":
            return self._operator(node, scope, depth)
        return self._other(node, kind, scope, depth)

    def _named(self, name: str, scope: Scope) -> Value:
        found = scope.lookup(name)
        if found is not None:
            return found
        qualified = scope.qualified(name)
        if qualified == "None":
            return constant("none")
        return leaf(qualified, "attribute" if "." in name else "name", tainted=scope.is_source(qualified))

    def _member(self, node: Node, scope: Scope) -> Value:
        name = self.dotted(node)
        value = self._named(name, scope)
        root = scope.lookup(name.partition(".")[0])
        if root is not None and root.tainted and not value.constant:
            return Value("other", None, merged([value, root]))
        return value

    def _operator(self, node: Node, scope: Scope, depth: int) -> Value:
        left, right, operator = node.field("left"), node.field("right"), node.field("operator")
        if left is None or right is None or operator is None:
            return UNKNOWN
        a, b = self.evaluate(left, scope, depth + 1), self.evaluate(right, scope, depth + 1)
        if operator.text() == "+" and not (a.kind == b.kind == "number"):
            return joined([a, b])
        return Value("number" if a.kind == b.kind == "number" else "other", None, merged([a, b]))

    def _call(self, node: Node, scope: Scope, depth: int) -> Value:
        callee = node.field("function")
        if callee is None:
            return UNKNOWN
        name = scope.qualified(self.dotted(callee))
        given = [self.evaluate(part, scope, depth + 1) for part in self.arguments(node).positional]
        if name in _CONVERSIONS and given:
            return given[0]
        if name in ("String.new", "Vec.new", "String.with_capacity", "Vec.with_capacity"):
            return constant("string", "")
        result = scope.result(name, given, {})
        if result is not None:
            return result
        source = scope.is_source(name)
        receiver = callee.field("value") if callee.kind() == "field_expression" else None
        if receiver is None:
            return called(name, given, source=source)
        base = self.evaluate(receiver, scope, depth + 1)
        method = name.rpartition(".")[2]
        if method == "parse":
            return Value(
                "number", None, tuple(replace(each, through=each.through | {"parse"}) for each in base.leaves)
            )
        if method in ("join", "concat") and base.kind == "collection":
            return Value("string", base.text, merged([base, *given]), built=bool(base.leaves))
        if method == "join" and given:
            return joined([base, *given])
        if method in _SAME and not source:
            return Value(base.kind, base.text, merged([base, *given]), built=base.built)
        return called(name, [base, *given], source=source)

    def _macro(self, node: Node, scope: Scope) -> Value:
        macro = node.field("macro")
        name = macro.text().rpartition("::")[2] if macro is not None else ""
        tree = next((child for child in node.children() if child.kind() == "token_tree"), None)
        if tree is None:
            return UNKNOWN
        groups = _groups(tree)
        if name == "vec":
            values = [self._tokens(group, scope) for group in groups]
            return Value(
                "collection", " ".join(value.text or HOLE for value in values) or None, merged(values)
            )
        if name in ("env", "option_env", "include_str", "stringify", "include_bytes"):
            return constant("string")
        if name not in _FORMATS:
            return called(f"{name}!", [self._tokens(group, scope) for group in groups], source=False)
        if name in ("write", "writeln"):
            groups = groups[1:]
        values = [self._tokens(group, scope) for group in groups]
        if name == "concat":
            return joined(values)
        return self._filled(groups, values, scope)

    def _filled(self, groups: list[list[Node]], values: list[Value], scope: Scope) -> Value:
        """``format!("… {} {name}", a, name = b)``."""
        if not values or values[0].text is None:
            return Value("other", None, merged(values), built=len(values) > 1)
        named = {
            group[0].text(): self._tokens(group[2:], scope)
            for group in groups[1:]
            if len(group) > 2 and group[1].kind() == "="
        }
        positional = [
            value
            for group, value in zip(groups[1:], values[1:], strict=True)
            if not (len(group) > 1 and group[1].kind() == "=")
        ]
        unused = iter(positional)
        leaves: list[Leaf] = []

        def fill(found: re.Match[str]) -> str:
            word = found[1]
            if word is None:
                return found[0][0]
            if not word:
                value = next(unused, UNKNOWN)
            elif word.isdigit():
                value = positional[int(word)] if int(word) < len(positional) else UNKNOWN
            else:
                value = named[word] if word in named else self._named(word, scope)
            leaves.extend(value.leaves)
            return HOLE if value.text is None else value.text

        text = _PLACEHOLDER.sub(fill, values[0].text)
        kept = tuple(dict.fromkeys(leaves))
        return Value("string", text, kept, built=bool(kept))

    def _tokens(self, group: list[Node], scope: Scope) -> Value:
        """The value of an expression inside a macro, of which the grammar gives words only."""
        words = [each for each in group if each.kind() not in ("&", "mut", "mutable_specifier", "*")]
        if not words:
            return UNKNOWN
        first = words[0]
        if len(words) == 1 and first.kind() != "token_tree":
            return self.evaluate(first, scope)
        if first.kind().endswith("string_literal"):
            return constant("string", _text(first))
        parts: list[str] = []
        functions: set[str] = set()
        for index, word in enumerate(words):
            if word.kind() == "token_tree":
                if parts:
                    functions.add(parts[-1])
                if index and "(" not in "".join(parts):
                    parts.append("()")
            elif word.kind() in _NAMES:
                parts.append(word.text())
        head = ".".join(parts[: parts.index("()")] if "()" in parts else parts)
        qualified = scope.qualified(_canonical(head.replace(".", "::")) if "()" in parts else head)
        if scope.is_source(qualified):
            return leaf(qualified, "call", tainted=True)
        root = scope.lookup(parts[0]) if parts else None
        inside = [
            self._named(word, scope) for tree in words if tree.kind() == "token_tree" for word in _names(tree)
        ]
        base = root if root is not None else leaf(qualified, "call" if functions else "name")
        leaves = merged([base, *inside]) if functions - _SAME else base.leaves
        return Value("other", None, tuple(replace(each, through=each.through | functions) for each in leaves))

    def _other(self, node: Node, kind: str, scope: Scope, depth: int) -> Value:
        inner = _items(node)
        if kind in _WRAPPERS and inner:
            return self.evaluate(inner[0] if kind == "type_cast_expression" else inner[-1], scope, depth + 1)
        if kind == "if_expression":
            branches = [
                part for name in ("consequence", "alternative") if (part := node.field(name)) is not None
            ]
            return (
                alternatives([self.evaluate(part, scope, depth + 1) for part in branches])
                if branches
                else UNKNOWN
            )
        if kind in ("block", "else_clause", "let_chain") and inner:
            return self.evaluate(inner[-1], scope, depth + 1)
        if kind in ("array_expression", "tuple_expression", "struct_expression"):
            arguments = self.arguments(node) if kind == "struct_expression" else Arguments(tuple(inner))
            parts = (*arguments.positional, *arguments.named.values())
            values = [self.evaluate(part, scope, depth + 1) for part in parts]
            text = " ".join(value.text or HOLE for value in values) or None
            return Value("collection", text, merged(values))
        if kind == "closure_expression":
            return constant("function")
        if kind == "index_expression" and inner:
            value = self.evaluate(inner[0], scope, depth + 1)
            if value.constant:
                return value
            return leaf(scope.qualified(self.dotted(node)), "subscript", tainted=value.tainted)
        return UNKNOWN

    def check(self, name: str, walk: Walk, site: Site) -> bool:
        """``undocumented``: nothing before or in an unsafe block says why it is sound.

        A text in which such blocks are the rule is a binding to a library, and says nothing by having them.

        Raises:
            KeyError: Any other name.
        """
        if name != "undocumented":
            raise KeyError(name)
        text = walk.root.text()
        before = text[max(0, site.start - REASON_CHARACTERS) : site.start]
        said = before + site.node.text()[:REASON_CHARACTERS].replace("unsafe", "")
        return re.search(r"(?i)\bsafe(?:ty)?\b", said) is None and len(_UNSAFE.findall(text)) < MANY_BLOCKS


_UNSAFE: Final = re.compile(r"\bunsafe\s*\{")
MANY_BLOCKS: Final = 4
REASON_CHARACTERS: Final = 600
"""How far before an unsafe block its reason may stand."""


def _items(node: Node) -> list[Node]:
    return [
        child
        for child in node.children()
        if child.is_named()
        and child.kind() not in ("line_comment", "block_comment", "ERROR", "attribute_item")
    ]


def _groups(tree: Node) -> list[list[Node]]:
    """The tokens of a macro's arguments, parted by commas."""
    found: list[list[Node]] = [[]]
    for child in tree.children()[1:-1]:
        if child.kind() == ",":
            found.append([])
        else:
            found[-1].append(child)
    return [group for group in found if group]


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
    return f"{head}{dot}{method}" if dot else _canonical(method)


def _names(tree: Node) -> list[str]:
    return [child.text() for child in tree.children() if child.kind() == "identifier"][:4]


def _text(node: Node) -> str:
    return "".join(
        child.text() for child in node.children() if child.kind() in ("string_content", "escape_sequence")
    )


def _type(text: str) -> str:
    return _canonical(
        _GENERIC.sub("", re.sub(r"^(?:&\s*)?(?:'\w+\s+)?(?:mut\s+)?(?:impl\s+|dyn\s+)?", "", text))
    )


def _canonical(path: str) -> str:
    """A path from its type on, or its last module and name: ``std::process::Command::new`` is ``Command.new``."""
    parts = [part for part in path.replace(" ", "").split("::") if part]
    for index, part in enumerate(parts):
        if part[:1].isupper():
            return ".".join(parts[index:])
    return ".".join(parts[-2:])


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
        return [each for part in _items(node) for each in _used(part, prefix)]
    if kind == "self":
        path_text = prefix.removesuffix("::")
        return [(path_text.rpartition("::")[2], path_text)]
    if kind == "use_wildcard":
        return []
    text = node.text()
    return [(text.rpartition("::")[2], prefix + text)]
