"""Suppression comments. They count in the user's own files only: an injected model could write them."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["suppressed"]

_COMMENT: Final = re.compile(
    r"(?:#|//|/\*)\s*(?:"
    r"(?P<all>nosec\b(?:\s*[:B]?\s*$|\s+(?!B\d)|$)|nosemgrep\b|noqa\s*:\s*(?:\w+\s*,\s*)*S\d{3})"
    r"|nosec\s*:?\s*B\d{3}"
    r"|tieout\s*:\s*ignore(?:\[(?P<rules>[\w\s,-]{0,300})\])?)",
    re.IGNORECASE,
)


def suppressed(line: str, rule_id: str) -> bool:
    """Whether a comment on ``line`` silences ``rule_id``.

    Knows ``# nosec``, ``# noqa: S…``, ``nosemgrep`` and our own ``# tieout: ignore`` or ``# tieout: ignore[rule-id]``.
    """
    found = _COMMENT.search(line)
    if found is None:
        return False
    named = found["rules"]
    return named is None or rule_id in {part.strip() for part in named.split(",")}
