"""The syntax tree of Ruby."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import BindForm, Binding, Role, Scope
from tieout_code_shield.dialects.branches import run_by_condition
from tieout_code_shield.dialects.nodes import items
from tieout_code_shield.dialects.ruby_checks import CHECKS
from tieout_code_shield.dialects.ruby_names import key_text
from tieout_code_shield.dialects.ruby_values import RubyValues
from tieout_code_shield.values import APPENDED

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["RubyDialect"]

_ROLES: Final[dict[str, Role]] = {
    "call": "call",
    "subshell": "call",
    "regex": "call",
    "identifier": "call",
    "assignment": "bind",
    "operator_assignment": "bind",
    "pair": "bind",
    "optional_parameter": "bind",
    "keyword_parameter": "bind",
    "for": "bind",
    "method": "function",
    "singleton_method": "function",
    "binary": "compare",
}
_FUNCTIONS: Final = frozenset({"method", "singleton_method"})
_ALONE: Final = "skip_forgery_protection|byebug|debugger|rand"
"""Calls that are written as a bare word, and looked at all the same."""
_CHANGES: Final = frozenset({"insert", "merge!", "store", "replace", "clear", "update", "gsub!", "sub!"})
_GROWS: Final = frozenset({"concat", "append", "push", "<<"})
_IN_FRONT: Final = frozenset({"unshift", "prepend"})


class RubyDialect(RubyValues):
    """How Ruby spells what the engine looks for.

    ``A::B.c`` and ``a&.b`` are dotted names as ``a.b`` is; blocks are a part of the method they stand in.
    """

    roles = _ROLES
    growing = _CHANGES
    checks = CHECKS
    equalities = frozenset({"==", "!=", "==="})
    sources = (
        "params", "cookies", "gets", "ARGV", "ARGF", "STDIN.gets", "STDIN.read", "$stdin.gets", "$stdin.read",
        "$stdin.readline", "STDIN.readline",
        *(
            f"{at}{name}.{read}"
            for at in ("", "@")
            for name in ("input", "stdin", "io", "socket", "client", "connection", "conn")
            for read in ("gets", "readline", "readpartial")
        ),
        "request.params", "request.env", "request.body", "request.headers",
        "request.query_string", "request.path", "request.fullpath", "request.referer", "request.referrer",
        "request.url", "request.original_url", "request.user_agent", "request.host", "request.raw_post",
        "request.cookies", "request.GET", "request.POST", "request.query_parameters", "request.request_parameters",
        "request.parameters", "request.path_parameters", "request.path_info", "request.original_fullpath",
        "request.filtered_parameters", "req.params", "req.query", "req.body", "req.path", "req.cookies",
        "env.QUERY_STRING",
        "env.PATH_INFO", "env.HTTP_REFERER", "env.REQUEST_URI", "env.rack.request.query_hash", "controller.params",
        "self.params", "cgi.params", "CGI.new.params", "event.body", "event.queryStringParameters",
    )  # fmt: skip
    canary = "def run(expression)\n  eval(expression)\nend\n"

    @property
    def kinds(self) -> Sequence[str]:
        """Those of ``roles``; of bare words only those that are calls."""
        return tuple(kind if kind != "identifier" else f"identifier ^(?:{_ALONE})$" for kind in self.roles)

    local_sources = ("gets", "ARGV", "ARGF", "STDIN", "$stdin")

    def bindings(self, node: Node) -> list[Binding]:
        """Assignments (lists taken apart), keyword arguments and pairs, defaults and loops."""
        kind = node.kind()
        if kind in ("pair", "optional_parameter", "keyword_parameter"):
            key, value = node.field("key") or node.field("name"), node.field("value")
            if key is None or value is None:
                return []
            name = key_text(key) if kind == "pair" else key.text()
            return [Binding(name, value, "pair" if kind == "pair" else "default")] if name else []
        if kind == "for":
            target, value = node.field("pattern"), node.field("value")
            listed = items(value) if value is not None else []
            return self._take_apart(target, listed[-1], "loop") if target is not None and listed else []
        target, value = node.field("left"), node.field("right")
        if target is None or value is None:
            return []
        form: BindForm = "assign"
        if kind == "operator_assignment":
            operator = node.field("operator")
            form = "assign" if operator is not None and operator.text() in ("||=", "&&=") else "augment"
        return self._take_apart(target, value, form)

    def _take_apart(self, target: Node, value: Node, form: BindForm) -> list[Binding]:
        if target.kind() == "left_assignment_list":
            targets = items(target)
            values = items(value) if value.kind() in ("right_assignment_list", "array") else []
            paired = values if len(values) == len(targets) else [value] * len(targets)
            return [
                bound
                for part, item in zip(targets, paired, strict=True)
                for bound in self._take_apart(part, item, form)
            ]
        name = self.dotted(target)
        if target.kind() != "element_reference":
            return [Binding(name, value, form)] if name else []
        base = target.field("object")
        whole = self.dotted(base) if base is not None else ""
        # What is put into a hash is a part of its value.
        key = None if name.endswith("[]") else name[len(whole) + 1 :]
        grown = [Binding(whole, value, "augment", key=key)] if whole else []
        return [Binding(name, value, form), *grown] if key else grown

    def reached(self, node: Node, scope: Scope) -> bool | None:
        """Whether a statement is run, as far as constant conditions around it tell."""
        return run_by_condition(node, _FUNCTIONS, lambda condition: self.evaluate(condition, scope, 2))

    def signature(self, node: Node) -> tuple[str, ...]:
        """The names of the parameters in order."""
        listed = node.field("parameters")
        names = [part.field("name") or part for part in items(listed)] if listed is not None else []
        return tuple(name.text() for name in names)

    def returned(self, node: Node) -> list[Node]:
        """What stands behind each ``return``, and the last expression."""
        found: list[Node] = []
        for statement in node.find_all(kind="return"):
            found += [given for part in items(statement) for given in items(part)[:1]]
        body = node.field("body")
        last = items(body)[-1:] if body is not None else []
        return [*found, *(part for part in last if part.kind() not in ("return", "heredoc_body"))]

    def effects(self, node: Node, name: str) -> list[Binding]:
        """``sql << text`` and ``sql.concat(text)`` add to a value."""
        if node.kind() == "binary":
            operator, left, right = node.field("operator"), node.field("left"), node.field("right")
            if operator is None or operator.text() != "<<" or left is None or right is None:
                return []
            target = self.dotted(left)
            return [Binding(target, right, "augment", key=APPENDED)] if target else []
        owner, _, method = name.rpartition(".")
        if owner and method in _IN_FRONT:
            return [Binding(owner, node, "assign")] if self.arguments(node).positional else []
        if not owner or method not in _GROWS:
            return []
        key = None if method == "concat" else APPENDED
        return [Binding(owner, given, "augment", key=key) for given in self.arguments(node).positional]
