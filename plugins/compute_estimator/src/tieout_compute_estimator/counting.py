"""Plain counts written as text: users, prompts, sequences at once."""

from __future__ import annotations

__all__ = ["count_of"]


def count_of(value: object) -> object:
    """Turn text such as ``5 million users`` or ``500 万用户`` into a number; other values pass.

    Raises:
        ValueError: The text holds no single number; pydantic reports it with the argument's name.
    """
    if not isinstance(value, str):
        return value
    from tieout.quantities import find

    found = find(value)
    if len(found) == 1:
        return found[0].value
    raise ValueError(f"no single number in {value[:80]!r}")
