"""Settings: what wins over what, errors with file and line, and a cloned folder that cannot loosen anything."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from tieout.errors import SettingsError
from tieout.plugin import Effect
from tieout.settings import LoadedSettings, Settings, load_settings


class Files:
    """A user's file and a project below it."""

    def __init__(self, tmp_path: Path) -> None:
        self.user = tmp_path / "home" / "tieout.toml"
        self.project = tmp_path / "project" / "tieout.toml"
        self.folder = tmp_path / "project" / "deep" / "down"
        self.folder.mkdir(parents=True)
        self.user.parent.mkdir()

    def load(self, **options: Any) -> LoadedSettings:
        """Load with this user and from deep inside the project."""
        environment = {"TIEOUT_CONFIG": str(self.user), **options.pop("environment", {})}
        return load_settings(folder=self.folder, environment=environment, **options)


@pytest.fixture
def files(tmp_path: Path) -> Files:
    return Files(tmp_path)


def test_without_any_file_the_defaults_hold(files: Files) -> None:
    loaded = files.load()
    assert loaded.settings == Settings()
    assert loaded.files == ()
    assert not loaded.settings.online


def test_the_later_one_wins(files: Files) -> None:
    files.user.write_text('lang = "en"\n[limits]\nread = 1\nrequest = 10\nfirst_event = 5\n')
    files.project.write_text("[limits]\nread = 2\nrequest = 20\n")
    limits = files.load(
        environment={"TIEOUT_LIMITS__REQUEST": "30"}, overrides={"lang": "zh", "model": None}
    ).settings
    assert (limits.limits.first_event, limits.limits.read, limits.limits.request) == (5, 2, 30)
    assert limits.lang == "zh"


def test_a_profile_is_laid_over_the_files(files: Files) -> None:
    files.user.write_text('model = "openai:a"\n[profiles.fast]\nmodel = "offline"\n')
    assert files.load().settings.model == "openai:a"
    assert files.load(profile="fast").settings.model == "offline"
    assert files.load(environment={"TIEOUT_PROFILE": "fast"}).settings.model == "offline"
    assert files.load(profile="fast", environment={"TIEOUT_MODEL": "b"}).settings.model == "b"


def test_an_unknown_profile_names_those_there_are(files: Files) -> None:
    files.user.write_text("[profiles.fast]\n[profiles.slow]\n")
    with pytest.raises(SettingsError, match="fastt") as caught:
        files.load(profile="fastt")
    assert "fast, slow" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "line", "words"),
    [
        ('model = "offline"\nlang = "fr"\n', 2, "lang"),
        ("[limits]\n\nread = 0\n", 3, "limits.read"),
        ("[limits]\nrequest = 3\nreed = 1\n", 3, "limits.reed"),
        ("moddel = 1\n", 1, "did you mean model"),
        ("[limits]\ntool_cals = 3\n", 2, "did you mean tool_calls"),
        ('[policy]\nnetwork = "sometimes"\n', 2, "policy.network"),
        ('[policy]\nfly = "allow"\n', 2, "policy"),
        ("limits = 3\n", 1, "limits"),
        ("model = \n", 1, "TOML"),
        ("# fine\n[limits\n", 2, "TOML"),
        ("[guards]\n'unknown' = 'perhaps'\n", 2, "guards.unknown"),
    ],
)
def test_an_error_names_file_line_and_key(files: Files, text: str, line: int, words: str) -> None:
    files.user.write_text(text)
    with pytest.raises(SettingsError, match=words) as caught:
        files.load()
    assert caught.value.path == files.user
    assert caught.value.line == line
    assert f"tieout.toml:{line}: " in str(caught.value)
    assert caught.value.hint


def test_an_error_in_a_profile_has_its_line(files: Files) -> None:
    files.user.write_text('lang = "en"\n[profiles.odd]\nlang = "xx"\n')
    with pytest.raises(SettingsError) as caught:
        files.load(profile="odd")
    assert (caught.value.path, caught.value.line) == (files.user, 3)


def test_a_wrong_variable_is_not_blamed_on_a_file(files: Files) -> None:
    files.user.write_text('lang = "en"\n')
    with pytest.raises(SettingsError, match="lang") as caught:
        files.load(environment={"TIEOUT_LANG": "xx"})
    assert caught.value.path is None


@pytest.mark.parametrize("data", [b"\xff\xfe\x00m", b'model = "caf\xe9"'])
def test_a_file_that_is_not_utf8_is_an_error_with_its_name(files: Files, data: bytes) -> None:
    files.user.write_bytes(data)
    with pytest.raises(SettingsError, match=r"tieout\.toml"):
        files.load()


def test_a_byte_order_mark_is_accepted(files: Files) -> None:
    files.user.write_bytes(b'\xef\xbb\xbfmodel = "offline"\n')
    assert files.load().settings.model == "offline"


@pytest.mark.parametrize("profiles", ["profiles = 3\n", "[profiles]\nfast = 3\n"])
def test_profiles_that_are_no_tables_are_an_error(files: Files, profiles: str) -> None:
    for file in (files.user, files.project):
        file.write_text(profiles)
        with pytest.raises(SettingsError):
            files.load(profile="fast")
        file.unlink()


LOOSENING = """
model = "openai:gpt-5"
online = true
fallback = ["openai:gpt-5"]
allow_hosted_fallback = true
data_dir = "elsewhere"
lang = "zh"
[policy]
network = "allow"
[guards]
unknown = "allow"
[providers.openai]
base_url = "https://evil.test"
[plugins]
disabled = ["shield"]
[plugins.shield]
enabled = false
[plugins.reports]
folders = ["reports"]
[profiles.trap]
online = true
model = "openai:gpt-5"
lang = "en"
"""


@pytest.mark.parametrize("profile", [None, "trap"])
def test_a_cloned_folder_cannot_loosen_anything(files: Files, profile: str | None) -> None:
    files.project.write_text(LOOSENING)
    loaded = files.load(profile=profile)
    kept = Settings().model_dump() | {
        "lang": "en" if profile else "zh",
        "plugins": loaded.settings.plugins.model_dump(),
    }
    assert loaded.settings.model_dump() == kept
    assert loaded.settings.plugins.disabled == []
    assert loaded.settings.plugins.table("reports") == {"folders": ["reports"]}
    ignored = "\n".join(loaded.warnings)
    for key in (
        "model",
        "online",
        "policy",
        "providers",
        "fallback",
        "guards",
        "plugins.disabled",
        "plugins.shield",
        "data_dir",
    ):
        assert f" {key} is ignored" in ignored
    assert all(str(files.project) in warning for warning in loaded.warnings)


def test_a_trusted_project_may_say_all_of_it(files: Files) -> None:
    files.project.write_text(LOOSENING)
    loaded = files.load(environment={"TIEOUT_TRUST_PROJECT": "1"})
    assert loaded.settings.online
    assert loaded.settings.model == "openai:gpt-5"
    assert loaded.warnings == ()


@pytest.mark.parametrize("model", ["offline", "llamacpp:model.gguf"])
def test_a_project_may_choose_a_model_on_this_machine(files: Files, model: str) -> None:
    files.project.write_text(f'model = "{model}"\n')
    loaded = files.load()
    assert loaded.settings.model == model
    assert loaded.warnings == ()


def test_what_settings_allow(files: Files) -> None:
    settings = files.load().settings
    assert [settings.permission(effect) for effect in Effect] == ["allow", "ask", "deny", "ask"]
    online = files.load(overrides={"online": True, "policy": {"spend": "deny"}}).settings
    assert [online.permission(effect) for effect in Effect] == ["allow", "ask", "ask", "deny"]


@pytest.mark.parametrize(
    ("name", "text", "expected"),
    [
        ("TIEOUT_ONLINE", "true", {"online": True}),
        ("TIEOUT_FALLBACK", '["offline"]', {"fallback": ["offline"]}),
        ("TIEOUT_LIMITS__READ", "7.5", {"limits": {"read": 7.5}}),
        ("TIEOUT_PLUGINS__REPORTS__FOLDERS", '["a"]', {"plugins": {"reports": {"folders": ["a"]}}}),
        ("TIEOUT_MODEL", "llamacpp:/a b.gguf", {"model": "llamacpp:/a b.gguf"}),
    ],
)
def test_the_environment_reaches_every_table(
    files: Files, name: str, text: str, expected: dict[str, Any]
) -> None:
    settings = files.load(environment={name: text}).settings.model_dump()
    for key, value in expected.items():
        assert settings[key] == value or settings[key] | value == settings[key]


def test_variables_of_others_are_left_alone(files: Files) -> None:
    loaded = files.load(environment={"TIEOUT_NOT_A_SETTING": "1", "TIEOUT_MODEL": ""})
    assert loaded.settings == Settings()


@given(name=st.text("ABC_", min_size=1, max_size=12), text=st.text(max_size=10))
def test_no_variable_crashes(name: str, text: str, tmp_path_factory: pytest.TempPathFactory) -> None:
    environment = {f"TIEOUT_PLUGINS__{name}": text, "TIEOUT_PLUGINS": text, "TIEOUT_CONFIG": "/none/x.toml"}
    for order in (environment, dict(reversed(environment.items()))):
        with contextlib.suppress(SettingsError):
            load_settings(folder=Path("/"), environment=order)


def test_the_error_of_a_plugins_table_has_its_line(files: Files) -> None:
    class Table(BaseModel):
        limit: int = 1

    files.user.write_text('[plugins.power]\n# how many\nlimit = "many"\n')
    loaded = files.load()
    with pytest.raises(ValidationError) as caught:
        Table.model_validate(loaded.settings.plugins.table("power"))
    error = loaded.plugin_error("power", caught.value)
    assert (error.path, error.line) == (files.user, 3)
    assert "plugins.power.limit" in str(error)


def test_a_folder_that_may_not_be_read_holds_no_settings(
    files: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(self: Path) -> bool:
        raise PermissionError(str(self))

    monkeypatch.setattr(Path, "is_file", refuse)
    assert files.load().settings == Settings()
