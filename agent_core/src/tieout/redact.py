"""Secrets are redacted by value: whatever text a key ends up in, it leaves as ``[redacted]``."""

from __future__ import annotations

import re
from threading import Lock

__all__ = ["Redactor"]

_SHORTEST = 8  # a shorter "secret" would punch holes into ordinary words
_KEY_SHAPES = re.compile(r"\b(?:sk|pk|rk|gsk|hf|xai|ghp|glpat)[-_][A-Za-z0-9_-]{12,200}|\bAKIA[0-9A-Z]{16}\b")


class Redactor:
    """The secrets one host knows, and the function that removes them from text.

    Thread-safe. Besides registered values, strings in the shape of common API keys are removed, since a service
    may echo a key that was never registered here.
    """

    def __init__(self) -> None:
        self._secrets: set[str] = set()
        self._lock = Lock()

    def register(self, secret: str) -> None:
        """Remember a secret value; values under eight characters are ignored."""
        if len(secret) >= _SHORTEST:
            with self._lock:
                self._secrets.add(secret)

    def __call__(self, text: str) -> str:
        """Return ``text`` with every known secret and key-shaped string replaced by ``[redacted]``."""
        for secret in sorted(self._secrets, key=len, reverse=True):
            text = text.replace(secret, "[redacted]")
        return _KEY_SHAPES.sub("[redacted]", text)
