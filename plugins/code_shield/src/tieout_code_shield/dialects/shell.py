"""The syntax tree of the Bourne shell and its kin."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.base import Arguments, Binding, Role
from tieout_code_shield.dialects.nodes import items
from tieout_code_shield.dialects.shell_checks import CHECKS
from tieout_code_shield.dialects.shell_commands import Command, read_command
from tieout_code_shield.dialects.shell_guards import checked
from tieout_code_shield.dialects.shell_values import ShellValues

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["ShellDialect"]

_ROLES: Final[dict[str, Role]] = {
    "command": "call",
    "unset_command": "call",
    "pipeline": "call",
    "file_redirect": "call",
    "variable_assignment": "bind",
    "for_statement": "bind",
    "function_definition": "function",
}
_READS: Final = frozenset({"read", "mapfile", "readarray"})
_SUDO_READS: Final = re.compile(r"sudo\s+(?:-\w+\s+)*-\w*S\b")


class ShellDialect(ShellValues):
    """How a shell spells what the engine looks for.

    A command is a call: what runs another one stands in front of it, ``sudo.rm``; the word behind an option is its
    named argument, and so is a here-document, by ``<<``. A pipeline is the call ``|sh`` of what it ends in, with the
    arguments of what it begins with; a redirection is ``>`` or ``<``. Variables are ``env.NAME``.
    """

    roles = _ROLES
    checks = CHECKS
    sources = (
        "read", "curl", "wget", "nc", "ncat", "socat", "env.OPTARG", "env.REPLY", "env.QUERY_STRING", "env.PATH_INFO",
        "env.REQUEST_URI", "env.HTTP_USER_AGENT", "env.HTTP_REFERER", "env.HTTP_COOKIE", "env.HTTP_HOST",
        "env.SSH_ORIGINAL_COMMAND", "env.GITHUB_HEAD_REF", "env.CONTENT_TYPE",
    )  # fmt: skip
    canary = 'run() {\n  eval "$1"\n}\n'

    local_sources = ("read", "env.OPTARG", "env.REPLY")

    def callee(self, node: Node) -> Node | None:
        """The node itself."""
        return node

    def call_name(self, node: Node) -> str:
        """The name of a command, with what runs it in front; ``|name`` for a pipeline, ``>`` for a redirection."""
        kind = node.kind()
        if kind == "file_redirect":
            return next((child.kind() for child in node.children() if not child.is_named()), ">")
        if kind != "pipeline":
            return self.command(node).name
        last = _last(node)
        return "|sudo" if _SUDO_READS.match(last.text()[:80]) else f"|{self.command(last).last}"

    def command(self, node: Node) -> Command:
        """The parts of a command."""
        return read_command(node)

    def arguments(self, node: Node) -> Arguments:
        """The words behind a command, and by its name the word behind each option."""
        kind = node.kind()
        if kind == "file_redirect":
            target = node.field("destination")
            return Arguments((target,)) if target is not None else Arguments()
        return self.command(_first(node) if kind == "pipeline" else node).arguments()

    def dotted(self, node: Node) -> str:
        """The name of a variable or command."""
        kind = node.kind()
        if kind in ("variable_name", "special_variable_name", "word"):
            return node.text()
        if kind in ("subscript", "simple_expansion", "expansion"):
            inner = next((child for child in items(node) if child.kind() != "word"), None)
            return self.dotted(inner) if inner is not None else ""
        return self.call_name(node) if kind in _ROLES and _ROLES[kind] == "call" else ""

    def bindings(self, node: Node) -> list[Binding]:
        """Assignments and ``for``."""
        if node.kind() == "for_statement":
            parts = [child for child in items(node) if child.kind() not in ("do_group", "compound_statement")]
            if len(parts) < 2 or parts[0].kind() != "variable_name":
                return []
            return [Binding(parts[0].text(), part, "loop") for part in parts[1:4]]
        name, value = node.field("name"), node.field("value")
        if name is None or value is None:
            return []
        grows = any(child.kind() == "+=" for child in node.children())
        grows = grows or name.kind() == "subscript"
        return [Binding(self.dotted(name), value, "augment" if grows else "assign")]

    def checked(self, root: Node) -> Iterable[tuple[str, int, int]]:
        """Variables that ``case`` or ``=~`` let through."""
        return checked(root)

    def effects(self, node: Node, name: str) -> list[Binding]:
        """``read x`` gives ``x`` what somebody typed or a file holds."""
        if node.kind() != "command" or name not in _READS:
            return []
        words = [part for part in self.command(node).words if part.kind() == "word"]
        return [Binding(word.text(), node, "assign") for word in words if word.text().isidentifier()]


def _first(node: Node) -> Node:
    parts = items(node)
    return _inner(parts[0]) if parts else node


def _last(node: Node) -> Node:
    parts = items(node)
    return _inner(parts[-1]) if parts else node


def _inner(node: Node) -> Node:
    if node.kind() in ("redirected_statement", "negated_command"):
        found = next((child for child in items(node) if child.kind() == "command"), None)
        return found or node
    return node
