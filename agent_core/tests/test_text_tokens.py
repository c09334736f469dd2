"""Tokens decide what can be found; the language decides how it is answered."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tieout.text import language_of, token_string, tokens

mixed = st.text(st.sampled_from("aZgptH15.,%-_/'& \n万亿千算力训练，。１５Ｔか한é")) | st.text()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("H100", ["h100"]),
        ("15T", ["15t", "15", "t"]),
        ("GPT-4", ["gpt-4", "gpt", "4"]),
        ("Llama3", ["llama3", "llama", "3"]),
        ("GPT-3.5", ["gpt-3.5", "gpt", "3.5"]),
        ("H100-80GB", ["h100-80gb", "h100", "80gb", "80", "gb"]),
        ("688111.SH", ["688111.sh", "688111", "sh"]),
        ("1,234,567", ["1234567"]),
        ("约1,000台", ["约", "1000", "台"]),
        ("27.9%", ["27.9%", "27.9"]),
        ("5%-8%", ["5%", "5", "8%", "8"]),
        ("３.５Ｂ", ["3.5b", "3.5", "b"]),
        ("28.5万", ["28.5万", "28.5", "万"]),
        ("28.5 万个", ["28.5万", "28.5", "万", "万个", "个"]),
        ("2024 百度", ["2024", "百", "百度", "度"]),
        ("算力", ["算", "算力", "力"]),
        ("訓練算力", ["训", "训练", "练", "练算", "算", "算力", "力"]),
        ("C++ -- ...", ["c"]),
        ("", []),
    ],
)
def test_index_tokens(text: str, expected: list[str]) -> None:
    assert sorted(tokens(text)) == sorted(expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("训练算力", ["训练", "练算", "算力"]),
        ("卡", ["卡"]),
        ("H100 卡时", ["h100", "卡时"]),
        ("MFU 是多少", ["mfu", "是多", "多少"]),
    ],
)
def test_query_tokens(text: str, expected: list[str]) -> None:
    assert tokens(text, query=True) == expected


@given(mixed)
def test_a_text_finds_itself(text: str) -> None:
    assert set(tokens(text, query=True)) <= set(tokens(text))


@given(mixed)
def test_tokens_survive_a_whitespace_tokenizer(text: str) -> None:
    assert token_string(text).split() == tokens(text)
    assert all(token and not any(character.isspace() for character in token) for token in tokens(text))


def test_spellings_of_one_number_share_a_token() -> None:
    for query, text in [
        ("28.5万", "超过 28.5 萬个核心"),
        ("1000", "1,000 GPUs"),
        ("h100", "Ｈ１００"),
        ("台积", "臺積電"),
    ]:
        assert set(tokens(query, query=True)) <= set(tokens(text)), (query, text)


def test_an_overlong_word_keeps_only_its_parts() -> None:
    assert tokens("a-" * 5_000 + "b") == ["a"] * 5_000 + ["b"]


@pytest.mark.parametrize(
    "hostile",
    [
        "1" * 100_000 + "x",
        "1,000" * 20_000,
        ",111" * 25_000,
        "1.1" * 30_000,
        "万" * 100_000,
        "1 " * 50_000 + "万",
        "a'" * 50_000,
    ],
)
def test_hostile_text_is_tokenized_like_its_own_query(hostile: str) -> None:
    assert set(tokens(hostile, query=True)) <= set(tokens(hostile))


@pytest.mark.parametrize(
    "text",
    [
        "Llama 3 70B 用 15T tokens 训练，MFU 是多少？",
        "ROE 是?",
        "NVDA 最近涨了多少",
        "金山办公",
        "對比兩份報告",
        "GPU小时",
        "这份 PDF 里怎么说 token price",
    ],
)
def test_chinese_questions(text: str) -> None:
    assert language_of(text) == "zh"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "42",
        "What is 中芯国际?",
        "Which stock is 金山办公, and what does the report say about it?",
        "tell me about 浪潮信息",
        "Hello",
    ],
)
def test_english_questions(text: str) -> None:
    assert language_of(text) == "en"
