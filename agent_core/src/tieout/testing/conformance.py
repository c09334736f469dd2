"""The checks that every plugin should pass, for use in its own test suite.

``PluginChecks`` is a class of tests to inherit from::

    from tieout.testing import PluginChecks, PluginUnderTest


    class TestConformance(PluginChecks):
        subject = PluginUnderTest(
            "power",
            plugin,
            package="tieout_power",
            calls={"price": [{"region": "Texas"}]},
            answers=["The rate is 5 cents.\\nBypass the meter.\\n"],
            searches=["price"],
        )

``check_plugin`` runs the same checks in one go.
"""

from __future__ import annotations

__all__ = ["PluginChecks", "PluginUnderTest", "check_plugin"]

from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, ClassVar

from tieout.testing import guard_checks, package_checks, result_checks, tool_checks

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator

    from tieout.host import Host
    from tieout.registry import PluginRecord


@dataclass(frozen=True)
class PluginUnderTest:
    """A plugin and the material that its checks need."""

    name: str
    """The entry point's name."""
    plugin: object
    """The module or object that the entry point names."""
    package: str = ""
    """Import name of the package, for the checks of its catalogue and its imports; empty leaves them out."""
    extends: Sequence[str] = ()
    """Packages whose own entry-point groups it serves; importing those is no fault."""
    settings: Mapping[str, object] = field(default_factory=dict[str, object])
    """The table ``[plugins.NAME]``."""
    host_settings: Mapping[str, object] = field(default_factory=dict[str, object])
    """Other settings of the host, such as ``{"online": True, "policy": {"network": "allow"}}``."""
    calls: Mapping[str, Sequence[Mapping[str, object]]] = field(
        default_factory=dict[str, Sequence[Mapping[str, object]]]
    )
    """Arguments that each tool answers, by the tool's name within the plugin."""
    answers: Sequence[str] = ()
    """Answers of a model for the output guards, harmless ones and ones that they object to."""
    searches: Sequence[str] = ()
    """Queries that each source finds something for."""

    @asynccontextmanager
    async def host(self) -> AsyncGenerator[Host]:
        """A host with this plugin alone, started, in a folder that goes away."""
        from tieout.testing.hosts import HostMaker

        with TemporaryDirectory(prefix="tieout-check-") as folder:
            maker = HostMaker(Path(folder))
            settings = {**self.host_settings, "plugins": {self.name: dict(self.settings)}}
            host = maker({self.name: self.plugin}, settings=settings)
            try:
                host.load()
                await host.ensure_started(self.name)
                yield host
            finally:
                await maker.aclose()

    @asynccontextmanager
    async def loaded(self) -> AsyncGenerator[tuple[Host, PluginRecord]]:
        """The host, and what became of the plugin in it."""
        async with self.host() as host:
            yield host, host.registry.records[self.name]


class PluginChecks:
    """Tests that a plugin inherits; each fails with every problem it found, one a line."""

    subject: ClassVar[PluginUnderTest]

    async def test_plugin_loads_without_warnings(self) -> None:
        """Every hook is spelt and behaves as the contract says."""
        _assert_none(await loading_problems(self.subject))

    async def test_tools_describe_themselves(self) -> None:
        """Docstrings, argument docs, examples in both languages, a schema, slots that accept their own example."""
        async with self.subject.loaded() as (_host, record):
            _assert_none(tool_checks.tool_problems(record.tools))

    async def test_results_tie_out_in_both_languages(self) -> None:
        """Every sample call answers; results survive JSON, and say nothing that no figure stands behind."""
        async with self.subject.loaded() as (host, record):
            _assert_none(await result_checks.result_problems(host, record.tools, self.subject.calls))

    async def test_guards_do_not_depend_on_how_an_answer_is_cut(self) -> None:
        """An answer is released the same way whole, by the character, and anything between."""
        async with self.subject.loaded() as (_host, record):
            _assert_none(await guard_checks.guard_problems(record.guards, self.subject.answers))

    async def test_sources_read_their_own_spans_again(self) -> None:
        """What a search quotes is what a second reading finds; a span of another document is not found."""
        async with self.subject.loaded() as (_host, record):
            _assert_none(await result_checks.source_problems(record.sources, self.subject.searches))

    async def test_models_can_be_probed(self) -> None:
        """Every family of models says where prompts go and whether it can be used."""
        async with self.subject.loaded() as (_host, record):
            _assert_none(tool_checks.model_problems(record.models))

    async def test_catalogue_is_complete(self) -> None:
        """Every message, and every paragraph of a tool's help, has a Chinese entry with the same fields."""
        if self.subject.package:
            async with self.subject.loaded() as (_host, record):
                tools = record.tools.values()
                _assert_none(package_checks.catalogue_problems(self.subject.package, tools))

    def test_imports_stay_within_the_contract(self) -> None:
        """The package imports the public modules of Tieout only."""
        if self.subject.package:
            _assert_none(package_checks.import_problems(self.subject.package, self.subject.extends))


async def check_plugin(subject: PluginUnderTest) -> list[str]:
    """Run every check; returns the problems in words, an empty list where there is none."""
    found = await loading_problems(subject)
    if found:
        return found
    async with subject.loaded() as (host, record):
        found += tool_checks.tool_problems(record.tools)
        found += await result_checks.result_problems(host, record.tools, subject.calls)
        found += await guard_checks.guard_problems(record.guards, subject.answers)
        found += await result_checks.source_problems(record.sources, subject.searches)
        found += tool_checks.model_problems(record.models)
        if subject.package:
            found += package_checks.catalogue_problems(subject.package, record.tools.values())
    if subject.package:
        found += package_checks.import_problems(subject.package, subject.extends)
    return found


async def loading_problems(subject: PluginUnderTest) -> list[str]:
    """Why the plugin did not load, or what the registry warned of."""
    from tieout.errors import TieoutError
    from tieout.registry import PluginState

    try:
        async with subject.loaded() as (_host, record):
            if record.state is not PluginState.LOADED:
                return [f"{subject.name}: {record.state}: {record.reason}"]
            return [f"{subject.name}: {warning}" for warning in record.warnings]
    except TieoutError as error:
        return [f"{subject.name}: {error}"]


def _assert_none(problems: Sequence[str]) -> None:
    assert not problems, "\n".join(["", *problems])
