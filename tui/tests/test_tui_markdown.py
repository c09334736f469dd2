"""Markdown as lines."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from tieout_tui.markdownlines import markdown_lines


def plain(text: str, width: int = 40) -> list[str]:
    return [line.plain.rstrip() for line in markdown_lines(text, width)]


def styles(text: str) -> dict[str, str]:
    return {
        line.plain[span.start : span.end]: str(span.style)
        for line in markdown_lines(text, 80)
        for span in line.spans
    }


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ("one\ntwo", ["one", "two"]),
        ("one\n\ntwo", ["one", "", "two"]),
        ("# Head\n\ntext", ["Head", "", "text"]),
        ("- a\n- b\n  - c\n- d", ["• a", "• b", "  ◦ c", "• d"]),
        ("3. a\n4. b", ["3. a", "4. b"]),
        ("> said\n> more\n\nafter", ["│ said", "│ more", "", "after"]),
        ("- a\n\n  more\n- b", ["• a", "", "  more", "", "• b"]),
        ("- ```\n  x = 1\n  ```", ["•   x = 1"]),
        ("-\n- b", ["•", "• b"]),
        ("a\n\n---\n\nb", ["a", "", "─" * 40, "", "b"]),
        ("```\n  code <b>\n\n  more\n```", ["    code <b>", "", "    more"]),
        ("<b>html</b> &amp; &lt;", ["<b>html</b> & <"]),
        ("a | b\n--|--:\nx | 1\ny | 22", ["a   b", "─  ──", "x   1", "y  22"]),
        ("", []),
    ],
)
def test_blocks_as_lines(text: str, lines: list[str]) -> None:
    assert plain(text) == lines


def test_table_that_does_not_fit_becomes_one_line_per_cell() -> None:
    table = "| broker | opinion |\n|---|---|\n| A | " + "very long opinion " * 2 + "|\n| B | short |"
    assert plain(table, 30) == [
        "broker: A",
        "opinion: very long opinion",
        "very long opinion",
        "",
        "broker: B",
        "opinion: short",
    ]


def test_wrapped_lines_of_an_item_are_indented() -> None:
    assert plain("- " + "word " * 8, 20) == ["• word word word", "  word word word", "  word word"]


def test_inline_styles() -> None:
    assert styles("**b** *i* ~~s~~ `c`") == {"b": "bold", "i": "italic", "s": "strike", "c": "$text-accent"}


@given(st.text(alphabet=st.sampled_from("ab中国 \n>-*_`#|[]()!1.~\t:"), max_size=200), st.integers(1, 60))
def test_no_line_is_wider_than_asked(text: str, width: int) -> None:
    # Twenty levels of nesting take more than a narrow window has; then text still gets eight cells.
    nested = 4 * text.count(">") + 4 * text.count("-") + 6 * text.count(".") + 4 * text.count("*")
    assert all(cell_len(line.plain) <= max(width, 8) + nested for line in markdown_lines(text, width))


@given(st.text(max_size=300))
def test_any_text_can_be_drawn(text: str) -> None:
    markdown_lines(text, 40)
