"""Secrets leave as [redacted], whatever text they are in; other words stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.redact import Redactor

SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=8, max_size=40)


@given(secret=SECRETS, before=st.text(max_size=20), after=st.text(max_size=20))
def test_a_registered_secret_is_gone_from_any_text(secret: str, before: str, after: str) -> None:
    redact = Redactor()
    redact.register(secret)
    shown = redact(before + secret + after)
    if secret not in "[redacted]" and secret not in before + "[redacted]" + after:
        assert secret not in shown
        assert "[redacted]" in shown


def test_a_secret_inside_another_leaves_nothing_behind() -> None:
    redact = Redactor()
    for secret in ("abcdefgh", "abcdefgh-longer-part"):
        redact.register(secret)
    assert redact("key abcdefgh-longer-part!") == "key [redacted]!"


@pytest.mark.parametrize(
    "key",
    ["sk-proj-0123456789abcdef", "hf_abcdefghijklmnop", "gsk_0123456789abcdef", "AKIAIOSFODNN7EXAMPLE"],
)
def test_what_looks_like_a_key_is_removed_unregistered(key: str) -> None:
    assert Redactor()(f"Incorrect API key provided: {key}.") == "Incorrect API key provided: [redacted]."


@pytest.mark.parametrize("text", ["", "task-force", "a disk-based index", "sk-1", "风险-sk"])
def test_ordinary_words_stay(text: str) -> None:
    redact = Redactor()
    redact.register("short")
    redact.register("")
    assert redact(text) == text
    assert redact("a short word") == "a short word"
