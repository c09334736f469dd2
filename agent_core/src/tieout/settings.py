"""Settings: tieout.toml (user, then project), environment, command line. The later one wins."""

from __future__ import annotations

__all__ = [
    "GuardPolicy",
    "Limits",
    "LoadedSettings",
    "PluginTables",
    "Settings",
    "load_settings",
    "user_config_path",
]

import os
import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from tieout.contract.tools import Effect
from tieout.errors import SettingsError
from tieout.i18n import Language, translator
from tieout.settingplaces import line_of, names_at, near, place_of, unknown_keys
from tieout.validation import problem_text

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

_ = translator("tieout")

Permission = Literal["allow", "ask", "deny"]
Table = dict[str, Any]

_LOOSENS = ("policy", "online", "providers", "fallback", "allow_hosted_fallback", "data_dir", "guards")
"""Keys that a project's own file may not set: a cloned folder must not send prompts elsewhere or approve effects."""

_GUARDING_PLUGINS = ("shield",)
"""Plugins whose whole table a project may not set: it says what their guards let through."""

_LOCAL_MODELS = ("offline", "llamacpp")
"""The models that it may choose, since they send nothing anywhere."""


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Limits(_Section):
    """Bounds of one turn; shown by ``tieout doctor``."""

    request: float = Field(default=300.0, gt=0)
    """Seconds for one model request."""
    first_event: float = Field(default=60.0, gt=0)
    """Seconds until a model request must say something."""
    read: float = Field(default=30.0, gt=0)
    """Seconds between two pieces of a stream."""
    tool_calls: int = Field(default=20, gt=0)
    """Tool calls in one turn."""
    requests: int = Field(default=12, gt=0)
    """Model requests in one turn."""
    question_chars: int = Field(default=100_000, gt=0)
    """Characters of one question."""
    answer_chars: int = Field(default=200_000, gt=0)
    """Characters of one answer."""
    tool_result_chars: int = Field(default=60_000, gt=0)
    """Characters of a tool's result that a model is shown."""
    plugin_start: float = Field(default=30.0, gt=0)
    """Seconds within which a plugin must have started."""


class GuardPolicy(_Section):
    """What the host does with a guard's answers."""

    unknown: Literal["allow", "warn", "block"] = "warn"
    """What "could not tell" counts as."""
    retries: int = Field(default=1, ge=0, le=3)
    """How often a guard may ask the model again in one turn."""


class PluginTables(BaseModel):
    """``[plugins]``: which are switched off, and a table per plugin."""

    model_config = ConfigDict(extra="allow")

    disabled: list[str] = []

    def table(self, name: str) -> Table:
        """The raw table ``[plugins.NAME]``."""
        return cast(Table, (self.model_extra or {}).get(name) or {})


class Settings(_Section):
    """All settings of a host, validated."""

    model: str | None = None
    """``offline``, ``openai:gpt-5``, ``llamacpp:/path/model.gguf`` …; unset picks what is configured."""
    fallback: list[str] = []
    """Models to try in order when the first cannot be reached."""
    allow_hosted_fallback: bool = False
    """Whether a local or offline model may fall back to a hosted one."""
    lang: Language | None = None
    online: bool = False
    """Whether tools may use the network at all."""
    data_dir: Path | None = None
    policy: dict[Effect, Permission] = {}
    limits: Limits = Limits()
    guards: GuardPolicy = GuardPolicy()
    providers: dict[str, Table] = {}
    """A table per model prefix (``[providers.openai]``, ``[providers.llamacpp]``), read by the model's builder."""
    plugins: PluginTables = PluginTables()

    def permission(self, effect: Effect) -> Permission:
        """allow for reading, ask for the rest, unless ``[policy]`` says otherwise; no network while offline."""
        if effect is Effect.NETWORK and not self.online:
            return "deny"
        return self.policy.get(effect, "allow" if effect is Effect.READ else "ask")


@dataclass(frozen=True)
class LoadedSettings:
    """Settings with where they came from."""

    settings: Settings
    files: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()
    profile: str = ""
    _places: Mapping[str, Path] = field(default_factory=dict[str, Path])

    def plugin_error(
        self, name: str, error: ValidationError, known: type[BaseModel] | None = None
    ) -> SettingsError:
        """The error of a plugin's table, with the file and line of its first problem.

        Args:
            known: The plugin's settings; a field that they have not got is then met with the nearest they have.
        """
        first = error.errors()[0]
        keys = tuple(str(part) for part in first["loc"])
        problem = problem_text(first) if known is None else _problem(first, keys, known)
        return self._error(("plugins", name, *keys), problem)

    def folders_of(self, name: str) -> dict[str, Path]:
        """For each key of a plugin's table the folder of the file that sets it, which relative paths start from."""
        places = {
            key: place_of(self._places, ("plugins", name, key)) for key in self.settings.plugins.table(name)
        }
        return {key: file.parent for key, file in places.items() if file is not None}

    def unknown_in(self, name: str, known: type[BaseModel]) -> list[str]:
        """What a plugin's table sets and its settings do not know and pass over; each with file and line."""
        return [
            self._error(("plugins", name, *keys), _("unknown setting") + near(keys[-1], names)).message
            for keys, names in unknown_keys(known, self.settings.plugins.table(name))
        ]

    def unclaimed(self, plugins: Collection[str]) -> list[str]:
        """What ``[plugins]`` holds that is no setting and no table of one of ``plugins``, with file and line."""
        found: list[str] = []
        for name, value in (self.settings.plugins.model_extra or {}).items():
            if isinstance(value, dict):
                problem = _("there is no plugin of that name") + near(name, plugins)
            else:
                problem = _("unknown setting") + near(name, PluginTables.model_fields)
            if name not in plugins:
                found.append(self._error(("plugins", name), problem).message)
        return found

    def _error(self, keys: tuple[str, ...], problem: str) -> SettingsError:
        return _error_at(keys, problem, self._places, self.profile)


def user_config_path() -> Path:
    """The user's tieout.toml; ``TIEOUT_CONFIG`` names another file."""
    if named := os.environ.get("TIEOUT_CONFIG"):
        return Path(named)
    from platformdirs import user_config_path as config_dir

    return config_dir("tieout") / "tieout.toml"


def load_settings(
    *,
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
    overrides: Mapping[str, object] | None = None,
    profile: str | None = None,
) -> LoadedSettings:
    """Read, merge and validate the settings.

    Args:
        folder: Where to look (upwards) for a project's tieout.toml; the working folder when left out.
        environment: Variables to read instead of ``os.environ``.
        overrides: What the command line or the embedding program says; ``None`` values are skipped.
        profile: Name of a table ``[profiles.NAME]`` laid over the files; or ``TIEOUT_PROFILE``.

    Raises:
        SettingsError: A file cannot be read, or a value is wrong; with file and line.
    """
    env = os.environ if environment is None else environment
    merged: Table = {}
    places: dict[str, Path] = {}
    warnings: list[str] = []
    files: list[Path] = []
    for path, trusted in _files(folder, env):
        table = _read(path)
        if not trusted:
            warnings += _drop_loosening(table, path)
        files.append(path)
        _merge(merged, table, path, places)
    chosen = profile or env.get("TIEOUT_PROFILE") or ""
    profiles = merged.pop("profiles", {})
    if not isinstance(profiles, dict):
        raise SettingsError(
            _("profiles: not a table"), hint=_("Write [profiles.NAME]."), path=places.get("profiles")
        )
    if chosen:
        if not isinstance(cast(Table, profiles).get(chosen), dict):
            names = ", ".join(sorted(cast(Table, profiles)))
            raise SettingsError(
                _("There is no profile {name}.", name=repr(chosen)),
                hint=_("Known profiles: {names}.", names=names)
                if names
                else _("There is none yet. Write [profiles.NAME] in tieout.toml."),
            )
        _merge(merged, cast(Table, profiles[chosen]), None, places)
        inside = f"profiles.{chosen}."
        places |= {
            name.removeprefix(inside): file for name, file in places.items() if name.startswith(inside)
        }
    _merge(merged, _from_environment(env), None, places)
    _merge(
        merged, {key: value for key, value in (overrides or {}).items() if value is not None}, None, places
    )
    return LoadedSettings(_validated(merged, places, chosen), tuple(files), tuple(warnings), chosen, places)


def _files(folder: Path | None, env: Mapping[str, str]) -> list[tuple[Path, bool]]:
    user = Path(env["TIEOUT_CONFIG"]) if env.get("TIEOUT_CONFIG") else user_config_path()
    found = [(user, True)] if _is_file(user) else []
    start = (folder or Path.cwd()).absolute()
    for parent in (start, *start.parents):
        candidate = parent / "tieout.toml"
        if _is_file(candidate) and candidate != user.absolute():
            return [*found, (candidate, env.get("TIEOUT_TRUST_PROJECT") == "1")]
    return found


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except OSError:  # a folder that may not be looked into holds no settings for us
        return False


def _read(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"line (\d+)", str(error))
        raise SettingsError(
            _("not valid TOML: {problem}", problem=str(error)),
            hint=_("Correct the line, or move the file away to start with the defaults."),
            path=path,
            line=int(place.group(1)) if place else None,
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            _("cannot be read: {problem}", problem=str(error)),
            hint=_("Save it as UTF-8 and make it readable, or move it away."),
            path=path,
        ) from None


def _drop_loosening(table: Table, path: Path) -> list[str]:
    profiles = table.get("profiles")
    inner = list(cast("dict[str, object]", profiles).values()) if isinstance(profiles, dict) else []
    dropped: set[str] = set()
    for item in (table, *inner):
        if isinstance(item, dict):  # anything else is an error, which the validation reports
            dropped |= _drop_from(cast(Table, item))
    return [
        _(
            "{path}: {key} is ignored in a project's file; set it in {user}, or set TIEOUT_TRUST_PROJECT=1.",
            path=str(path),
            key=key,
            user=str(user_config_path()),
        )
        for key in sorted(dropped)
    ]


def _drop_from(table: Table) -> set[str]:
    dropped = {key for key in _LOOSENS if table.pop(key, None) is not None}
    if str(table.get("model", "offline")).partition(":")[0] not in _LOCAL_MODELS:
        del table["model"]
        dropped.add("model")
    plugins = table.get("plugins")
    if isinstance(plugins, dict):
        inner = cast(Table, plugins)
        names = ("disabled", *_GUARDING_PLUGINS)
        dropped |= {f"plugins.{name}" for name in names if inner.pop(name, None) is not None}
    return dropped


def _merge(
    into: Table, new: Mapping[str, Any], path: Path | None, places: dict[str, Path], prefix: str = ""
) -> None:
    for key, value in new.items():
        name = f"{prefix}{key}"
        if path:
            places[name] = path
        else:  # what the environment or the command line says has no line in a file
            places.pop(name, None)
        if isinstance(value, Mapping) and isinstance(into.get(key), dict):
            _merge(into[key], cast(Table, value), path, places, f"{name}.")
        elif isinstance(value, Mapping):
            into[key] = {}
            _merge(into[key], cast(Table, value), path, places, f"{name}.")
        else:
            into[key] = value


_NOT_SETTINGS = {"CONFIG", "PROFILE", "TRUST_PROJECT", "STRICT_PLUGINS", "TEST_CORPUS", "DEBUG"}


def _from_environment(env: Mapping[str, str]) -> Table:
    """``TIEOUT_MODEL=offline``, ``TIEOUT_PLUGINS__REPORTS__FOLDERS='["a"]'``: two underscores step into a table."""
    table: Table = {}
    for name, text in env.items():
        if not name.startswith("TIEOUT_") or name[7:] in _NOT_SETTINGS or not text:
            continue
        *parents, last = name[7:].lower().split("__")
        inner = table
        for parent in parents:
            if not isinstance(inner.get(parent), dict):
                inner[parent] = {}
            inner = inner[parent]
        try:
            inner[last] = tomllib.loads(f"value = {text}")["value"]
        except tomllib.TOMLDecodeError:
            inner[last] = text
    return {key: value for key, value in table.items() if key in Settings.model_fields}


def _validated(merged: Table, places: Mapping[str, Path], profile: str) -> Settings:
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        first = error.errors()[0]
        keys = tuple(str(part) for part in first["loc"] if part != "[key]")
        raise _error_at(keys, _problem(first, keys, Settings), places, profile) from None


def _problem(first: ErrorDetails, keys: tuple[str, ...], known: type[BaseModel]) -> str:
    """What pydantic found wrong at ``keys``; a field that is not there is met with the nearest there is."""
    if first["type"] == "extra_forbidden":
        return _("unknown setting") + near(keys[-1], names_at(known, keys[:-1]))
    return problem_text(first)


def _error_at(keys: tuple[str, ...], problem: str, places: Mapping[str, Path], profile: str) -> SettingsError:
    file = place_of(places, keys)
    return SettingsError(
        _("{key}: {problem}", key=".".join(keys), problem=problem),
        hint=_("Correct this setting, or remove it to use the default."),
        path=file,
        line=line_of(file, keys, profile) if file else None,
    )
