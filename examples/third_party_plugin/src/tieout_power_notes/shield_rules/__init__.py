"""Rules for the code shield: the entry point names this folder."""

from __future__ import annotations

from pathlib import Path


def folder() -> Path:
    """The folder with the rule files."""
    return Path(__file__).parent
