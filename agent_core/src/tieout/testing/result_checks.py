"""Checks of what a plugin gives back: results that tie out, and spans that can be read again."""

from __future__ import annotations

__all__ = ["result_problems", "source_problems"]

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

from tieout.contract.tools import Effect
from tieout.i18n import LANGUAGES, Language, use_language

if TYPE_CHECKING:
    from tieout.contract.results import Result
    from tieout.contract.sources import Source
    from tieout.contract.tools import Tool
    from tieout.host import Host


async def result_problems(
    host: Host,
    tools: Mapping[str, Tool[..., Any]],
    calls: Mapping[str, Sequence[Mapping[str, object]]],
) -> list[str]:
    """Run the sample calls in both languages and look at what they return."""
    found = [
        f"calls name a tool {name!r} that the plugin does not bring" for name in calls if name not in tools
    ]
    for name, tool in tools.items():
        samples = calls.get(name, ())
        if not samples and "model" in tool.faces and tool.effects <= {Effect.READ}:
            found.append(f"{tool.qualified_name}: there is no sample call, so its results are not checked")
        for arguments in samples:
            for lang in LANGUAGES:
                problems = await _call_problems(host, tool, arguments, lang)
                found += [
                    f"{tool.qualified_name} {dict(arguments)} in {lang}: {problem}" for problem in problems
                ]
    return found


async def _call_problems(
    host: Host, tool: Tool[..., Any], arguments: Mapping[str, object], lang: Language
) -> list[str]:
    from tieout.running import ToolRunner, TurnState

    turn = TurnState(lang=lang, emit=lambda _event: None, approved=frozenset(Effect))
    outcome = await ToolRunner(host, turn).run(tool, arguments)
    if outcome.error is not None:
        return [f"failed: {outcome.error}"]
    with use_language(lang):
        return list(_of_result(outcome.value(), tool.qualified_name, lang))


def _of_result(result: Result, tool: str, lang: Language) -> Iterator[str]:
    from tieout.contract.cards import Card
    from tieout.evidence import EvidenceBook
    from tieout.marks import tie_out

    again = type(result).model_validate_json(result.model_dump_json())
    if again != result:
        yield "the result does not survive JSON"
    for path, figure in result.figures():
        if figure.origin is None:
            yield f"the figure {path} has no origin"
    card = cast("object", result.card(lang))  # a plugin's own type checker may have been silenced
    if not isinstance(card, Card):
        yield f"card({lang!r}) returned {type(card).__name__}"
    elif Card.model_validate_json(card.model_dump_json()) != card:
        yield "the card does not survive JSON"
    said = cast("object", result.say(lang))
    if not isinstance(said, str) or not said.strip():
        yield f"say({lang!r}) says nothing"
        return
    book = EvidenceBook()
    book.add(result, tool=tool, call_id="c1")
    for mark in tie_out(said, book, ""):
        if mark.status in ("untied", "mismatch"):
            number = said[mark.start : mark.end]
            yield f"say() has {number!r} ({mark.status}), which no figure of the result stands behind: {said!r}"


async def source_problems(sources: Sequence[Source], searches: Sequence[str]) -> list[str]:
    """Search each source, read every hit again, and read spans that do not exist."""
    found: list[str] = []
    for source in sources:
        if not searches:
            found.append(f"source {source.name}: there is no sample query, so its spans are not checked")
        for query in searches:
            found += [f"source {source.name}, {query!r}: {text}" for text in await _of_search(source, query)]
    return found


async def _of_search(source: Source, query: str) -> list[str]:
    from tieout.marks import squeezed

    found: list[str] = []
    passages = await source.search(query, limit=5)
    if not passages:
        return ["finds nothing"]
    if len(passages) > 5:
        found.append(f"gives {len(passages)} passages where 5 were asked for")
    if [p.score for p in passages] != sorted((p.score for p in passages), reverse=True):
        found.append("does not give the best passage first")
    for passage in passages:
        span = passage.span
        raw = await source.reread(span)
        if span.source != source.name:
            found.append(f"a span names the source {span.source!r}, so nobody can find it again")
        if raw is None:
            found.append(f"page {span.page} [{span.start}:{span.end}] of {span.title!r} cannot be read again")
        elif squeezed(span.quote) not in squeezed(raw):
            found.append(f"the quote {span.quote[:60]!r} is not what stands at its own span: {raw[:60]!r}")
        gone = span.model_copy(update={"document": "0" * 64})
        if await source.reread(gone) is not None:
            found.append("a span of a document that does not exist is read all the same")
        if await source.reread(span.model_copy(update={"page": 1_000_000})) is not None:
            found.append("a span of a page that does not exist is read all the same")
    return found
