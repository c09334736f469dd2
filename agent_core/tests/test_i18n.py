"""Messages follow the language of their context, in every thread and task on its own."""

from __future__ import annotations

import asyncio
import threading
from pathlib import Path

import pytest

from tieout.i18n import current_language, detect_language, translator, use_language

_ = translator("tieout")
MESSAGE = "The question is empty."


def test_the_language_is_that_of_the_context() -> None:
    assert _(MESSAGE) == MESSAGE
    with use_language("zh"):
        assert _(MESSAGE) != MESSAGE
        assert _(MESSAGE, lang="en") == MESSAGE
        with use_language("en"):
            assert _(MESSAGE) == MESSAGE
    assert current_language() == "en"


def test_fields_are_filled_in_both_languages() -> None:
    text = "There is no plugin named {name}."
    for lang in ("en", "zh"):
        assert "'power'" in _(text, lang=lang, name="'power'")


def test_a_text_without_an_entry_stays_english() -> None:
    assert _("nobody ever wrote this", lang="zh") == "nobody ever wrote this"
    assert translator("no_such_package")("text", lang="zh") == "text"


def test_braces_of_values_are_left_alone() -> None:
    assert _("{a}", a="{b}") == "{b}"
    assert _("a {brace} without values") == "a {brace} without values"


def test_chinese_words_stand_without_a_blank_between_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A template leaves blanks for Latin names and numbers; a Chinese name needs none."""
    text = "训练 {subject} 需要 {hours:.0f} 小时"
    assert _(text, lang="zh", subject="Llama 3", hours=12.3) == "训练 Llama 3 需要 12 小时"
    assert _(text, lang="zh", subject="这样的模型", hours=12.3) == "训练这样的模型需要 12 小时"
    assert _(text, lang="zh", subject="GPT 模型", hours=12.3) == "训练 GPT 模型需要 12 小时"
    assert _("{a} {b} {{c}}", lang="zh", a="甲", b="乙") == "甲 乙 {c}"


def test_a_broken_catalogue_is_english(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "spoilt" / "locale" / "zh" / "LC_MESSAGES"
    folder.mkdir(parents=True)
    (tmp_path / "spoilt" / "__init__.py").touch()
    (folder / "spoilt.mo").write_bytes(b"this is no catalogue")
    monkeypatch.syspath_prepend(str(tmp_path))
    assert translator("spoilt")("text", lang="zh") == "text"


def test_threads_do_not_share_a_language() -> None:
    seen: list[str] = []
    with use_language("zh"):
        thread = threading.Thread(target=lambda: seen.append(current_language()))
        thread.start()
        thread.join()
    assert seen == ["en"]


async def test_tasks_do_not_share_a_language() -> None:
    async def speak(lang: str) -> str:
        with use_language("zh" if lang == "zh" else "en"):
            await asyncio.sleep(0.01)
            return current_language()

    assert await asyncio.gather(speak("zh"), speak("en"), speak("zh")) == ["zh", "en", "zh"]


@pytest.mark.parametrize(
    ("variables", "expected"),
    [
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "zh_CN", "LC_ALL": "en_US"}, "en"),
        ({}, "en"),
        ({"LANG": "C"}, "en"),
    ],
)
def test_the_locale_says_which_language(
    variables: dict[str, str], expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANGUAGE", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert detect_language() == expected
