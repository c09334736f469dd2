"""What methods of Python's lists and texts make."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.gathering import collection, removed
from tieout_code_shield.values import HOLE, Value, constant, merged

if TYPE_CHECKING:
    from ast_grep_py import SgNode as Node

__all__ = ["added", "formatted", "taken"]

_PLACEHOLDER: Final = re.compile(r"%(?:\(\w+\))?[-+ #0]*[\d*.]*[a-zA-Z]|\{[^{}]*\}")


def added(base: Value, value: Value) -> Value:
    """``x.append(value)``."""
    if base.items or base.text is None:
        return collection([*(item for _, item in base.items), value])
    text = f"{base.text} {value.text or HOLE}"
    return Value("collection", text, merged([base, value]), built=base.built or value.built)


def taken(node: Node, method: str, base: Value, given: list[Value]) -> Value:
    """``x.pop(0)`` and ``x.remove("a")``: what is left where they stand alone, else what they return."""
    key = given[0].text if given else "-1"
    if method == "remove":
        key = next((name for name, value in base.items if value.constant and value.text == key), None)
    if key is None or base.item(key) is None or not all(value.constant for value in given):
        return Value("collection", None, base.leaves, built=base.built)
    parent = node.parent()
    alone = parent is not None and parent.kind() == "expression_statement"
    return removed(base, key) if alone else Value("other", None, base.leaves)


def formatted(template: Value, given: list[Value]) -> Value:
    """``template % given`` and ``template.format(given)``."""
    leaves = merged([template, *given])
    if not leaves and len(given) == 1 and given[0].text is not None:
        filled = _PLACEHOLDER.sub(lambda _: given[0].text or "", template.text or "", count=1)
        return constant("string", filled)
    text = _PLACEHOLDER.sub(HOLE, template.text or "")
    return Value("string", text, leaves, built=bool(leaves))
