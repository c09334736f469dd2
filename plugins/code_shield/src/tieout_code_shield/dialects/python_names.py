"""Names that Python gives to functions and modules while it runs: other names, ``getattr``, ``__import__``, ``*``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["STARRED", "constant_text", "given_name", "other_name"]

STARRED: Final = {
    "os": ("system", "popen", "execl", "execv", "execve", "execvp", "spawnl", "spawnv", "startfile"),
    "subprocess": ("run", "call", "Popen", "check_call", "check_output", "getoutput", "getstatusoutput"),
    "pickle": ("load", "loads", "Unpickler"),
    "marshal": ("load", "loads"),
    "yaml": ("load", "load_all", "unsafe_load"),
    "hashlib": ("md5", "sha1"),
    "tempfile": ("mktemp",),
}
"""What ``from module import *`` brings of what rules look for."""
_RENAMED: Final = frozenset(f"{module}.{name}" for module, names in STARRED.items() for name in names) | {
    "eval", "exec", "compile", "__import__", "builtins.eval", "builtins.exec",
}  # fmt: skip
_CLIENTS: Final = {
    "requests.Session.()": "requests",
    "requests.session.()": "requests",
    "httpx.Client.()": "httpx",
    "httpx.AsyncClient.()": "httpx",
}
"""Objects whose methods do what the functions of a module do."""
_IMPORTERS: Final = frozenset(
    {"__import__", "import_module", "importlib.import_module", "importlib.__import__"}
)


def other_name(name: str) -> str:
    """What a variable that is given ``name`` is called with: ``run = os.system``; empty where nobody follows it."""
    return name if name in _RENAMED else _CLIENTS.get(name, "")


def given_name(call: Node) -> tuple[Node | None, str] | None:
    """``getattr(x, "name")`` is ``x`` and ``name``; ``__import__("os")`` is nothing and ``os``."""
    function, listed = call.field("function"), call.field("arguments")
    if function is None or listed is None:
        return None
    called = function.text()
    if called not in _IMPORTERS and called != "getattr":
        return None
    given = [child for child in listed.children() if child.is_named() and child.kind() != "comment"]
    if called == "getattr":
        name = constant_text(given[1]) if len(given) > 1 else ""
        return (given[0], name) if name.isidentifier() else None
    name = constant_text(given[0]) if given else ""
    return (None, name) if name else None


def constant_text(node: Node, depth: int = 0) -> str:
    """The text of string literals put together; empty for anything else."""
    kind = node.kind()
    parts = [child for child in node.children() if child.is_named() and child.kind() != "comment"]
    if kind == "string" and not any(part.kind() == "interpolation" for part in parts):
        return "".join(part.text() for part in parts if part.kind() == "string_content")
    joins = kind in ("concatenated_string", "parenthesized_expression")
    if kind == "binary_operator":
        sign = node.field("operator")
        joins = sign is not None and sign.text() == "+"
    if not joins or depth > 8:
        return ""
    texts = [constant_text(part, depth + 1) for part in parts]
    return "".join(texts) if all(texts) else ""
