from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from tieout.errors import ExitCode, InputError, PluginError
from tieout.plugin import Effect, EvalResult, Tool
from tieout.text import tokens
from tieout_report_search import ReportSettings, holds, plugin
from tieout_report_search.results import AddResult, ListResult, PageResult, SearchResult

Write = Callable[[str, str], Path]
Tools = dict[str, Tool[..., Any]]


@pytest.fixture
def tools(samples: Path) -> Tools:
    return {tool.name: tool for tool in plugin.tools(ReportSettings(folders=(samples,)))}


@pytest.fixture
def bare() -> Tools:
    return {tool.name: tool for tool in plugin.tools(ReportSettings())}


def test_the_tools_are_declared_with_their_effects_and_faces(tools: Tools) -> None:
    assert set(tools) == {"search", "add", "list", "show", "remove", "eval"}
    assert {name for name, tool in tools.items() if Effect.WRITE in tool.effects} == {"add", "remove"}
    assert {name for name, tool in tools.items() if "model" not in tool.faces} == {"remove", "eval"}
    search = tools["search"].parameters[0]
    assert search.slot is not None
    assert (search.name, search.required, search.slot.kind) == ("query", True, "text")
    for tool in tools.values():
        assert tool.summary
        assert all(parameter.description for parameter in tool.parameters), tool.name
        assert "ctx" not in tool.arguments_model.model_fields


@pytest.mark.parametrize("name", ["search", "add", "list", "show"])
def test_each_reachable_tool_has_six_different_examples_per_language(tools: Tools, name: str) -> None:
    for lang in ("zh", "en"):
        examples = tools[name].examples[lang]
        assert len({" ".join(tokens(example)) for example in examples}) >= 6


def test_the_first_search_indexes_the_configured_folder_with_progress(tools: Tools, context: Any) -> None:
    result: SearchResult = tools["search"]("金山办公 WPS", context)
    assert len(result.hits) > 0
    assert {message for _, _, message in context.told} >= {"training_economics_en.pdf"}
    context.told.clear()
    tools["search"]("金山办公 WPS", context)
    assert context.told == []


def test_search_says_quotes_with_title_and_page_and_nothing_else(tools: Tools, context: Any) -> None:
    result: SearchResult = tools["search"]("Who makes WPS Office? 金山办公?", context)
    lines = result.say("en").splitlines()
    assert lines[0] == "From the reports:"
    assert lines[2].startswith("> 金山办公（688111）")
    assert lines[2].endswith("【AI 算力周报：Llama 3 发布，开源大模型的训练账本, p. 5】")
    assert "第 5 页】" in result.say("zh")
    assert result.advice_notice
    quotes = "".join(span.quote for span in result.spans())
    for line in lines[2:]:
        if line.startswith("> "):
            assert line[2:].rsplit(" 【", 1)[0].strip("… ") in quotes


def test_a_search_result_survives_json(tools: Tools, context: Any) -> None:
    result: SearchResult = tools["search"]("H100 rental price", context)
    assert SearchResult.model_validate_json(result.model_dump_json()) == result
    assert result.card("zh").blocks


def test_an_empty_library_says_what_to_do_next(bare: Tools, context: Any) -> None:
    result: SearchResult = bare["search"]("MFU", context)
    assert result.library_empty
    assert "tieout reports add FOLDER" in result.say("en")
    assert "tieout reports add" in result.say("zh")
    assert "tieout reports add FOLDER" in bare["list"](context).say("en")


def test_a_search_for_nothing_and_a_search_without_an_answer(tools: Tools, context: Any) -> None:
    with pytest.raises(InputError):
        tools["search"]("  ", context)
    result: SearchResult = tools["search"]("What is said about 贵州茅台?", context)
    assert result.say("en") == "No report in the library mentions 贵州茅台."
    assert "say nothing about that" in tools["search"]("明天天气", context).say("en")


@pytest.mark.parametrize(("limit", "most"), [(1, 1), (0, 1), (1000, 20)])
def test_the_limit_is_kept_within_bounds(tools: Tools, context: Any, limit: int, most: int) -> None:
    assert 1 <= len(tools["search"]("训练 token 算力 H100", context, limit).hits) <= most


def test_a_very_long_question_is_searched(tools: Tools, context: Any) -> None:
    assert tools["search"]("显存带宽 " * 5000, context).hits


def test_add_reports_file_by_file(bare: Tools, context: Any, write: Write) -> None:
    write("a.txt", "铜缆连接报告\n铜缆连接的价格是每根 30 美元。")
    folder = write("b.pdf", "%PDF-1.4 damaged").parent
    result: AddResult = bare["add"](str(folder), context)
    assert (result.added.value, result.failed.value) == (1, 1)
    assert result.exit_code == ExitCode.TOOL
    assert "b.pdf: the PDF is damaged" in result.say("en")
    assert "新增报告：1 篇" in result.say("zh")
    again: AddResult = bare["add"](str(folder / "a.txt"), context)
    assert again.duplicates.value == 1
    assert [tool["status"] for tool in json.loads(again.model_dump_json())["files"]] == ["duplicate"]


def test_list_gives_titles_and_the_count_as_a_figure(tools: Tools, context: Any) -> None:
    result: ListResult = tools["list"](context)
    assert result.count.value == 4
    assert result.say("en").startswith("Reports in the library: 4.")
    assert len(result.card("zh").blocks) == 1


def test_show_gives_a_page_whose_sentences_are_checked_spans(tools: Tools, context: Any) -> None:
    tools["list"](context)
    result: PageResult = tools["show"]("算力周报", context, 5)
    assert "样本算力景气指数" in result.text
    assert any("103.2" in figure.text for figure in result.numbers)
    assert all(span.page == 5 for span in result.spans_on_page)
    with pytest.raises(InputError, match="no page 99"):
        tools["show"]("算力周报", context, 99)
    with pytest.raises(InputError, match="no page 0"):
        tools["show"]("算力周报", context, 0)


def test_remove_takes_a_report_out(tools: Tools, context: Any) -> None:
    tools["list"](context)
    assert "算力周报" in tools["remove"]("算力周报", context).say("en")
    assert tools["list"](context).count.value == 3


def test_eval_scores_questions_and_says_what_was_missed(tools: Tools, context: Any, tmp_path: Path) -> None:
    cases = [
        {
            "id": "1",
            "question": "H20 的显存带宽",
            "document": "国产加速卡",
            "page": 2,
            "contains": "4.0 TB/s",
        },
        {
            "id": "2",
            "question": "OLMo 3 mean draw",
            "document": "inference_memory_energy_en.txt",
            "contains": ["89%"],
        },
        {"id": "3", "question": "H20 的显存带宽", "document": "training_economics", "kind": "wrong"},
    ]
    file = tmp_path / "cases.jsonl"
    file.write_text("\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n\n", "utf-8")
    result: EvalResult = tools["eval"](str(file), context)
    assert (result.total, result.passed) == (3, 2)
    assert {kind: (group.total, group.passed) for kind, group in result.by_kind.items()} == {
        "zh": (1, 1),
        "en": (1, 1),
        "wrong": (1, 0),
    }
    assert result.metrics["recall@5"] == pytest.approx(2 / 3)
    assert result.metrics["citations_verified"] == 1.0
    assert [miss.id for miss in result.misses] == ["3"]
    assert result.misses[0].got


def test_eval_over_an_empty_library_is_an_error_and_no_score(
    bare: Tools, context: Any, tmp_path: Path
) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text('{"id": "1", "question": "MFU", "document": "x"}')
    with pytest.raises(InputError, match="no reports"):
        bare["eval"](str(file), context)


@pytest.mark.parametrize("content", ["", "{", '{"id": "1"}', "[1]"])
def test_eval_says_which_line_is_wrong(bare: Tools, context: Any, tmp_path: Path, content: str) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text(content)
    with pytest.raises(InputError, match=r"line 1|holds no cases"):
        bare["eval"](str(file), context)
    with pytest.raises(InputError, match="cannot be read"):
        bare["eval"](str(tmp_path / "none"), context)


def test_settings_refuse_what_they_do_not_know() -> None:
    with pytest.raises(ValidationError):
        plugin.settings().model_validate({"folder": ["x"]})
    assert plugin.settings().model_validate({"suffixes": ["PDF"]}).suffixes == (".pdf",)


async def test_the_source_searches_and_rereads_once_the_lifespan_began(samples: Path, context: Any) -> None:
    settings = ReportSettings(folders=(samples,))
    (source,) = plugin.sources(settings)
    assert source.name == "reports"
    with pytest.raises(PluginError, match="not open"):
        await source.search("MFU")
    async with plugin.lifespan(context, settings):
        passages = await source.search("金山办公", limit=2)
        assert 1 <= len(passages) <= 2
        raw = await source.reread(passages[0].span)
        assert raw is not None
        assert holds(passages[0].span, raw)


def test_eval_names_the_field_that_a_case_lacks(bare: Tools, context: Any, tmp_path: Path) -> None:
    file = tmp_path / "cases.jsonl"
    file.write_text('{"id": "a", "question": "b"}\n', encoding="utf-8")
    with pytest.raises(InputError, match=r"line 1: document: Field required\.") as caught:
        bare["eval"](str(file), context)
    assert "id, question and document" in caught.value.hint
