"""Sentences that click makes, said in Chinese, with what the user typed left alone."""

from __future__ import annotations

import click
import pytest

from tieout.cli.usage import translate_click
from tieout.i18n import use_language


def failure(*arguments: str) -> str:
    """What click says about these arguments, in English."""

    @click.command()
    @click.argument("name")
    @click.option("--count", type=int)
    @click.option("--pair", nargs=2)
    @click.option("--folder", type=click.Path(exists=True, file_okay=False))
    @click.option("--flag", is_flag=True)
    @click.option("--colour")
    @click.option("--column")
    def command(**_options: object) -> None: ...

    with pytest.raises(click.UsageError) as raised:
        command.main(arguments, standalone_mode=False)
    return raised.value.format_message()


@pytest.mark.parametrize(
    ("arguments", "chinese"),
    [
        ((), "缺少参数 'NAME'。"),
        (("x", "required"), "多出了参数\uff08required\uff09"),
        (("x", "--nothing"), "没有选项 '--nothing'。"),
        (("x", "--coun", "3", "--flog"), "没有选项 '--coun'。您是否指以下之一"),
        (("x", "--count", "File"), "'--count' 的值无效\uff1a'File' 不是有效的整数。"),
        (("x", "--pair", "1"), "选项 '--pair' 需要 2 个值。"),
        (("x", "--flag=yes"), "选项 '--flag' 不带值。"),
        (("x", "--folder", "no such 'place"), "'--folder' 的值无效\uff1a文件夹 \"no such 'place\" 不存在。"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, tuple) else "",
)
def test_failure_is_said_in_chinese(arguments: tuple[str, ...], chinese: str) -> None:
    english = failure(*arguments)
    assert translate_click(english) == english
    with use_language("zh"):
        assert translate_click(english).startswith(chinese)


def test_text_that_is_not_of_click_stays() -> None:
    with use_language("zh"):
        assert translate_click("An answer of somebody else.") == "An answer of somebody else."
        assert translate_click("") == ""
