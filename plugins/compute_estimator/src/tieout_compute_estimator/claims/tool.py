"""The tool ``check``: a sentence, a file or a report of the library in, verdicts out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from tieout.errors import InputError, ToolError
from tieout.plugin import ReportSpan, Result, Slot, ToolContext, tool, translator
from tieout_compute_estimator.claims.documents import Page, check_pages, read_file
from tieout_compute_estimator.claims.proposals import MOST_PROPOSALS
from tieout_compute_estimator.claims.result import CheckResult

__all__ = ["check", "check_text"]

_ = translator("tieout_compute_estimator")

MOST_PAGES = 400


@tool(
    timeout=120.0,
    examples={
        "zh": (
            "核查这句话:GPT-4 用了 2.5 万张 A100",
            "这个说法对不对:一千张卡就能有 2000P 算力",
            "研报说训练一次要 500 万美元,帮我验证一下是否可信",
            "“H20 的算力是 H100 的 15%” 这个数字靠谱吗",
            "检查下面这段话里的算力数字有没有单位错误",
            "帮我核对报告里的数据是怎么算出来的",
            "这篇文章中的算力说法有没有自相矛盾",
        ),
        "en": (
            "fact-check this sentence: the cluster delivers 40 EFLOPS with 20,000 H100",
            "is it true that a 7B model was trained for 50 dollars",
            "verify the claim that B200 is 30 times faster",
            "does this figure add up: 4,000 GPUs for 90 days and 3e25 FLOP",
            "check the numbers in this report for unit errors",
            "how was the figure in this paragraph derived, and is it consistent",
            "can this statement about data centre power be right",
        ),
    },
)
async def check(
    text: Annotated[
        str, Slot("text", cues=("核查", "说法", "claim", "sentence"), example="GPT-3 took 3640 PF-days")
    ] = "",
    ctx: ToolContext | None = None,
    *,
    file: Annotated[str, Slot("text", cues=("文件", "file"), example="report.txt")] = "",
    document: Annotated[str, Slot("text", cues=("报告", "report"), example="ai_compute_weekly")] = "",
    read_as: tuple[str, ...] = (),
) -> CheckResult:
    """Check what a sentence, a text file or a report of the library claims about compute.

    Every number is read with its unit and role, recomputed from what is stated and published, and judged: confirmed,
    true under an assumption, unit error, inconsistent, false premise, rescaled, or not checkable. Works in Chinese and
    English without a language model. Give one of text, file and document.

    Args:
        text: The sentence or paragraph to check.
        file: Path of a text file to check as a whole.
        document: Id, or a part of the title, of a report in the library; every page of it is checked.
        read_as: Hints where the text is hard to read, each as QUANTITY = ROLE or QUANTITY = ROLE of SUBJECT, with the
            quantity and the subject as the text writes them. Roles are params, active_params, tokens, devices, servers,
            per_server, duration, gpu_hours, compute, rate, mfu, cost, unit_price, token_price, energy, power, memory,
            weights, cache, link, memory_bandwidth, multiple, growth, share, percent, layers, heads, kv_heads, context.
            They only help to read: the verdict is computed, and what they confirm holds under that reading.

    Raises:
        InputError: None or several of the three were given, or the file cannot be read.
        ToolError: Report search is not installed, or has no such report.
    """
    given = [
        name for name, value in (("text", text), ("file", file), ("document", document)) if value.strip()
    ]
    if len(given) != 1:
        raise InputError(
            _("Give one of text, file and document, not {count}.", count=len(given)),
            code="compute-check-input",
            hint=_('For example: `tieout compute check "GPT-3 took 3640 PF-days"`.'),
        )
    if len(read_as) > MOST_PROPOSALS:
        raise InputError(
            _("At most {limit} readings can be proposed.", limit=MOST_PROPOSALS), code="compute-check-input"
        )
    if document:
        if ctx is None:
            raise ToolError(
                _("A report can be checked only inside a session."), code="compute-check-document"
            )
        return await _of_report(document, ctx, read_as)
    if file:
        return check_pages([Page(read_file(file))], title=file.rsplit("/", 1)[-1], proposals=read_as)
    return check_text(text, read_as=read_as)


def check_text(text: str, *, context: str = "", read_as: Sequence[str] = ()) -> CheckResult:
    """Check a text as a Python library would: ``check_text("GPT-3 took 3640 PF-days").verdict``.

    Args:
        text: A sentence, a paragraph or a whole document.
        context: The document around it, whose numbers its claims may lean on.
        read_as: How numbers may be read: ``1.7 EFLOPS = rate of Eos``.
    """
    return check_pages([Page(text)], context=context, proposals=read_as)


async def _of_report(document: str, ctx: ToolContext, read_as: Sequence[str]) -> CheckResult:
    """Every page of a report, read through report search; claims keep the spans that it cites."""
    pages: list[Page] = []
    title = document
    number = total = 1
    while number <= min(total, MOST_PAGES):
        shown = await ctx.call("reports.show", document=document, page=number)
        page, title, total = _page(shown, number, title)
        pages.append(page)
        ctx.progress(number, total, title)
        if ctx.cancelled:
            break
        number += 1
    notes = [_("Only the first {count} pages were checked.", count=MOST_PAGES)] if total > MOST_PAGES else []
    return check_pages(pages, title=title, notes=notes, proposals=read_as)


def _page(shown: Result, number: int, title: str) -> tuple[Page, str, int]:
    """What report search returned, read by its fields: another plugin's types are not imported."""
    report = getattr(shown, "report", None)
    spans: Sequence[ReportSpan] = getattr(shown, "spans_on_page", ()) or shown.spans()
    text = str(getattr(shown, "text", ""))
    return (
        Page(text, number, tuple(spans)),
        str(getattr(report, "title", title)),
        int(getattr(report, "pages", 1)),
    )
