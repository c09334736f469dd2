"""What expressions of Go are worth."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Dialect, Scope
from tieout_code_shield.dialects.containers import appended, item_of, stored
from tieout_code_shield.dialects.folding import collected, combined, operated, printed
from tieout_code_shield.dialects.gathering import named, tagged
from tieout_code_shield.dialects.nodes import items
from tieout_code_shield.values import (
    MAX_KNOWN,
    UNKNOWN,
    Leaf,
    Value,
    ValueKind,
    called,
    constant,
    joined,
    leaf,
    merged,
)

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node


__all__ = ["MAX_DEPTH", "GoValues", "text_of"]

_CONSTANTS: Final[dict[str, ValueKind]] = {
    "true": "true",
    "false": "false",
    "nil": "none",
    "func_literal": "function",
    "float_literal": "number",
    "imaginary_literal": "number",
    "iota": "number",
    "var_spec": "string",
}
_SAME: Final = frozenset(
    {"string", "strings.TrimSpace", "strings.ToLower", "strings.ToUpper", "strings.Trim", "strings.TrimPrefix",
     "strings.TrimSuffix", "strings.TrimLeft", "strings.TrimRight", "strings.Title", "strings.Replace", "strings.Clone",
     "strings.ReplaceAll", "strings.NewReader", "bytes.NewReader", "bytes.NewBufferString", "bytes.NewBuffer",
     "strings.Split", "strings.Fields", "strings.SplitN", "ioutil.ReadAll", "io.ReadAll", "url.QueryUnescape",
     "url.PathUnescape", "fmt.Sprint", "path.Join", "filepath.Join", "path.Clean", "filepath.Clean", "strings.Repeat",
     "bufio.NewReader", "bufio.NewScanner", "cast.ToString", "html.UnescapeString", "regexp.MustCompile"}
)  # fmt: skip
_JOINS: Final = frozenset({"fmt.Sprint", "path.Join", "filepath.Join", "fmt.Sprintln"})
_METHODS: Final = frozenset({"String", "Bytes", "Text", "Get"})
_VERB: Final = re.compile(r"%[-+# 0]*(?:\d+|\*)?(?:\.(?:\d+|\*))?(?:\[\d+\])?([a-zA-Z%])")
_NUMERIC: Final = frozenset("dfFgGeEtcbopUxXT")
_PARSERS: Final = re.compile(
    r"^(?:time\.Parse|strconv\.|uuid\.|net\.Parse|netip\.(?:Must)?Parse|\w+\.Error$|\w*err\.Error$|errors\.)"
)
"""Functions whose result is no text of the caller's choice."""
_NUMBERS: Final = frozenset(
    {"int", "int8", "int16", "int32", "int64", "uint", "uint8", "uint16", "uint32", "uint64", "float32", "float64",
     "bool", "byte", "rune", "time.Duration", "uintptr", "len", "cap"}
)  # fmt: skip
_COLLECTIONS: Final = frozenset({"slice_type", "map_type"})
_ESCAPES: Final = {"\\n": "\n", "\\t": "\t", '\\"': '"', "\\\\": "\\", "\\r": "\r"}
MAX_DEPTH: Final = 14


class GoValues(Dialect):
    """Evaluates expressions; the dialect adds how names and arguments are spelled."""

    def evaluate(self, node: Node, scope: Scope, depth: int = 0) -> Value:
        """Fold strings and constants; anything else becomes a leaf with its name."""
        if depth > MAX_DEPTH:
            return UNKNOWN
        kind = node.kind()
        if kind in ("interpreted_string_literal", "raw_string_literal"):
            return constant("string", text_of(node))
        if kind in ("int_literal", "rune_literal"):
            return constant("number", node.text())
        if (
            kind == "var_spec"
            and (declared := node.field("type")) is not None
            and declared.kind() in _COLLECTIONS
        ):
            return collected([])
        if kind == "assignment_statement":
            return self._assigned(node, scope, depth)
        if kind in _CONSTANTS:
            return constant(_CONSTANTS[kind], "" if kind == "var_spec" else None)
        if kind == "identifier":
            return named(node.text(), scope)
        if kind == "selector_expression":
            return self._member(node, scope)
        if kind == "call_expression":
            return self._call(node, scope, depth)
        if kind == "binary_expression":
            return self._operator(node, scope, depth)
        if kind in ("composite_literal", "literal_value"):
            return self._literal(node, scope, depth)
        return self._other(node, kind, scope, depth)

    def _member(self, node: Node, scope: Scope) -> Value:
        name = self.dotted(node)
        value = named(name, scope, "attribute")
        operand = node.field("operand")
        if (
            value.tainted
            or value.constant
            or operand is None
            or operand.kind() not in ("identifier", "selector_expression")
        ):
            return value
        root = scope.lookup(name.partition(".")[0])
        if root is not None and root.tainted:
            checked = frozenset[str]().union(*(each.through for each in value.leaves))
            return Value("other", None, merged([value, tagged(root, checked)]))
        return value

    def _operator(self, node: Node, scope: Scope, depth: int) -> Value:
        sides = self.sides(node, scope, depth)
        if sides is None:
            return UNKNOWN
        sign, left, right = sides
        numbers = left.constant and right.constant and left.kind == right.kind == "number"
        return operated(sign, left, right) if numbers else combined(sign, left, right)

    def _assigned(self, node: Node, scope: Scope, depth: int) -> Value:
        """A slice or map after ``x[key] = value``."""
        both = [items(part) for part in (node.field("left"), node.field("right")) if part is not None]
        if len(both) != 2 or any(len(each) != 1 for each in both):
            return UNKNOWN
        base, index = both[0][0].field("operand"), both[0][0].field("index")
        if base is None or index is None:
            return UNKNOWN
        value = self.evaluate(base, scope, depth + 1)
        if value.kind != "collection":
            return value
        return stored(
            value, self.evaluate(index, scope, depth + 1), self.evaluate(both[1][0], scope, depth + 1)
        )

    def _literal(self, node: Node, scope: Scope, depth: int) -> Value:
        arguments = self.arguments(node)
        values = [
            self.evaluate(part, scope, depth + 1)
            for part in (*arguments.positional, *arguments.named.values())
        ]
        known = collected(values)
        if arguments.named:
            pairs = zip(arguments.named, values, strict=True) if not arguments.positional else ()
            return replace(known, items=tuple(pairs) if len(values) <= MAX_KNOWN else ())
        return known

    def _call(self, node: Node, scope: Scope, depth: int) -> Value:
        callee = self.callee(node)
        if callee is None:
            return UNKNOWN
        name = scope.qualified(self.dotted(callee))
        arguments = self.arguments(node)
        given = [self.evaluate(part, scope, depth + 1) for part in arguments.positional]
        if name == "append" and given:
            more = (
                [value for _, value in given[-1].items] if arguments.spread and given[-1].items else given[1:]
            )
            return appended(given[0], more)
        if name == "make" and "byte" not in (kind := arguments.positional[0].text()) and kind[:1] in "[m":
            return collected([])
        if name == "len" and len(given) == 1 and given[0].items:
            return constant("number", str(len(given[0].items)))
        if name in ("fmt.Sprintf", "fmt.Errorf", "fmt.Fprintf"):
            format_and_values = given[1:] if name == "fmt.Fprintf" else given
            if not format_and_values:
                return Value()
            return printed(format_and_values[0], format_and_values[1:], _VERB, _NUMERIC)
        if name in ("strings.Join",) and given:
            return Value(
                "string",
                given[0].text,
                merged(given),
                built=bool(merged(given)) and given[0].text is not None,
            )
        if name in _JOINS and given:
            return joined(given)
        if name in _SAME and given:
            value = given[0]
            return Value(
                value.kind,
                value.text,
                tuple(_through(each, name) for each in value.leaves),
                built=value.built,
            )
        if name in _NUMBERS and given:
            return Value("number", given[0].text, tuple(_through(each, name) for each in given[0].leaves))
        result = scope.result(name, given, {})
        if result is not None:
            return result
        source = scope.is_source(name)
        if _PARSERS.match(name):
            return leaf(name, "call")
        if callee.kind() == "qualified_type":
            base = named(callee.text().partition(".")[0], scope)
        else:
            receiver = callee.field("operand") if callee.kind() == "selector_expression" else None
            if receiver is None:
                return called(name, given, source=source)
            base = self.evaluate(receiver, scope, depth + 1)
        method = name.rpartition(".")[2]
        if (
            method in _METHODS
            and not source
            and (base.constant or base.kind == "string" or base.built)
            and not given
        ):
            return base
        return called(name, [base, *given], source=source)

    def _other(self, node: Node, kind: str, scope: Scope, depth: int) -> Value:
        inner = items(node)
        if kind in ("parenthesized_expression", "unary_expression", "expression_list", "literal_element",
                    "type_assertion_expression", "slice_expression") and inner:  # fmt: skip
            return self.evaluate(inner[0], scope, depth + 1)
        if kind == "type_conversion_expression" and inner:
            if inner[0].kind() == "qualified_type":
                return self._call(node, scope, depth)
            return self.evaluate(inner[-1], scope, depth + 1)
        if kind == "index_expression":
            base = node.field("operand")
            value = self.evaluate(base, scope, depth + 1) if base is not None else UNKNOWN
            index = node.field("index")
            if value.items and index is not None:
                found = item_of(value, self.evaluate(index, scope, depth + 1))
                if found is not None:
                    return found
            if value.constant and value.kind in ("string", "collection"):
                return value
            name = scope.qualified(self.dotted(node))
            return leaf(name, "subscript", tainted=value.tainted or scope.is_source(name))
        return UNKNOWN


def _through(item: Leaf, name: str) -> Leaf:
    return Leaf(item.name, item.kind, item.tainted, item.through | {name})


def text_of(node: Node) -> str:
    parts: list[str] = []
    for child in node.children():
        kind = child.kind()
        if kind in ("interpreted_string_literal_content", "raw_string_literal_content"):
            parts.append(child.text())
        elif kind == "escape_sequence":
            parts.append(_ESCAPES.get(child.text(), child.text()))
    return "".join(parts)
