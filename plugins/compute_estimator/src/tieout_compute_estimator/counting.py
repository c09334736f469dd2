"""Plain counts written as text: users, prompts, sequences at once."""

from __future__ import annotations

import re
from collections.abc import Sequence

from tieout.plugin import Candidate

__all__ = ["count_of", "find_batches"]

_SEQUENCES = re.compile(
    r"(?<![\d.])(\d[\d,]{0,8})\s*(?:个|路|条|份)?\s*"
    r"(?:并发(?:请求|用户|会话)?|路请求|concurrent|simultaneous|sequences?|parallel requests)"
    r"|(?:并发|batch(?: size)?|批大小|批量|concurrency)\s*(?:数|为|是|of|=|:)?\s*(\d[\d,]{0,8})",
    re.IGNORECASE,
)


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


def find_batches(text: str) -> Sequence[Candidate]:
    """How many sequences at once a text names: ``batch 64``, ``64 concurrent requests``, ``并发 64``."""
    return [
        Candidate(float((hit.group(1) or hit.group(2)).replace(",", "")), hit.group(), hit.start(), hit.end())
        for hit in _SEQUENCES.finditer(text)
    ]
