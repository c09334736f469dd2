"""The locks pin everything by hash, agree with each other, and name no index."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LOCKS = ["requirements.lock", "requirements-dev.lock", "requirements-local.lock"]


def pins(lock: str) -> dict[tuple[str, str], tuple[str, int]]:
    """(name, marker) -> (version, number of hashes) of one lock."""
    text = (ROOT / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    found: dict[tuple[str, str], tuple[str, int]] = {}
    for line in text.splitlines():
        if not line or line.startswith("#"):
            continue
        match = re.fullmatch(
            r"([a-z0-9-]+)==(\S+)(?:\s*;\s*(.*?))?((?:\s+--hash=sha256:[0-9a-f]{64})*)\s*", line
        )
        assert match, f"{lock}: not a pin with hashes: {line[:80]}"
        name, pinned, marker, hashes = match.groups()
        found[name, marker or ""] = (pinned, hashes.count("--hash"))
    return found


@pytest.mark.parametrize("lock", LOCKS)
def test_every_pin_has_a_hash(lock: str) -> None:
    found = pins(lock)
    assert found
    assert [name for name, (_, hashes) in found.items() if hashes == 0] == []


@pytest.mark.parametrize("lock", LOCKS)
def test_lock_names_no_index_and_no_member(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert "://" not in text
    assert not re.search(r"^(-|tieout)", text, flags=re.MULTILINE)


def test_locks_agree_on_every_version() -> None:
    runtime, dev = pins("requirements.lock"), pins("requirements-dev.lock")
    shared = runtime.keys() & dev.keys()
    assert shared
    assert {key: runtime[key] for key in shared} == {key: dev[key] for key in shared}
