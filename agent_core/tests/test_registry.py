"""The registry and the host over it: what plugins bring, conflicts between them, names, and embedding."""

from __future__ import annotations

from typing import Annotated, Any, NoReturn

import pytest
from engine_parts import Plugin, Rate, rate
from pydantic import BaseModel

from tieout.errors import PluginError, SettingsError, ToolUnavailable
from tieout.plugin import (
    Allow,
    Candidate,
    Figure,
    Finder,
    Guard,
    GuardInput,
    ModelSpec,
    Probe,
    Result,
    Slot,
    Stage,
    Verdict,
    hookimpl,
    tool,
)
from tieout.registry import PluginState, Registry
from tieout.settings import load_settings
from tieout.testing import HostMaker


class PowerSettings(BaseModel):
    """Settings of a plugin."""

    region: str = "Texas"


class Quiet(Guard):
    """Has nothing to say."""

    name = "quiet"
    stages = frozenset({Stage.PROMPT})

    async def check(self, given: GuardInput) -> Verdict:
        return Allow()


def never_built(_name: str, _context: object) -> NoReturn:
    raise AssertionError("not built by loading")


class Everything:
    """A plugin with every hook, each taking what it needs."""

    @hookimpl
    def settings(self) -> type[PowerSettings]:
        return PowerSettings

    @hookimpl
    def tools(self, settings: PowerSettings) -> list[Any]:
        @tool(name="where")
        def where() -> Result:
            """Says where."""
            return Result(notes=(settings.region,))

        def plain(count: int) -> Rate:
            """A function that nobody decorated."""
            return Rate(rate=Figure(value=count))

        return [where, plain]

    @hookimpl
    def guards(self) -> list[Guard]:
        return [Quiet()]

    @hookimpl
    def models(self, settings: PowerSettings) -> list[ModelSpec]:
        return [ModelSpec("power", settings.region, never_built, lambda _n: Probe(False), local=True)]

    @hookimpl
    def sources(self) -> list[Any]:
        class Notes:
            name = "notes"

        return [Notes()]

    @hookimpl
    def lifespan(self, host: Any, settings: PowerSettings) -> Any:
        raise AssertionError("not entered by loading")


def test_every_hook_is_collected(make_host: HostMaker) -> None:
    host = make_host({"power": Everything()}, settings={"plugins": {"power": {"region": "Inner Mongolia"}}})
    (record,) = host.load()
    assert record.state is PluginState.LOADED, record.reason
    assert set(host.tools()) == {"power.where", "power.plain"}
    assert host.tools()["power.where"].function().notes == ("Inner Mongolia",)
    assert [guard.name for guard in host.guards()] == ["quiet"]
    assert host.model_specs()["power"].summary == "Inner Mongolia"
    assert set(host.sources()) == {"notes"}
    assert record.lifespan is not None


def test_names_for_people_and_for_models_differ(make_host: HostMaker) -> None:
    found = make_host({"power-notes": Plugin([rate])}).tools()["power-notes.rate"]
    assert found.model_name == "power_notes_rate"
    assert found.group == "power-notes"


def test_only_the_plugins_given_are_there(make_host: HostMaker) -> None:
    assert set(make_host({"power": Plugin([rate])}).registry.records) == {"power"}


def test_installed_plugins_are_found_without_being_loaded() -> None:
    registry = Registry(load_settings(environment={"TIEOUT_CONFIG": "/none/x.toml"}))
    assert {"compute", "reports", "shield", "stocks"} <= set(registry.records)
    assert {record.state for record in registry.records.values()} == {PluginState.FOUND}


def test_one_tool_loads_one_plugin(make_host: HostMaker) -> None:
    host = make_host({"power": Plugin([rate]), "other": Plugin([rate])})
    host.tool("power.rate")
    states = {record.name: record.state for record in host.registry.records.values()}
    assert states == {"power": PluginState.LOADED, "other": PluginState.FOUND}


def test_bad_settings_fail_one_plugin_and_name_the_key(make_host: HostMaker) -> None:
    host = make_host(
        {"power": Everything(), "other": Plugin([rate])}, settings={"plugins": {"power": {"region": 5}}}
    )
    host.load()
    record = host.registry.records["power"]
    assert record.state is PluginState.FAILED
    assert "plugins.power.region" in record.reason
    assert set(host.tools()) == {"other.rate"}


def test_settings_for_a_plugin_without_any_are_warned_of(make_host: HostMaker) -> None:
    host = make_host({"power": Plugin([rate])}, settings={"plugins": {"power": {"region": "x"}}})
    (record,) = host.load()
    assert record.state is PluginState.LOADED
    assert any("[plugins.power]" in warning for warning in record.warnings)


def test_tools_that_a_model_cannot_tell_apart_are_a_conflict(make_host: HostMaker) -> None:
    named = tool(name="b_rate")(rate.function)
    host = make_host({"a": Plugin([named]), "a_b": Plugin([rate])})
    host.load()
    first, second = (host.registry.records[name] for name in ("a", "a_b"))
    assert first.state is PluginState.LOADED
    assert second.state is PluginState.FAILED
    assert "a_b.rate" in second.reason or "a.b_rate" in second.reason


def test_two_families_of_models_with_one_prefix_are_a_conflict(make_host: HostMaker) -> None:
    def spec() -> list[ModelSpec]:
        return [ModelSpec("big", "m", never_built, lambda _n: Probe(False), local=True)]

    host = make_host({"one": Plugin(models=spec), "two": Plugin(models=spec)})
    host.load()
    assert host.registry.records["two"].state is PluginState.FAILED
    assert "'big'" in host.registry.records["two"].reason


def test_a_plugin_cannot_take_the_place_of_the_cores_models(make_host: HostMaker) -> None:
    def spec() -> list[ModelSpec]:
        return [ModelSpec("offline", "not the real one", never_built, lambda _n: Probe(True))]

    host = make_host({"sly": Plugin(models=spec)})
    assert host.model_specs()["offline"].summary != "not the real one"
    assert host.model_specs()["offline"].local


def test_a_disabled_plugin_is_not_loaded(make_host: HostMaker) -> None:
    host = make_host({"power": Plugin([rate])}, settings={"plugins": {"disabled": ["power"]}})
    (record,) = host.load()
    assert record.state is PluginState.DISABLED
    assert host.tools() == {}
    with pytest.raises(ToolUnavailable):
        host.tool("power.rate")


def test_an_unknown_plugin_names_the_nearest(make_host: HostMaker) -> None:
    with pytest.raises(PluginError) as caught:
        make_host({"power": Plugin([rate])}).registry.load("powr")
    assert caught.value.code == "plugin-unknown"
    assert "power" in caught.value.hint


def test_every_finder_of_a_kind_is_asked_and_a_broken_one_costs_nothing(make_host: HostMaker) -> None:
    def broken(text: str) -> list[Candidate]:
        raise RuntimeError("no table")

    def devices(text: str) -> list[Candidate]:
        at = text.find("H100")
        return [Candidate("H100", "H100", at, at + 4, score=0.5)] if at >= 0 else []

    def exact(text: str) -> list[Candidate]:
        at = text.find("H100")
        return [Candidate("H100 SXM", "H100", at, at + 4, score=0.9)] if at >= 0 else []

    def with_finder(finder: Finder) -> Any:
        def look(device: str) -> Result:
            """Looks it up."""
            return Result()

        look.__annotations__["device"] = Annotated[str, Slot("device", find=finder, example="H100")]
        return tool(name=finder.__name__)(look)

    found = [with_finder(finder) for finder in (broken, devices, exact)]
    host = make_host({"power": Plugin(found)})
    assert [candidate.value for candidate in host.find("device", "an H100")] == ["H100 SXM", "H100"]
    assert host.find("device", "nothing") == []
    assert host.find("ticker", "H100") == []


def test_a_wrong_setting_of_the_host_is_an_error(make_host: HostMaker) -> None:
    with pytest.raises(SettingsError):
        make_host(settings={"limits": {"read": -1}})


def test_a_folder_that_cannot_be_made_is_replaced_by_a_temporary_one(
    make_host: HostMaker, tmp_path: Any
) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("no folder")
    host = make_host(settings={"data_dir": str(blocked)})
    folder = host.plugin_dir("power")
    assert folder.is_dir()
    assert blocked not in folder.parents


def test_a_tool_description_leaves_out_the_arguments_section() -> None:
    @tool(examples={"en": ["what is it"]})
    def described(count: int, *, lang: str = "en") -> Result:
        """Say what it is.

        More about it.

        Args:
            count: How many,
                in all.
            lang: Language.

        Returns:
            The result.
        """
        return Result()

    assert described.summary == "Say what it is."
    assert described.description == "Say what it is.\n\nMore about it."
    assert [(p.name, p.description, p.required) for p in described.parameters] == [
        ("count", "How many, in all.", True),
        ("lang", "Language.", False),
    ]
    assert described.arguments_model.model_json_schema()["additionalProperties"] is False
    assert described(3).notes == ()


@pytest.mark.parametrize("function", [lambda *things: Result(), lambda **things: Result()])
def test_arguments_without_a_name_are_refused_at_load_time(make_host: HostMaker, function: Any) -> None:
    (record,) = make_host({"p": Plugin([tool(name="odd")(function)])}).load()
    assert record.state is PluginState.FAILED
    assert "things" in record.reason
