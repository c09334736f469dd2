"""The sample reports that ship with the product: in step with their sources, readable page by page, labelled."""

from __future__ import annotations

import importlib.util
import re
import shutil
import sys
from pathlib import Path
from types import ModuleType

import pypdfium2
import pytest
from hypothesis import given
from hypothesis import strategies as st

EXAMPLES = Path(__file__).resolve().parent.parent / "examples"


def load_script() -> ModuleType:
    """Import the build script, which is no part of any package."""
    name = "make_sample_reports"
    spec = importlib.util.spec_from_file_location(name, EXAMPLES / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


script = load_script()
SOURCES = sorted((EXAMPLES / "sample_reports" / "src").glob("*.md"))


def squeeze(text: str) -> str:
    """Text without white space and hyphenation marks, for comparison across line breaks."""
    return re.sub(r"[\s\ufffe]+", "", text)


def pages_on_disk(path: Path) -> list[str]:
    """Text of each page of a shipped report."""
    if path.suffix == ".txt":
        return path.read_text(encoding="utf-8").split("\f")
    document = pypdfium2.PdfDocument(path)
    return [page.get_textpage().get_text_bounded() for page in document]


@pytest.fixture(params=SOURCES, ids=lambda path: path.stem)
def report(request: pytest.FixtureRequest):
    return script.parse_report(request.param)


def test_four_reports_in_two_languages_and_two_formats() -> None:
    fronts = [script.parse_report(path).front for path in SOURCES]
    assert sorted((front["lang"], front["format"]) for front in fronts) == [
        ("en", "pdf"),
        ("en", "txt"),
        ("zh", "pdf"),
        ("zh", "txt"),
    ]


def test_shipped_files_match_their_sources() -> None:
    assert script.main(["--check"]) == 0


def test_check_names_the_file_that_was_edited_by_hand(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "sample_reports"
    shutil.copytree(EXAMPLES / "sample_reports", folder)
    target = folder / "inference_memory_energy_en.txt"
    target.write_text(
        target.read_text(encoding="utf-8").replace("7.7 million", "7.8 million"), encoding="utf-8"
    )
    assert script.main(["--check"], folder=folder) == 1
    assert target.name in capsys.readouterr().err


def test_every_page_says_sample_and_no_advice(report) -> None:
    pages = pages_on_disk(EXAMPLES / "sample_reports" / report.file_name)
    assert len(pages) == len(report.pages)
    for text in pages:
        assert "sample" in text.lower()
        assert "样本" in text or report.front["lang"] == "en"
        assert "not investment advice" in text or "不构成投资建议" in text


def test_whole_text_of_each_source_page_extracts_on_the_same_page(report) -> None:
    extracted = pages_on_disk(EXAMPLES / "sample_reports" / report.file_name)
    for text, page in zip(extracted, report.pages, strict=True):
        found = squeeze(text)
        for block in page.blocks:
            wanted = [cell for row in block.rows for cell in row] or [block.text]
            if report.front.get("style") == "scraped":
                wanted = [re.sub(r"\(\((.+?)\)\)", r"\1\1", part).replace("\\\\", "") for part in wanted]
            for part in wanted:
                assert squeeze(part) in found
        for note in page.notes:
            assert squeeze(note) in found


def test_every_note_is_referred_to_and_every_reference_has_its_note(report) -> None:
    for page in report.pages:
        body = " ".join(block.text for block in page.blocks)
        defined = [note.partition(" ")[0] for note in page.notes]
        assert set(re.findall(r"\[\d+\]", body)) == set(defined)
        assert len(set(defined)) == len(defined)


def test_page_that_overflows_is_refused(report) -> None:
    if report.front["format"] != "pdf":
        report.front["format"] = "pdf"
    crowded = script.Page(blocks=(script.Block("paragraph", "算力 " * 4000),), notes=())
    with pytest.raises(ValueError, match="page 1 overflows"):
        script.PdfBuilder(script.Report(report.name, report.front, (crowded,))).build()


def test_front_matter_without_author_is_refused(tmp_path: Path) -> None:
    text = re.sub(r"^author: .*\n", "", SOURCES[0].read_text(encoding="utf-8"), flags=re.M)
    path = tmp_path / "bad.md"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(ValueError, match=r"bad\.md: front matter lacks author"):
        script.parse_report(path)


@given(st.text(alphabet="算力显存，。（）abc 0123456789.,%", max_size=200), st.integers(10, 40))
def test_wrap_keeps_every_character_and_splits_no_number(text: str, width: int) -> None:
    lines = script.wrap(text, width, script.columns)
    assert squeeze("".join(lines)) == squeeze(text)
    runs = set(re.findall(r"[!-~]+", text))
    assert all(run in runs for line in lines for run in re.findall(r"[!-~]+", line))
    assert not any(line[0] in script.HANGING for line in lines[1:] if line)
