"""Errors: one tree, stable codes and exit codes, and a message that says what, where and what next."""

from __future__ import annotations

import inspect
from pathlib import Path

import pytest

from tieout import errors
from tieout.errors import ApprovalNeeded, ExitCode, InputError, SettingsError, TieoutError, ToolError

CLASSES = [
    item
    for name in errors.__all__
    if inspect.isclass(item := getattr(errors, name)) and issubclass(item, TieoutError)
]


@pytest.mark.parametrize("kind", CLASSES, ids=lambda kind: kind.__name__)
def test_every_error_is_of_the_one_tree_and_has_a_code(kind: type[TieoutError]) -> None:
    assert issubclass(kind, TieoutError)
    assert kind.default_code
    assert isinstance(kind.exit_code, ExitCode)
    assert kind.__name__ in (errors.__doc__ or "")


def test_codes_tell_errors_apart() -> None:
    codes = [kind.default_code for kind in CLASSES]
    assert len(codes) == len(set(codes))


def test_the_text_is_message_and_hint() -> None:
    error = ToolError("It failed.", code="mine", hint="Do this.")
    assert str(error) == "It failed. Do this."
    assert (error.message, error.code, error.hint) == ("It failed.", "mine", "Do this.")
    assert str(ToolError("It failed.")) == "It failed."
    assert ToolError("x").code == "tool"


def test_settings_errors_lead_to_the_line() -> None:
    path = Path("tieout.toml")
    assert str(SettingsError("wrong", path=path, line=3)) == "tieout.toml:3: wrong"
    assert str(SettingsError("wrong", path=path)) == "tieout.toml: wrong"
    assert str(SettingsError("wrong")) == "wrong"


def test_an_approval_says_what_for() -> None:
    error = ApprovalNeeded("ask", tool="stocks.quote", effect="network")
    assert (error.tool, error.effect, error.exit_code) == ("stocks.quote", "network", ExitCode.APPROVAL)


def test_a_chinese_sentence_is_followed_by_its_hint_without_a_blank() -> None:
    assert str(InputError("还缺少参数。", hint="请给出数字。")) == "还缺少参数。请给出数字。"
    assert str(InputError("It is missing.", hint="Give a number.")) == "It is missing. Give a number."
    assert str(InputError("还缺少参数。")) == "还缺少参数。"
