"""What expressions of Rust are worth, those inside macros included."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Arguments, Dialect, Scope
from tieout_code_shield.dialects.containers import item_of
from tieout_code_shield.dialects.folding import collected, combined
from tieout_code_shield.dialects.gathering import tagged
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


__all__ = ["MAX_DEPTH", "NAMES", "PATHS", "WRAPPERS", "RustValues", "canonical", "groups", "items"]

_SAME: Final = frozenset(
    {"to_string", "to_owned", "into", "clone", "unwrap", "expect", "as_str", "as_bytes", "as_ref", "trim", "into_bytes",
     "to_lowercase", "to_uppercase", "unwrap_or_default", "as_mut", "into_owned", "to_vec", "as_slice",
     "into_boxed_str",
     "unwrap_or", "unwrap_or_else", "ok", "to_string_lossy", "into_string", "iter", "into_iter", "as_os_str",
     "to_str", "join",
     "replace", "into_inner", "get", "cloned", "collect", "as_path", "to_path_buf", "nth", "next", "skip", "ok_or",
     "map_err",
     "ok_or_else", "as_deref", "borrow", "deref", "concat", "display", "lines", "trim_end", "trim_start", "await",
     "context"}
)  # fmt: skip
_CONVERSIONS: Final = frozenset(
    {"String.from", "Some", "Ok", "Box.new", "Path.new", "PathBuf.from", "OsString.from", "String.from_utf8",
     "String.from_utf8_lossy", "str.from_utf8", "Cow.from", "CString.new", "Arc.new", "Rc.new", "OsStr.new", "Vec.from",
     "Cow.Borrowed", "Cow.Owned", "Url.parse", "Regex.new", "AssertSqlSafe", "Cursor.new", "SqlStr.from"}
)  # fmt: skip
_MAPS: Final = frozenset({"HashMap.new", "BTreeMap.new", "HashMap.with_capacity", "HashMap.default"})
_FORMATS: Final = frozenset(
    {"format", "concat", "format_args", "formatcp", "const_format.formatcp", "write", "writeln"}
)
_PLACEHOLDER: Final = re.compile(r"\{\{|\}\}|\{([\w.]*)(?::[^{}]*)?\}")
NAMES: Final = frozenset(
    {"identifier", "field_identifier", "type_identifier", "self", "primitive_type", "shorthand_field_identifier",
    "super",
     "crate", "metavariable"}
)  # fmt: skip
PATHS: Final = frozenset({"scoped_identifier", "scoped_type_identifier", "generic_type", "generic_function"})
WRAPPERS: Final = frozenset(
    {"reference_expression", "try_expression", "await_expression", "parenthesized_expression", "unary_expression",
     "type_cast_expression", "async_block", "unsafe_block"}
)  # fmt: skip
MAX_DEPTH: Final = 16


class RustValues(Dialect):
    """Evaluates expressions; the dialect adds how names and arguments are spelled."""

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
        if kind in NAMES or kind in PATHS:
            return self._named(self.dotted(node), scope)
        if kind == "field_expression":
            return self._member(self.dotted(node), scope)
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

    def _member(self, name: str, scope: Scope) -> Value:
        value = self._named(name, scope)
        root = scope.lookup(name.partition(".")[0])
        if root is not None and root.tainted and not value.constant:
            # What was checked of the member holds for it, whatever it is a member of.
            checked = frozenset[str]().union(*(each.through for each in value.leaves))
            return Value("other", None, merged([value, tagged(root, checked)]))
        return value

    def _operator(self, node: Node, scope: Scope, depth: int) -> Value:
        sides = self.sides(node, scope, depth)
        return combined(*sides) if sides is not None else UNKNOWN

    def _call(self, node: Node, scope: Scope, depth: int) -> Value:
        callee = node.field("function")
        if callee is None:
            return UNKNOWN
        name = scope.qualified(self.dotted(callee))
        given = [self.evaluate(part, scope, depth + 1) for part in self.arguments(node).positional]
        if name in _CONVERSIONS and given:
            return given[0]
        if name in _MAPS:
            return collected([])
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
        known = self._from_collection(method, base, given, node, scope, depth)
        if known is not None:
            return known
        if not base.tainted and method not in _SAME:
            # A method of a structure of this text; what it makes of its arguments stands there.
            result = scope.result(method, given, {})
            if result is not None:
                return result
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

    def _from_collection(
        self, method: str, base: Value, given: list[Value], node: Node, scope: Scope, depth: int
    ) -> Value | None:
        """What a method reads of a list or map that is known item by item, or makes of each item of any."""
        if method in ("get", "get_mut", "nth") and given:
            return item_of(base, given[0])
        if method == "then_some" and given:
            return given[0]
        if method not in ("map", "then"):
            return None
        body = next((part.field("body") for part in self.arguments(node).positional), None)
        each = self.evaluate(body, scope, depth + 1) if body is not None else UNKNOWN
        if method == "then":
            return each if body is not None else None
        return constant("collection", each.text) if each.constant and each.kind == "string" else None

    def _macro(self, node: Node, scope: Scope) -> Value:
        macro = node.field("macro")
        name = macro.text().rpartition("::")[2] if macro is not None else ""
        tree = next((child for child in node.children() if child.kind() == "token_tree"), None)
        if tree is None:
            return UNKNOWN
        given = groups(tree)
        if name == "vec":
            return collected([self._tokens(group, scope) for group in given])
        if name in ("env", "option_env", "include_str", "stringify", "include_bytes"):
            return constant("string")
        if name not in _FORMATS:
            return called(f"{name}!", [self._tokens(group, scope) for group in given], source=False)
        if name in ("write", "writeln"):
            given = given[1:]
        values = [self._tokens(group, scope) for group in given]
        if name == "concat":
            return joined(values)
        return self._filled(given, values, scope)

    def _filled(self, parts: list[list[Node]], values: list[Value], scope: Scope) -> Value:
        """``format!("… {} {name}", a, name = b)``."""
        if not values or values[0].text is None:
            return Value("other", None, merged(values), built=len(values) > 1)
        named = {
            group[0].text(): self._tokens(group[2:], scope)
            for group in parts[1:]
            if len(group) > 2 and group[1].kind() == "="
        }
        positional = [
            value
            for group, value in zip(parts[1:], values[1:], strict=True)
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
        if all(word.kind() in NAMES or word.kind() == "." for word in words):
            return self._member("".join(word.text() for word in words), scope)
        if len(words) == 2 and first.kind() == "identifier" and words[1].kind() == "token_tree":
            given = [self._tokens(each, scope) for each in groups(words[1])]
            if words[1].text().startswith("[") and len(given) == 1:
                result = item_of(self._named(first.text(), scope), given[0])
            else:
                result = scope.result(first.text(), given, {})
            if result is not None:
                return result
        parts: list[str] = []
        functions: set[str] = set()
        for index, word in enumerate(words):
            if word.kind() == "token_tree":
                if parts:
                    functions.add(parts[-1])
                if index and "(" not in "".join(parts):
                    parts.append("()")
            elif word.kind() in NAMES:
                parts.append(word.text())
        head = ".".join(parts[: parts.index("()")] if "()" in parts else parts)
        qualified = scope.qualified(canonical(head.replace(".", "::")) if "()" in parts else head)
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
        inner = items(node)
        if kind in WRAPPERS and inner:
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
            known = collected([self.evaluate(part, scope, depth + 1) for part in parts])
            return known if kind == "array_expression" else replace(known, items=())
        if kind == "closure_expression":
            return constant("function")
        if kind == "index_expression" and inner:
            value = self.evaluate(inner[0], scope, depth + 1)
            found = item_of(value, self.evaluate(inner[-1], scope, depth + 1)) if len(inner) == 2 else None
            if found is not None or value.constant:
                return found or value
            return leaf(scope.qualified(self.dotted(node)), "subscript", tainted=value.tainted)
        return UNKNOWN


def items(node: Node) -> list[Node]:
    """The named children, without comments, attributes and what the grammar could not read."""
    return [
        child
        for child in node.children()
        if child.is_named()
        and child.kind() not in ("line_comment", "block_comment", "ERROR", "attribute_item")
    ]


def groups(tree: Node) -> list[list[Node]]:
    """The tokens of a macro's arguments, parted by commas."""
    found: list[list[Node]] = [[]]
    for child in tree.children()[1:-1]:
        if child.kind() == ",":
            found.append([])
        else:
            found[-1].append(child)
    return [group for group in found if group]


def _names(tree: Node) -> list[str]:
    return [child.text() for child in tree.children() if child.kind() == "identifier"][:4]


def _text(node: Node) -> str:
    return "".join(
        child.text() for child in node.children() if child.kind() in ("string_content", "escape_sequence")
    )


def canonical(path: str) -> str:
    """A path from its type on, or its last module and name: ``std::process::Command::new`` is ``Command.new``."""
    parts = [part for part in path.replace(" ", "").split("::") if part]
    for index, part in enumerate(parts):
        if part[:1].isupper():
            return ".".join(parts[index:])
    return ".".join(parts[-2:])
