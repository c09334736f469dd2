"""What is used in C and C++ after it has ended: locals given away, what was moved from, what a container or a helper
has freed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.c_calls import parameter_position, passed
from tieout_code_shield.dialects.c_declared import declared_array, declared_type
from tieout_code_shield.dialects.c_lifetime import BLOCKS, beside, next_place
from tieout_code_shield.dialects.c_sizes import argument, assigned, bare, capacity, number
from tieout_code_shield.syntax import visit

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk

__all__ = ["END_CHECKS"]


_LEAVES: Final = re.compile(r"\b(?:return|goto|throw)\b")
_RETURNS_NULL: Final = re.compile(r"\breturn\s+(?:[^;?]{0,160}\?[^;]{0,160}\b)?(?:nullptr|NULL)\b")
_NULL: Final = frozenset({"null", "nullptr"})
_OWNERS: Final = re.compile(r"(?:std::)?(?:make_)?(?:unique|shared)(?:_ptr)?\s*<")
_OWNED: Final = frozenset({"unique_ptr", "shared_ptr", "std.unique_ptr", "std.shared_ptr"})
_GROWING: Final = (
    r"(?:push|emplace|pop)_back|insert|emplace|erase|clear|resize|reserve|shrink_to_fit|assign|append|swap"
)
_BUFFERS: Final = frozenset({"vector", "string", "wstring", "QVector", "QByteArray"})
_POINTS_INTO: Final = re.compile(
    r"&?(\w+)(?:\[[^\]]*\]|(?:\.|->)(?:c?r?begin|c?end|data|c_str|front|back|at)\([^()]*\))$"
)
_TEXTS: Final = re.compile(
    r"^(?!.*\bstatic\b).*\b(?:w?string|vector<[^;]*>|array<[^;]*>|[io]?stringstream|QByteArray)\s+$"
)
_KEPT: Final = re.compile(r"\b(?:static|extern|thread_local)\b")
_VIEW: Final = re.compile(r"(?:const\s+)?(?:std::)?(?:w?string_view|span<.*>|QStringView)$")


def local_returned(walk: Walk, site: Site) -> bool:
    """The address of, a reference to, or a view of a variable that ends with the function is what it returns."""
    function = site.function.node if site.function is not None else None
    if function is None or site.binding is None or function.kind() != "function_definition":
        return False
    value, returned = bare(site.binding.value), _returned(function)
    kind = value.kind()
    if kind == "pointer_expression" and value.text().startswith("&"):
        inner = value.field("argument")
        return inner is not None and _is_local(walk, site, inner.text())
    if kind == "identifier":
        name = value.text()
        if returned == "&":
            return _is_local(walk, site, name)
        if returned == "*":
            return _is_local(walk, site, name, array=True)
        return returned == "view" and _TEXTS.search(_declared(walk, site, name)) is not None
    if kind == "binary_expression" and returned == "view":
        return re.search(r"\)\s*\+\s*\"|\"\s*\+\s*\w", value.text()) is not None
    if kind == "call_expression" and returned in ("*", "view"):
        made = re.match(r"(?:this->)?(\w+)\([^()]*\)\.(?:c_str|data)\(\)$", value.text())
        if made is not None and _returns_text(walk, made[1]):
            return True
        owner = re.match(r"(\w+)(?:\.str\(\))?\.(?:c_str|data)\(\)$", value.text())
        return owner is not None and _TEXTS.search(_declared(walk, site, owner[1])) is not None
    return False


def _returned(function: Node) -> str:
    """What a function returns: ``*``, ``&`` or ``view``; empty for a value of its own."""
    declared, declarator = function.field("type"), function.field("declarator")
    if declared is not None and _VIEW.match(declared.text()):
        return "view"
    kind = declarator.kind() if declarator is not None else ""
    return {"pointer_declarator": "*", "reference_declarator": "&"}.get(kind, "")


def _declared(walk: Walk, site: Site, name: str) -> str:
    """The type that a function declares one of its own variables with, ``static`` included; empty where it does not."""
    body = site.function.node.field("body") if site.function is not None else None
    if body is None or site.function is None or not name.isidentifier():
        return ""
    begin = body.range().start.index - site.function.start
    return declared_type(walk.text_of(site.function)[begin : site.end - site.function.start], name) or ""


def _is_local(walk: Walk, site: Site, name: str, *, array: bool = False) -> bool:
    declared = _declared(walk, site, name)
    if not declared or _KEPT.search(declared) or declared.rstrip()[-1:] in ("&", "*"):
        return False
    return not array or declared_array(walk.text_before(site), name) is True


def null_followed(walk: Walk, site: Site) -> bool:
    """A pointer is set to null, and what is done with it next is to follow it."""
    if site.binding is None or bare(site.binding.value).kind() not in _NULL or site.function is None:
        return False
    name, left = site.name, site.node.field("left")
    if not re.fullmatch(r"\w+", name) or (left is not None and left.kind() != "identifier"):
        return False
    return _followed_later(walk, site, name, "null-followed")


def _followed_later(walk: Walk, site: Site, name: str, check: str) -> bool:
    """Whether the next thing done with a pointer is to follow it; the finding belongs there."""
    following = next_place(site.node, name)
    block = next((each for each in site.node.ancestors() if each.kind() in BLOCKS), None)
    if following is None or following[0] != "use" or block is None:
        return False
    statement, (start, end) = following[1], following[2]
    if end > block.range().end.index:  # what the other branch did is not known here
        return False
    text, begin = statement.text(), statement.range().start.index
    before, after = text[: start - begin], text[end - begin :]
    starred = re.search(r"(?:^|[=(,;{<>!+-]|\breturn)\s*\(?\*\s*$", before) is not None
    if not (starred or re.match(r"\s*->", after)) or re.match(r"\s*(?:for|while|do)\b", text):
        return False
    walk.places[site, check] = start, end
    return True


def view_of_temporary(walk: Walk, site: Site) -> bool:
    """``std::string_view name = full() + last();``: the text is gone after the statement."""
    value = bare(site.binding.value) if site.binding is not None else None
    if value is None or walk.type_of(site.name, site) not in ("string_view", "wstring_view", "QStringView"):
        return False
    if value.kind() == "binary_expression":
        return re.search(r"\"s\b", value.text()) is not None or any(
            _is_text(walk, site, part.text()) for part in value.children() if part.kind() == "identifier"
        )
    callee = value.field("function") if value.kind() == "call_expression" else None
    if callee is None:
        return False
    if callee.kind() == "field_expression":
        owner, method = callee.field("argument"), callee.field("field")
        if owner is None or method is None:
            return False
        return method.text() == "str" or (method.text() == "substr" and _is_text(walk, site, owner.text()))
    if callee.text() in ("std::to_string", "to_string", "std::string", "std::format"):
        return True
    return _returns_text(walk, callee.text())


def _returns_text(walk: Walk, name: str) -> bool:
    """Whether a function of the same text returns a string of its own."""
    returns = (
        r"(?:^|[;}{:\n])[ \t]{0,40}(?:static\s+|inline\s+|virtual\s+)*(?:std::)?w?string\s+"
        rf"{re.escape(name)}\s*\("
    )
    return re.search(returns, walk.text_of(None)) is not None


def _is_text(walk: Walk, site: Site, name: str) -> bool:
    """Whether a name is a string of its own, and no view of one."""
    return walk.type_of(name, site) in ("string", "wstring") or (
        re.fullmatch(r"\w+", name) is not None
        and re.search(rf"\bw?string(?:\s|\s{{0,9}}&)\s{{0,9}}{name}\b", walk.text_before(site)) is not None
    )


def null_returned(walk: Walk, site: Site) -> bool:
    """What a function of the same text returns, which may be null, is followed without a look."""
    if site.binding is None or site.node.kind() != "init_declarator":
        return False
    value = bare(site.binding.value)
    callee = value.field("function") if value.kind() == "call_expression" else None
    if callee is None or not re.fullmatch(r"\w+", site.name):
        return False
    name = re.search(r"\w+$", callee.text())
    declarator = site.node.field("declarator")
    pointer = declarator is not None and declarator.kind() == "pointer_declarator"
    if name is None or not (pointer or walk.type_of(site.name, site) == "auto"):
        return False
    if not _followed_later(walk, site, site.name, "null-returned"):
        return False
    return any(
        _RETURNS_NULL.search(each.text())
        for each in visit(walk.root, (f"function_definition \\b{name[0]}\\s*\\(",))
        if re.match(rf"[^{{}};]*\*\s*(?:\w+::)?{name[0]}\s*\(", each.text()) is not None
    )


def used_after_move(walk: Walk, site: Site) -> bool:
    """A smart pointer that was moved from is followed."""
    node = argument(walk, site, 0)
    if node is None or node.kind() != "identifier":
        return False
    for each in site.node.ancestors():
        if each.kind() in ("return_statement", "lambda_expression"):
            return False
        if each.kind() in BLOCKS:
            break
    name = node.text()
    owner = walk.type_of(name, site) in _OWNED or any(
        _OWNERS.match(value.text()) for value in assigned(walk, name, site)
    )
    if not owner and not re.search(
        rf"\b(?:unique|shared)_ptr<[^;]{{0,80}}>\s*{name}\b", walk.text_before(site)
    ):
        return False
    return _followed_later(walk, site, name, "used-after-move")


def outgrown(walk: Walk, site: Site) -> bool:
    """A pointer, reference or iterator into a vector or string is used after the container changed its size."""
    value = bare(site.binding.value) if site.binding is not None else None
    if value is None or site.node.kind() != "init_declarator" or len(value.text()) > 80:
        return False
    into = _POINTS_INTO.match(value.text())
    if into is None or not _points(site.node, value):
        return False
    container = into[1]
    kept = r"\b(?:vector<[^;]{0,80}>|w?string|QByteArray|QVector<[^;]{0,80}>)\s{0,9}[&*]?\s{0,9}"
    buffers = rf"{kept}{container}\b"
    if walk.type_of(container, site) not in _BUFFERS and not re.search(buffers, walk.text_before(site)):
        return False
    use = _use_after_growth(site.node, container, back="back(" in value.text())
    if use is None:
        return False
    walk.places[site, "outgrown"] = use
    return True


def _points(node: Node, value: Node) -> bool:
    """Whether what is declared points to what is there, and is no copy of it."""
    text = value.text()
    return (
        _is_reference(node)
        or text.startswith("&")
        or re.search(r"(?:begin|end|data|c_str)\([^()]*\)$", text) is not None
    )


def _is_reference(node: Node) -> bool:
    declarator = node.field("declarator")
    return declarator is not None and declarator.kind() == "reference_declarator"


def _use_after_growth(node: Node, container: str, *, back: bool) -> tuple[int, int] | None:
    """Where what a declaration points to is used after the container changed its size."""
    declarator = node.field("declarator")
    name = declarator.text().strip("&* \t\n") if declarator is not None else ""
    changes = re.compile(rf"\b{container}\s*(?:(?:\.|->)\s*({_GROWING})\s*\(|\+=)")
    word = re.compile(rf"(?<![\w.>]){re.escape(name)}\b")
    changed = False
    for statement in beside(node):
        text = statement.text()[:4_000]
        begin = statement.range().start.index
        found = word.search(text)
        if found is not None and not _is_reference(node) and re.match(r"\s*=(?!=)", text[found.end() :]):
            return None
        if changed and found is not None:
            return begin + found.start(), begin + found.end()
        change = changes.search(text)
        if change is not None and (change[1] != "pop_back" or back):
            changed = True
    return None


def freed_by_helper(walk: Walk, site: Site) -> bool:
    """A function frees what it was given, and a caller in the same text uses it afterwards."""
    node, function = argument(walk, site, 0), site.function
    if node is None or node.kind() != "identifier" or function is None or not _always(walk, site):
        return False
    pointer = rf"(?<!\*)\*\s*(?:const\s+)?{re.escape(node.text())}$"
    position = parameter_position(function.node, pointer)
    if position is None:
        return False
    for call, given in passed(walk, function, position):
        following = next_place(call, given.text()) if given.kind() == "identifier" else None
        if following is not None and following[0] in ("use", "free"):
            walk.places[site, "freed-by-helper"] = following[2]
            return True
    return False


def _always(walk: Walk, site: Site) -> bool:
    """Whether a statement of a function runs whenever the function does: under no condition, behind no way out."""
    for each in site.node.ancestors():
        kind = each.kind()
        if kind == "function_definition":
            return _LEAVES.search(walk.text_ahead(site)) is None
        if kind not in ("expression_statement", "compound_statement", "call_expression"):
            return False
    return False


def left_unterminated(walk: Walk, site: Site) -> bool:
    """``strncpy`` fills the whole array, and it is read before its last character was set to 0."""
    into, size, source = argument(walk, site, 0), argument(walk, site, 2), argument(walk, site, 1)
    if into is None or size is None or source is None or into.kind() != "identifier":
        return False
    name = into.text()
    whole = re.fullmatch(rf"sizeof\s*\(?\s*{re.escape(name)}\s*\)?", size.text()) is not None
    room, asked = capacity(walk, site, into), number(walk.evaluate(size, site))
    if not whole and (room is None or asked != room):
        return False
    if walk.evaluate(source, site).constant:
        return False
    following = next_place(site.node, name)
    if following is None or following[0] != "use":
        return False
    statement, (_, end) = following[1], following[2]
    if re.match(r"\s*\[[^\]]*\]\s*=", statement.text()[end - statement.range().start.index :]):
        return False
    walk.places[site, "left-unterminated"] = following[2]
    return True


END_CHECKS: Final[Mapping[str, Check]] = {
    "local-returned": local_returned,
    "null-followed": null_followed,
    "null-returned": null_returned,
    "view-of-temporary": view_of_temporary,
    "used-after-move": used_after_move,
    "outgrown": outgrown,
    "freed-by-helper": freed_by_helper,
    "left-unterminated": left_unterminated,
}
"""By the names that rule files use."""
