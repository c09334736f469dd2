"""``[plugins.NAME]``: a key that the plugin does not know is named with file, line and the nearest there is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from engine_parts import Plugin, rate
from pydantic import AliasChoices, BaseModel, ConfigDict, Field

from tieout.cli.app import CliState
from tieout.cli.evaluate import evaluate
from tieout.cli.groups import PluginGroup, run_tool
from tieout.errors import PluginError, SettingsError
from tieout.host import Host
from tieout.plugin import hookimpl
from tieout.registry import PluginState
from tieout.settings import load_settings


class Limits(BaseModel):
    """A table inside the table."""

    per_day: int = 5


class Lenient(BaseModel):
    """Passes over what it does not know, as pydantic does unless told otherwise."""

    region: str = "Texas"
    limits: Limits | None = None
    price: float = Field(default=1.0, validation_alias=AliasChoices("price", "tariff"))


class Strict(BaseModel):
    """Refuses what it does not know."""

    model_config = ConfigDict(extra="forbid")

    region: str = "Texas"
    limits: Limits = Limits()


class Open(BaseModel):
    """Wants whatever there is."""

    model_config = ConfigDict(extra="allow")


def with_settings(model: type[BaseModel]) -> Plugin:
    def settings() -> type[BaseModel]:
        return model

    return Plugin([rate], settings=settings)


Make = Callable[..., Host]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """A host whose user file holds ``text``."""

    def build(text: str, environment: dict[str, str] | None = None, **plugins: object) -> Host:
        file = tmp_path / "tieout.toml"
        file.write_text(text, encoding="utf-8")
        loaded = load_settings(
            folder=Path(tmp_path.anchor), environment={"TIEOUT_CONFIG": str(file), **(environment or {})}
        )
        host = Host(loaded, installed=False, extra_plugins=plugins, ephemeral=True)
        host.load()
        return host

    return build


def test_an_unknown_key_is_a_warning_with_file_line_and_the_nearest(make: Make, tmp_path: Path) -> None:
    host = make('[plugins.power]\ntariff = 2\n# where\nregoin = "Lodz"\n', power=with_settings(Lenient))
    (problem,) = host.registry.setting_problems()
    assert (
        problem
        == f"{tmp_path / 'tieout.toml'}:4: plugins.power.regoin: unknown setting (did you mean region?)"
    )
    assert host.registry.records["power"].state is PluginState.LOADED
    assert problem in host.registry.records["power"].warnings


def test_a_key_in_a_table_inside_is_found_too(make: Make) -> None:
    host = make("[plugins.power.limits]\nper_dya = 3\n", power=with_settings(Lenient))
    (problem,) = host.registry.setting_problems()
    assert problem.endswith(":2: plugins.power.limits.per_dya: unknown setting (did you mean per_day?)")


def test_what_a_plugin_forbids_is_an_error_with_the_same_words(make: Make, tmp_path: Path) -> None:
    host = make('[plugins.power]\nregoin = "Lodz"\n', power=with_settings(Strict))
    record = host.registry.records["power"]
    assert record.state is PluginState.FAILED
    assert f"{tmp_path / 'tieout.toml'}:2: plugins.power.regoin: unknown setting" in record.reason
    assert "did you mean region?" in record.reason


def test_a_command_of_a_plugin_with_wrong_settings_ends_as_wrong_settings_do(
    make: Make, tmp_path: Path
) -> None:
    host = make('[plugins.power]\nregoin = "Lodz"\n', power=with_settings(Strict))
    state: Any = CliState(_host=host, _settings=host.loaded)
    command = PluginGroup("power", host.registry.records["power"].entry)
    with pytest.raises(SettingsError) as wrong:
        command.main(["rate", "x"], standalone_mode=False, obj=state)
    assert wrong.value.exit_code == 3
    assert f"{tmp_path / 'tieout.toml'}:2: plugins.power.regoin" in wrong.value.message
    (tmp_path / "cases.jsonl").write_text("", "utf-8")
    with pytest.raises(SettingsError):
        evaluate.main(["power", str(tmp_path / "cases.jsonl")], standalone_mode=False, obj=state)


def test_a_command_of_a_plugin_that_is_switched_off_says_so(make: Make) -> None:
    host = make('[plugins]\ndisabled = ["power"]\n', power=with_settings(Strict))
    command = PluginGroup("power", host.registry.records["power"].entry)
    state: Any = CliState(_host=host, _settings=host.loaded)
    with pytest.raises(PluginError, match="disabled in the settings"):
        command.main(["rate", "x"], standalone_mode=False, obj=state)


@pytest.mark.parametrize(
    ("text", "model"),
    [
        ('[plugins.power]\nregion = "Lodz"\ntariff = 2\n[plugins.power.limits]\nper_day = 1\n', Lenient),
        ("[plugins.power]\nanything = 1\n", Open),
        ('[plugins]\ndisabled = ["power"]\n[plugins.power]\nregoin = 1\n', Lenient),
    ],
)
def test_what_is_known_wanted_or_switched_off_is_no_problem(
    make: Make, text: str, model: type[BaseModel]
) -> None:
    assert make(text, power=with_settings(model)).registry.setting_problems() == []


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "[plugins.pwoer]\nregion = 1\n",
            "plugins.pwoer: there is no plugin of that name (did you mean power?)",
        ),
        ('[plugins]\ndisable = ["x"]\n', "plugins.disable: unknown setting (did you mean disabled?)"),
        ("[plugins.plain]\nx = 1\n", "plain: has no settings, but [plugins.plain] sets some"),
    ],
)
def test_what_belongs_to_no_plugin_is_named(make: Make, text: str, said: str) -> None:
    (problem,) = make(text, power=with_settings(Lenient), plain=Plugin([rate])).registry.setting_problems()
    assert problem.endswith(said)


def test_what_the_environment_says_has_no_file(make: Make) -> None:
    host = make(
        '[plugins.power]\nregion = "Lodz"\n',
        {"TIEOUT_PLUGINS__POWER__REGOIN": "x"},
        power=with_settings(Lenient),
    )
    assert host.registry.setting_problems() == [
        "plugins.power.regoin: unknown setting (did you mean region?)"
    ]


def test_a_command_and_the_doctor_say_it(
    make: Make, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    host = make("[plugins.power]\nregoin = 1\n", power=with_settings(Lenient))
    run_tool(host, host.tool("power.rate"), {"region": "x"}, as_json=False)
    assert capsys.readouterr().err.count("plugins.power.regoin") == 1
    state: Any = CliState(_host=host, _settings=host.loaded)
    from tieout.cli.doctor import doctor

    doctor.main([], standalone_mode=False, obj=state)
    assert capsys.readouterr().out.count("plugins.power.regoin") == 1


class Unguarded:
    """Has settings that forbid extras, and no guards."""

    @hookimpl
    def settings(self) -> type[BaseModel]:
        """The settings."""
        return Strict


def test_a_plugin_that_is_lost_to_a_wrong_setting_is_not_lost_in_silence(make: Make) -> None:
    host = make("[plugins.power]\nregoin = 1\n", power=Unguarded())
    (problem,) = host.registry.setting_problems()
    assert "plugins.power.regoin" in problem
