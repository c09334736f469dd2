"""The conformance checks find what they are for: each is shown a plugin with that one fault."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from textwrap import dedent
from typing import Annotated, Any

import pytest
from engine_parts import Plugin

from tieout.plugin import (
    Allow,
    Card,
    Figure,
    Formula,
    Guard,
    GuardInput,
    GuardStream,
    ModelSpec,
    Passage,
    Probe,
    Redact,
    Release,
    ReportSpan,
    Result,
    Slot,
    Stage,
    Tool,
    Verdict,
    hookimpl,
    tool,
)
from tieout.testing import PluginChecks, PluginUnderTest, check_plugin

EXAMPLES = {"en": [f"what is rate {n}" for n in "abcdef"], "zh": [f"{n} 的价格" for n in "甲乙丙丁戊己"]}


class Price(Result):
    """One figure, said and drawn well."""

    price: Figure

    def say(self, lang: str = "en") -> str:
        return f"It is {self.price.value:g} USD."


@tool(examples=EXAMPLES)
def price(size: Annotated[float, Slot("quantity", unit="MW", example="5 MW")] = 1.0) -> Price:
    """The price of a size.

    Args:
        size: How large.
    """
    return Price(
        price=Figure(value=2.5 * size, unit="USD", origin=Formula(name="price", expression="2.5 · size"))
    )


class Lines(Guard):
    """Takes a word out, line by line."""

    name = "lines"
    stages = frozenset({Stage.OUTPUT, Stage.PROMPT})

    async def check(self, given: GuardInput) -> Verdict:
        return Redact(given.text.replace("bad", "***"), "m") if "bad" in given.text else Allow()


TEXT = "The first line.\nThe second line.\n"


class Shelf:
    """A source with one text."""

    name = "shelf"

    async def search(self, query: str, *, limit: int = 10) -> list[Passage]:
        start = TEXT.find(query)
        if start < 0:
            return []
        span = ReportSpan(
            document="a" * 64,
            title="T",
            page=1,
            start=start,
            end=start + len(query),
            quote=query,
            source=self.name,
        )
        return [Passage(span=span, text=query, score=1.0)]

    async def reread(self, span: ReportSpan) -> str | None:
        return TEXT[span.start : span.end] if (span.document, span.page) == ("a" * 64, 1) else None


def subject(plugin: object, **options: Any) -> PluginUnderTest:
    given: dict[str, Any] = {
        "calls": {"price": [{"size": 2}]},
        "answers": ["a bad\nline"],
        "searches": ["second"],
    }
    return PluginUnderTest("power", plugin, **(given | options))


class Good(Plugin):
    """Everything as it should be."""

    def __init__(self, tools: Any = (price,), guards: Any = None, shelf: Any = None, **hooks: Any) -> None:
        super().__init__(tools, [Lines()] if guards is None else guards, **hooks)
        self._shelf = shelf or Shelf()

    @hookimpl
    def sources(self) -> list[Any]:
        """One shelf."""
        return [self._shelf]


class TestGood(PluginChecks):
    """The checks as a class of tests."""

    subject = subject(Good())


async def test_a_good_plugin_has_no_problem() -> None:
    assert await check_plugin(subject(Good())) == []


class Untied(Price):
    """Says a number that nothing stands behind."""

    def say(self, lang: str = "en") -> str:
        return f"It is {self.price.value:g} USD, about 17 % more than last year."


class Mute(Price):
    """Says nothing in Chinese."""

    def say(self, lang: str = "en") -> str:
        return "" if lang == "zh" else super().say(lang)


class NoChineseCard(Price):
    """Cannot be drawn in Chinese."""

    def card(self, lang: str = "en") -> Card:
        return Card(title={"en": "Price"}[lang])


def with_result(kind: type[Price]) -> Tool[..., Any]:
    def made(size: Annotated[float, Slot("quantity", unit="MW", example="5 MW")] = 1.0) -> Result:
        """The price of a size.

        Args:
            size: How large.
        """
        return kind(price=Figure(value=2.5 * size, unit="USD"))

    return tool(name="price", examples=EXAMPLES)(made)


def undocumented(size: Annotated[float, Slot("quantity", unit="MW", example="5 kg")] = 1.0) -> Price:
    return Price(price=Figure(value=1, unit="USD"))


class CutDependent(Lines):
    """Looks at each delta on its own."""

    def open_stream(self, given: GuardInput) -> GuardStream:
        class Hasty(GuardStream):
            async def feed(self, delta: str) -> Release:
                return Release(delta.replace("bad", "***"))

            async def finish(self) -> Release:
                return Release("")

        return Hasty()


class Forgetful(Shelf):
    """Cannot find its own spans again."""

    async def reread(self, span: ReportSpan) -> str | None:
        return None


class Credulous(Shelf):
    """Reads spans of documents that it does not have."""

    async def reread(self, span: ReportSpan) -> str | None:
        return TEXT[span.start : span.end]


class Sloppy(Shelf):
    """Names another source and quotes what is not there."""

    async def search(self, query: str, *, limit: int = 10) -> list[Passage]:
        (hit,) = await super().search(query)
        span = hit.span.model_copy(update={"quote": "The third line.", "source": "elsewhere"})
        return [hit.model_copy(update={"span": span})]


def hosted() -> list[ModelSpec]:
    def probe(name: str) -> Probe:
        raise RuntimeError("no such name")

    return [ModelSpec("far", "somewhere", lambda _name, _context: 1 / 0, probe)]  # pyright: ignore[reportArgumentType]


class Misspelt(Good):
    """Has a hook that is none."""

    @hookimpl
    def toools(self) -> list[Any]:
        """Not a hook."""
        return []


FAULTS: dict[str, tuple[object, dict[str, Any], list[str]]] = {
    "untied number": (Good([with_result(Untied)]), {}, ["'17 %' (untied)"]),
    "says nothing in Chinese": (Good([with_result(Mute)]), {}, ["say('zh') says nothing"]),
    "no card in Chinese": (Good([with_result(NoChineseCard)]), {}, ["failed:", "KeyError: 'zh'"]),
    "nothing described": (
        Good([tool(name="price")(undocumented)]),
        {},
        [
            "no docstring",
            "'size' is not described",
            "0 example utterances in 'zh'",
            "does not accept its own example",
        ],
    ),
    "no sample call": (Good(), {"calls": {}}, ["no sample call"]),
    "call of no tool": (Good(), {"calls": {"price": [{}], "other": [{}]}}, ["a tool 'other'"]),
    "call that fails": (Good(), {"calls": {"price": [{"size": "5 kg"}]}}, ["failed:"]),
    "guard by the delta": (Good(guards=[CutDependent()]), {}, ["cut into"]),
    "guard not shown anything": (Good(), {"answers": []}, ["no sample answer"]),
    "source forgets": (Good(shelf=Forgetful()), {}, ["cannot be read again"]),
    "source believes": (
        Good(shelf=Credulous()),
        {},
        ["document that does not exist", "page that does not exist"],
    ),
    "source is sloppy": (Good(shelf=Sloppy()), {}, ["names the source 'elsewhere'", "is not what stands"]),
    "source finds nothing": (Good(), {"searches": ["absent"]}, ["finds nothing"]),
    "hosted model": (Good(models=hosted), {}, ["does not say to which host", "probe('') raised"]),
    "misspelt hook": (Misspelt(), {}, ["Did you mean tools?"]),
    "bad settings": (object(), {}, ["implements no hook"]),
}


@pytest.mark.parametrize("fault", FAULTS)
async def test_a_fault_is_found(fault: str) -> None:
    plugin, options, words = FAULTS[fault]
    problems = "\n".join(await check_plugin(subject(plugin, **options)))
    for word in words:
        assert word in problems, problems


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    folder = tmp_path / "checked_package"
    (folder / "locale" / "zh" / "LC_MESSAGES").mkdir(parents=True)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    sys.modules.pop("checked_package", None)


def write(package: Path, source: str, translations: dict[str, str]) -> None:
    from babel.messages.catalog import Catalog
    from babel.messages.mofile import write_mo

    (package / "__init__.py").write_text(dedent(source), encoding="utf-8")
    catalogue = Catalog(locale="zh")
    for message, text in translations.items():
        catalogue.add(message, text)
    with (package / "locale/zh/LC_MESSAGES/checked_package.mo").open("wb") as file:
        write_mo(file, catalogue)


HELP = {"The price of a size.": "价格", "How large.": "多大"}


async def test_missing_and_broken_translations_are_found(package: Path) -> None:
    source = """
        from tieout.plugin import translator
        _ = translator("checked_package")
        said = [_("Complete"), _("Missing"), _("Has {field}", field=1)]
    """
    write(package, source, HELP | {"Complete": "完整", "Has {field}": "没有"})
    problems = await check_plugin(subject(Good(), package="checked_package"))
    assert len(problems) == 2
    assert "__init__.py:4" in problems[0]
    assert "'Missing'" in problems[0]
    assert "other fields" in problems[1]


async def test_a_tools_help_belongs_to_the_catalogue(package: Path) -> None:
    write(package, "", {"The price of a size.": "价格"})
    (problem,) = await check_plugin(subject(Good(), package="checked_package"))
    assert "'How large.'" in problem


async def test_imports_of_internals_are_found(package: Path) -> None:
    write(
        package,
        "from tieout import Host, turn\nimport tieout.store.rows\nfrom tieout.plugin import tool\n",
        HELP,
    )
    problems = await check_plugin(subject(Good(), package="checked_package"))
    assert [problem.partition("imports ")[2].partition(",")[0] for problem in problems] == [
        "tieout.turn",
        "tieout.store.rows",
    ]


async def test_another_plugin_may_be_imported_only_where_it_is_extended(package: Path) -> None:
    write(package, "import tieout_stock_lookup\n", HELP)
    assert await check_plugin(subject(Good(), package="checked_package"))
    allowed = subject(Good(), package="checked_package", extends=("tieout_stock_lookup",))
    assert await check_plugin(allowed) == []
