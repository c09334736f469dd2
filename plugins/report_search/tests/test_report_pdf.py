from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from reportlab.lib.pdfencrypt import StandardEncryption
from reportlab.pdfgen.canvas import Canvas

from tieout_report_search import ReportSettings, pdf
from tieout_report_search.documents import UnreadableFile
from tieout_report_search.pdf import read_pdf


def made_pdf(*pages: str, encrypt: StandardEncryption | None = None) -> bytes:
    buffer = BytesIO()
    canvas = Canvas(buffer, encrypt=encrypt)
    for page in pages:
        canvas.setFont("Helvetica-Bold", 20)
        canvas.drawString(72, 760, f"Title of {page}")
        canvas.setFont("Helvetica", 10)
        canvas.drawString(72, 720, f"Body text of {page} with 989.5 TFLOPS.")
        canvas.showPage()
    canvas.save()
    return buffer.getvalue()


def empty_pdf() -> bytes:
    parts = [
        b"1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj\n",
        b"2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\n",
    ]
    head = b"%PDF-1.4\n"
    offsets = [len(head), len(head) + len(parts[0])]
    xref = b"xref\n0 3\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    start = len(head) + sum(len(part) for part in parts)
    return head + b"".join(parts) + xref + b"trailer<</Root 1 0 R/Size 3>>\nstartxref\n%d\n%%%%EOF\n" % start


def test_pages_come_in_order_with_the_largest_text_as_heading() -> None:
    parsed = read_pdf(made_pdf("alpha", "beta"), ReportSettings())
    assert [page.splitlines()[0] for page in parsed.pages] == ["Title of alpha", "Title of beta"]
    assert parsed.heading == "Title of alpha"


def test_the_chinese_sample_reads_completely(samples: Path) -> None:
    parsed = read_pdf((samples / "ai_compute_weekly_llama3_zh.pdf").read_bytes(), ReportSettings())
    assert len(parsed.pages) == 6
    assert "金山办公（688111）" in parsed.pages[4]
    assert parsed.title == "AI 算力周报：Llama 3 发布，开源大模型的训练账本"


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (made_pdf("secret", encrypt=StandardEncryption("user", "owner")), "password"),
        (b"%PDF-1.7 this is not really one", "damaged"),
        (made_pdf("cut")[:300], "damaged"),
        (empty_pdf(), "no pages|damaged"),
        (made_pdf(*"abc"), "more than 2 pages"),
    ],
    ids=["encrypted", "fake", "cut", "no pages", "too many pages"],
)
def test_a_bad_pdf_is_refused_with_its_reason(data: bytes, reason: str) -> None:
    with pytest.raises(UnreadableFile, match=reason):
        read_pdf(data, ReportSettings(max_pages=2))


def test_a_pdf_without_text_asks_for_text_recognition() -> None:
    buffer = BytesIO()
    canvas = Canvas(buffer)
    canvas.rect(10, 10, 100, 100, fill=1)
    canvas.showPage()
    canvas.save()
    with pytest.raises(UnreadableFile, match="text recognition"):
        read_pdf(buffer.getvalue(), ReportSettings())


def test_too_much_text_is_refused() -> None:
    with pytest.raises(UnreadableFile, match="max_characters"):
        read_pdf(made_pdf("alpha"), ReportSettings(max_characters=10))


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ("import os; os.abort()", "ended unexpectedly"),
        ('import sys; sys.stdin.buffer.read(); print(\'{"pages": 1, "title": ""\')', "ended unexpectedly"),
        ("import time; time.sleep(60)", "longer than 0.5 s"),
    ],
    ids=["crash", "cut output", "hang"],
)
def test_a_reader_that_fails_costs_one_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, reason: str
) -> None:
    child = tmp_path / "child.py"
    child.write_text(script)
    monkeypatch.setattr(pdf, "CHILD", child)
    with pytest.raises(UnreadableFile, match=reason):
        read_pdf(made_pdf("alpha"), ReportSettings(parse_seconds=0.5))


def test_the_reader_cannot_take_more_memory_than_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # The real child's limits, then an allocation beyond them where the PDF library would work.
    child = tmp_path / "child.py"
    child.write_text(
        f"import sys; sys.path.insert(0, {str(pdf.CHILD.parent)!r})\n"
        "import pdf_child\n"
        "pdf_child.read = lambda *_: bytearray(2 << 30)\n"
        "pdf_child.main()\n"
    )
    monkeypatch.setattr(pdf, "CHILD", child)
    with pytest.raises(UnreadableFile, match="more than 512 MB"):
        read_pdf(made_pdf("alpha"), ReportSettings(parse_memory_mb=512))


def test_cancelling_ends_the_reader(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    child = tmp_path / "child.py"
    child.write_text("import time; time.sleep(60)")
    monkeypatch.setattr(pdf, "CHILD", child)
    with pytest.raises(UnreadableFile, match="cancelled"):
        read_pdf(made_pdf("alpha"), ReportSettings(), cancelled=lambda: True)
