"""Names to symbols: exact, ranked, ambiguous, none."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tieout.errors import InputError
from tieout_stock_lookup import Directory, Instrument, default_directory, resolve


def best(query: str) -> tuple[str, str]:
    found = resolve(query)
    return found.status, found.candidates[0].instrument.symbol if found.candidates else ""


@pytest.mark.parametrize(
    ("query", "symbol"),
    [
        ("新易盛", "300502.SZ"),
        ("NAURA", "002371.SZ"),
        ("五 粮 液", "000858.SZ"),
        ("万  科\uff21", "000002.SZ"),
        ("*ST闻泰", "600745.SH"),
        ("大普微-UW", "301666.SZ"),
        ("大普微", "301666.SZ"),
        ("TSLA", "TSLA.US"),
        ("聯想集團", "00992.HK"),
        ("《三六零》", "601360.SH"),
        ("恒指", "HSI.INDEX"),
        ("CSI 300", "000300.SH"),
        ("399300.SZ", "000300.SH"),
    ],
)
def test_names_are_exact(query: str, symbol: str) -> None:
    assert best(query) == ("exact", symbol)


@pytest.mark.parametrize(("mark", "name"), [("XD", "贵州茅"), ("XR", "海光信"), ("DR", "工业富")])
def test_a_name_cut_on_its_ex_day_is_recognised(mark: str, name: str) -> None:
    found = resolve(mark + name)
    assert found.status == "exact"
    assert found.candidates[0].instrument.name.startswith(name)
    assert found.candidates[0].kind == "cut"


def test_a_former_name_says_that_it_is_one() -> None:
    found = resolve("博创科技")
    assert found.status == "exact"
    assert found.candidates[0].instrument.name == "长芯博创"
    assert "former name" in found.candidates[0].reason("en")
    assert "曾用名" in found.candidates[0].reason("zh")


def test_a_name_now_borne_by_another_company_means_the_present_bearer_first() -> None:
    found = resolve("东风股份")
    assert [match.instrument.symbol for match in found.candidates] == ["600006.SH", "601515.SH"]
    assert found.candidates[1].kind == "former"


def test_a_company_listed_twice_is_the_a_share_with_its_sibling() -> None:
    found = resolve("中兴通讯")
    assert found.best is not None
    assert found.best.symbol == "000063.SZ"
    assert [share.symbol for share in found.siblings] == ["00763.HK"]


@pytest.mark.parametrize(
    ("query", "symbol"),
    [
        ("中兴通讯H股", "00763.HK"),
        ("招商银行(港股)", "03968.HK"),
        ("百度美股", "BIDU.US"),
        ("美团", "03690.HK"),
    ],
)
def test_the_market_can_be_named(query: str, symbol: str) -> None:
    assert best(query) == ("exact", symbol)


@pytest.mark.parametrize("query", ["长城", "中信", "浪潮", "000688", "langchao"])
def test_short_forms_of_several_companies_are_a_question(query: str) -> None:
    found = resolve(query)
    assert found.status == "ambiguous"
    assert found.best is None
    assert len(found.candidates) >= 2


@pytest.mark.parametrize(
    ("query", "symbol", "kind"),
    [
        ("xys", "300502.SZ", "initials"),
        ("haiguangxinxi", "688041.SH", "pinyin"),
        ("bei fang hua chuang", "002371.SZ", "pinyin"),
        ("海光新息", "688041.SH", "sound"),
        ("北方化创", "002371.SZ", "sound"),
        ("北华方创", "002371.SZ", "swap"),
        ("宁德时伐", "300750.SZ", "typo"),
        ("Nvdiia", "NVDA.US", "swap"),
        ("Brodcom", "AVGO.US", "typo"),
        ("中际旭", "300308.SZ", "part"),
        ("深圳市汇川技术股份有限公司", "300124.SZ", "company"),
        ("600036.SZ", "600036.SH", "other-exchange"),
    ],
)
def test_guesses_are_ranked_and_never_exact(query: str, symbol: str, kind: str) -> None:
    found = resolve(query)
    assert found.status == "ranked"
    assert symbol in [match.instrument.symbol for match in found.candidates[:5]]
    assert kind in {match.kind for match in found.candidates}


@pytest.mark.parametrize(
    "query",
    [
        "长江存储", "小红书", "月之暗面", "Anthropic", "SpaceX", "老干妈", "中国商飞", "紫光展锐", "蚂蚁集团",
        "科技", "数据", "股份",
        "888888.SH", "609998", "今天天气", "北京深度求索人工智能基础技术研究有限公司",
    ],
)  # fmt: skip
def test_what_is_not_listed_is_nothing(query: str) -> None:
    assert resolve(query).status == "none"


def test_hong_kong_four_digits_are_not_a_shenzhen_code() -> None:
    assert best("0700") == ("exact", "00700.HK")
    assert best("09992") == ("exact", "09992.HK")


def test_a_delisted_share_is_found_after_the_listed_one_of_its_name() -> None:
    found = resolve("东方明珠")
    assert [match.instrument.symbol for match in found.candidates] == ["600637.SH", "600832.SH"]
    assert found.candidates[1].instrument.status == "gone"


@pytest.mark.parametrize("query", ["", "   ", "?!", "“”"])
def test_an_empty_query_is_refused_with_an_example(query: str) -> None:
    with pytest.raises(InputError) as caught:
        resolve(query)
    assert "688111" in caught.value.hint


def test_ten_kilobytes_are_no_name() -> None:
    with pytest.raises(InputError, match="at most 120"):
        resolve("金山办公" * 2500)


@given(st.text(max_size=60))
@settings(max_examples=150, deadline=None)
def test_any_text_gives_a_resolution_or_an_input_error(query: str) -> None:
    try:
        found = resolve(query)
    except InputError:
        return
    assert (found.status == "none") == (not found.candidates)
    assert found.status != "ambiguous" or len(found.candidates) >= 2


@given(st.sampled_from(sorted(s for s in default_directory().by_symbol if not s.endswith((".US", ".INDEX")))))
@settings(max_examples=200, deadline=None)
def test_every_symbol_of_the_directory_is_its_own_exact_answer(symbol: str) -> None:
    assert best(symbol) == ("exact", symbol)


def test_every_listed_name_leads_to_its_share_or_to_a_question() -> None:
    known = default_directory()
    wrong = []
    for share in list(known.by_symbol.values())[::7]:
        found = resolve(share.name, directory=known)
        shown = {match.instrument.symbol for match in found.candidates} | {s.symbol for s in found.siblings}
        if share.symbol not in shown:
            wrong.append((share.symbol, share.name, shown))
    assert wrong == []


def test_a_directory_of_ones_own_is_used() -> None:
    own = Directory(
        [Instrument("999001.SH", "火星矿业", pinyin="huoxingkuangye", initials="hxky")], readings={}
    )
    assert resolve("火星矿业", directory=own).status == "exact"
    assert resolve("hxky", directory=own).status == "ranked"
    assert resolve("金山办公", directory=own).status == "none"


@pytest.mark.parametrize(
    ("query", "symbol", "kind"),
    [
        ("七星电子", "002371.SZ", "former"),
        ("清华紫光", "000938.SZ", "former"),
        ("深发展A", "000001.SZ", "former"),
        ("暴风科技", "300431.SZ", "former"),
        ("卫士通", "002268.SZ", "former"),
        ("Piotech", "688072.SH", "english"),
        ("Piotech Inc.", "688072.SH", "company"),
        ("Shengyi Technology Co., Ltd.", "600183.SH", "company"),
        ("NAURA Technology Group", "002371.SZ", "english"),
        ("美超微", "SMCI.US", "alias"),
        ("Hang Seng Bank", "00011.HK", "english"),
        ("Wharf (Holdings)", "00004.HK", "english"),
        ("Wong's International Holdings", "00099.HK", "english"),
    ],
)
def test_former_and_english_names_are_known(query: str, symbol: str, kind: str) -> None:
    found = resolve(query)
    assert found.status == "exact"
    assert (found.candidates[0].instrument.symbol, found.candidates[0].kind) == (symbol, kind)


def test_a_company_on_two_exchanges_is_one_company_in_the_lists_too() -> None:
    found = resolve("China Life Insurance")
    assert found.status == "exact"
    assert found.best is not None
    assert found.best.symbol == "601628.SH"
    assert [share.symbol for share in found.siblings] == ["02628.HK"]


@pytest.mark.parametrize("query", ["HBM", "CPU", "API", "ALL", "boing", "Pyotech"])
def test_a_ticker_of_the_lists_alone_and_what_is_only_like_their_names_is_nothing(query: str) -> None:
    found = resolve(query)
    assert all(match.instrument.chosen for match in found.candidates)
    assert found.status != "exact"


def test_a_share_of_the_lists_answers_to_its_whole_symbol() -> None:
    found = resolve("00011.HK")
    assert found.best is not None
    assert found.best.english == "Hang Seng Bank"


def test_every_former_name_leads_to_its_share_or_to_a_question() -> None:
    known = default_directory()
    lost = [
        (name, share.symbol)
        for share in known.by_symbol.values()
        for name in share.former
        if share.symbol not in {m.instrument.symbol for m in resolve(name, limit=50).candidates}
        and name not in known.ambiguous
    ]
    assert len(lost) <= 5, lost
