"""Python's syntax tree."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import BindForm, Binding, Role, Scope
from tieout_code_shield.dialects.nodes import same
from tieout_code_shield.dialects.python_checks import CHECKS
from tieout_code_shield.dialects.python_functions import FUNCTIONS, PythonFunctions
from tieout_code_shield.dialects.python_names import STARRED, other_name
from tieout_code_shield.dialects.python_values import items, literal_text

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["PythonDialect"]

_ROLES: Final[dict[str, Role]] = {
    "call": "call",
    "exec_statement": "call",
    "assert_statement": "call",
    "assignment": "bind",
    "augmented_assignment": "bind",
    "keyword_argument": "bind",
    "default_parameter": "bind",
    "typed_default_parameter": "bind",
    "pair": "bind",
    "for_statement": "bind",
    "for_in_clause": "bind",
    "named_expression": "bind",
    "as_pattern": "bind",
    "return_statement": "bind",
    "import_statement": "import",
    "import_from_statement": "import",
    "function_definition": "function",
    "lambda": "function",
    "comparison_operator": "compare",
}
_CALLED: Final = re.compile(r"[\w\])]\(|\bnot in\b|\b(?:self|None)\b")
"""What no condition has that can be worked out."""
_ENUM: Final = re.compile(r"\b(?:Int|Str)?(?:Enum|Flag|TextChoices)\b")
_TARGETS: Final = ("pattern_list", "tuple_pattern", "list_pattern")


class PythonDialect(PythonFunctions):
    """How Python spells what the engine looks for."""

    roles = _ROLES
    growing = frozenset()
    """What a collection is given and loses is followed."""
    checks = CHECKS
    branching = ("if_statement", "elif_clause", "assert_statement")
    sources = (
        "input", "raw_input", "sys.argv", "sys.stdin", "request.", "flask.request", "self.request.", "req.",
        "bottle.request", "cgi.FieldStorage", "websocket.receive", "websocket.receive_text", "websocket.receive_json",
        "websocket.recv", "ws.receive_text", "ws.recv", "self.get_argument", "self.get_arguments",
        "self.get_query_argument",
        "self.get_body_argument", "self.get_body_arguments", "self.get_cookie", "self.path_args", "self.rfile.read",
        "self.headers", "self.path", "self.kwargs", "serializer.validated_data", "form.cleaned_data",
        "connexion.request",
        "cherrypy.request", "web.input", "quart.request", "sanic.request", "info.context.args",
    )  # fmt: skip
    local_sources = ("input", "raw_input", "sys.argv", "sys.stdin")
    trusted = tuple(
        f"{owner}{part}"
        for owner in ("request.", "self.request.", "req.", "flask.request.", "bottle.request.")
        for part in (
            "user", "session", "app", "method", "state", "scope", "config", "site", "endpoint", "blueprint", "url_rule",
            "resolver_match", "registry", "db", "dbsession", "tm", "id", "remote_addr", "is_secure", "is_ajax",
            "is_json",
            "start_time", "context", "auth", "current_user", "route", "loop", "transport", "protocol", "version",
            "client",
            "build_absolute_uri", "is_authenticated", "node", "addfinalizer", "getfixturevalue", "module", "meta",
            "environ", "LANGUAGE_CODE", "scheme", "urlconf", "static_path", "json_module", "url_root", "host_url",
        )
    )  # fmt: skip
    numbers_are_truths = True
    canary = "def run(expression):\n    return eval(expression)\n"

    def callee(self, node: Node) -> Node | None:
        """The expression that is called; the word itself for Python 2's ``exec``."""
        return node.field("function") or next(iter(node.children()), None)

    def bindings(self, node: Node) -> list[Binding]:
        """Assignments (tuples taken apart), keyword arguments, dictionary pairs, defaults, loops and ``as``."""
        kind = node.kind()
        if kind in ("assignment", "augmented_assignment", "for_statement", "for_in_clause"):
            target, value = node.field("left"), node.field("right")
            form: BindForm = (
                "loop" if kind.startswith("for") else "augment" if kind.startswith("aug") else "assign"
            )
            if target is None or value is None:
                return []
            member = _enum_member(node, target) if form == "assign" else ""
            more = [Binding(f"{member}.value", value, "assign")] if member else []
            return [*self._take_apart(target, value, form), *more]
        if kind == "return_statement":
            value = next(iter(items(node)), None)
            return [Binding("return", value, "return")] if value is not None else []
        if kind == "as_pattern":
            parts = items(node)
            return [Binding(parts[1].text(), parts[0], "assign")] if len(parts) == 2 else []
        target = node.field("key") if kind == "pair" else node.field("name")
        value = node.field("value")
        if target is None or value is None:
            return []
        if kind == "pair":
            key = literal_text(target)
            return [Binding(key, value, "pair")] if key else []
        forms: dict[str, BindForm] = {"keyword_argument": "keyword", "named_expression": "assign"}
        return [Binding(target.text(), value, forms.get(kind, "default"))]

    def _take_apart(self, target: Node, value: Node, form: BindForm) -> list[Binding]:
        targets = items(target) if target.kind() in _TARGETS else None
        if targets is None:
            return self._bound(target, value, form)
        values = items(value) if value.kind() in ("expression_list", "tuple", "list") else []
        paired = (
            zip(targets, values, strict=True)
            if len(targets) == len(values)
            else ((part, value) for part in targets)
        )
        return [binding for part, item in paired for binding in self._bound(part, item, form)]

    def _bound(self, target: Node, value: Node, form: BindForm) -> list[Binding]:
        if target.kind() != "subscript":
            name = self.dotted(target)
            return [Binding(name, value, form)] if name else []
        base, key = target.field("value"), target.field("subscript")
        owner = self.dotted(base) if base is not None else ""
        text = literal_text(key) if key is not None else ""
        if not owner:
            return []
        # The collection carries what is put into it, for those who take it out by another key.
        whole = Binding(owner, value, "augment", key=text or None)
        if text:
            return [Binding(f"{owner}[].{text}", value, form), whole]
        return [whole, Binding(f"{owner}[].[]", key, form)] if key is not None else [whole]

    def effects(self, node: Node, name: str) -> list[Binding]:
        """``x.append(v)``, ``x.update(v)``, ``x.pop(0)`` change ``x``; ``x.set("k", v)`` what ``x.get("k")`` gives."""
        if not name:
            return self.equal(node)
        owner, _, method = name.rpartition(".")
        if not owner or method not in (
            "append",
            "add",
            "appendleft",
            "extend",
            "update",
            "insert",
            "pop",
            "remove",
            "set",
        ):
            return []
        given = self.arguments(node).positional
        if method == "insert" and len(given) == 2:
            return [Binding(owner, node, "assign")]
        if method in ("append", "add", "appendleft"):
            return [Binding(owner, node, "assign")] if len(given) == 1 else []
        if method in ("pop", "remove"):
            parent = node.parent()
            alone = parent is not None and parent.kind() == "expression_statement"
            return [Binding(owner, node, "assign")] if alone and len(given) <= 1 else []
        if method == "set":
            keys = [literal_text(part) for part in given[:-1]]
            return [Binding(f"{owner}[].{'.'.join(keys)}", given[-1], "assign")] if keys and all(keys) else []
        return [Binding(owner, given[-1], "augment")] if given else []

    def reached(self, node: Node, scope: Scope) -> bool | None:
        """Whether a statement is run, as far as constant conditions around it tell; ``None`` where they do not."""
        certain: bool | None = None
        for _ in range(24):
            outer = node.parent()
            if outer is None or outer.kind() in FUNCTIONS:
                return certain
            held = self._branch_runs(outer, node, scope)
            if held is False:
                return False
            certain = held or certain
            node = outer
        return certain

    def _branch_runs(self, outer: Node, inner: Node, scope: Scope) -> bool | None:
        kind = outer.kind()
        if kind in ("if_statement", "elif_clause"):
            condition, consequence = outer.field("condition"), outer.field("consequence")
            if condition is None or consequence is None or same(inner, condition):
                return None
            if _CALLED.search(condition.text()):
                return None
            known = self.evaluate(condition, scope, 2)
            if not known.constant or known.kind not in ("true", "false"):
                return None
            return (known.kind == "true") is same(inner, consequence)
        if kind != "case_clause":
            return None
        matched = outer.parent()
        matched = matched.parent() if matched is not None and matched.kind() == "block" else matched
        subject = matched.field("subject") if matched is not None else None
        value = self.evaluate(subject, scope, 2) if subject is not None else None
        if value is None or not value.constant or value.text is None or matched is None:
            return None
        cases = [
            each
            for part in matched.children()
            for each in (part.children() if part.kind() == "block" else [part])
        ]
        chosen = next(
            (each for each in cases if each.kind() == "case_clause" and _fits(each, value.text)), None
        )
        return same(chosen, outer) if chosen is not None else None

    def members(self, root: Node) -> list[tuple[str, str]]:
        """The annotated names in the bodies of classes: fields of models and data classes."""
        return [
            (name.text(), kind.text())
            for each in root.find_all(kind="assignment")
            if (kind := each.field("type")) is not None
            and (name := each.field("left")) is not None
            and name.kind() == "identifier"
            and _in_class(each)
        ]

    def declared(self, node: Node) -> list[tuple[str, str]]:
        """The annotated parameters."""
        listed = node.field("parameters")
        found: list[tuple[str, str]] = []
        for part in items(listed) if listed is not None else ():
            kind = part.field("type")
            name = part.field("name") or next(iter(items(part)), None)
            if kind is not None and name is not None and name.kind() == "identifier":
                found.append((name.text(), kind.text()))
        return found

    def enumerated(self, root: Node) -> frozenset[str]:
        """Classes that are enumerations."""
        return frozenset(
            name.text()
            for each in root.find_all(kind="class_definition")
            if (name := each.field("name")) is not None
            and (bases := each.field("superclasses")) is not None
            and _ENUM.search(bases.text())
        )

    def imports(self, node: Node) -> list[tuple[str, str]]:
        """``import a.b as c`` -> (c, a.b); ``from a import b`` -> (b, a.b)."""
        module = node.field("module_name")
        prefix = f"{module.text()}." if module is not None else ""
        found: list[tuple[str, str]] = []
        for child in node.children():
            if child.kind() == "aliased_import":
                name, alias = child.field("name"), child.field("alias")
                if name is not None and alias is not None:
                    found.append((alias.text(), prefix + name.text()))
            elif child.kind() == "wildcard_import" and module is not None:
                found += [(name, prefix + name) for name in STARRED.get(module.text(), ())]
            elif child.kind() == "dotted_name" and not (module is not None and same(child, module)):
                text = child.text()
                local = text if prefix else text.partition(".")[0]
                found.append((local, prefix + local))
        return found

    def required(self, node: Node) -> list[tuple[str, str]]:
        """``run = os.system``; ``s = requests.Session()``, whose methods are the module's functions."""
        if node.kind() == "assignment":
            target, value = node.field("left"), node.field("right")
        elif node.kind() == "as_pattern":
            parts = items(node)
            target, value = (parts[1], parts[0]) if len(parts) == 2 else (None, None)
        else:
            return []
        if target is None or value is None or not target.text().isidentifier():
            return []
        meant = other_name(self.dotted(value))
        return [(target.text(), meant)] if meant else []

    def imported(self, node: Node) -> list[str]:
        """The full names of the modules (and members) that an import names."""
        module = node.field("module_name")
        names = [qualified for _, qualified in self.imports(node)]
        if module is not None:
            return [module.text(), *names]
        return names + [
            child.text() for child in node.children() if child.kind() == "dotted_name" and "." in child.text()
        ]

    def spread(self, node: Node) -> list[Node]:
        """What stands behind ``**``."""
        listed = node.field("arguments")
        splats = (
            [child for child in listed.children() if child.kind() == "dictionary_splat"] if listed else []
        )
        return [part for child in splats for part in items(child)[:1]]

    def keyed(self, node: Node) -> dict[str, Node]:
        """``{"shell": True}`` and ``dict(shell=True)``."""
        if node.kind() == "call" and self.call_name(node) == "dict":
            return dict(self.arguments(node).named)
        found: dict[str, Node] = {}
        for pair in items(node) if node.kind() == "dictionary" else []:
            key, value = pair.field("key"), pair.field("value")
            if key is not None and value is not None and literal_text(key):
                found[literal_text(key)] = value
        return found

    def operands(self, node: Node) -> tuple[Node, Node] | None:
        """Both sides of ``==`` and ``!=``."""
        parts = node.children()
        if len(parts) == 3 and parts[1].kind() in ("==", "!="):
            return parts[0], parts[2]
        return None


def _in_class(node: Node) -> bool:
    """Whether an assignment is a statement of a class's body."""
    for _ in range(3):
        outer = node.parent()
        if outer is None:
            return False
        if outer.kind() == "class_definition":
            return True
        node = outer
    return False


def _enum_member(node: Node, target: Node) -> str:
    """``Color.RED`` for what an enumeration's body assigns; empty elsewhere."""
    block = node.parent()
    block = block.parent() if block is not None and block.kind() == "expression_statement" else block
    owner = block.parent() if block is not None else None
    if owner is None or owner.kind() != "class_definition":
        return ""
    name, bases = owner.field("name"), owner.field("superclasses")
    if name is None or bases is None or not _ENUM.search(bases.text()):
        return ""
    return f"{name.text()}.{target.text()}"


def _fits(case: Node, text: str) -> bool:
    """Whether a ``case`` takes a constant: one of its literals is it, or it takes anything."""
    patterns = [child.text() for child in case.children() if child.kind() == "case_pattern"]
    written = " ".join(patterns) or next((child.text() for child in case.children() if child.is_named()), "")
    if written.strip() == "_":
        return True
    return any(part.strip().strip("'\"()") == text for part in written.split("|"))
