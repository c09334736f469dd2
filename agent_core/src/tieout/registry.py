"""The registry: which plugins there are, which work, and what each brings."""

from __future__ import annotations

__all__ = ["PluginRecord", "PluginState", "Registry"]

import difflib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING, Any, TypeVar, cast

from tieout.errors import PluginError, SettingsError
from tieout.i18n import translator
from tieout.loading import FoundEntry, describe_failure, find_entry_points, load_entry, strict_plugins

if TYPE_CHECKING:
    import pluggy

    from tieout.contract.guards import Guard
    from tieout.contract.models import ModelSpec
    from tieout.contract.sources import Source
    from tieout.contract.tools import Tool
    from tieout.settings import LoadedSettings

_ = translator("tieout")

T = TypeVar("T")

GROUP = "tieout.plugins"
HOOKS = ("settings", "tools", "guards", "models", "sources", "lifespan")


class PluginState(StrEnum):
    """How far a plugin got."""

    FOUND = "found"
    DISABLED = "disabled"
    LOADED = "loaded"
    FAILED = "failed"


@dataclass
class PluginRecord:
    """One plugin: what its metadata says, and after loading what it brings or why it failed."""

    entry: FoundEntry
    state: PluginState = PluginState.FOUND
    reason: str = ""
    warnings: list[str] = field(default_factory=list[str])
    setting_problems: list[str] = field(default_factory=list[str])
    """What is wrong in ``[plugins.NAME]``, with file and line: unknown keys, or what the plugin refused."""
    settings_error: SettingsError | None = None
    """What its settings said that the plugin refused, where that is why it failed."""
    plugin: object | None = None
    settings: object | None = None
    tools: dict[str, Tool[..., Any]] = field(default_factory=dict[str, "Tool[..., Any]"])
    guards: list[Guard] = field(default_factory=list["Guard"])
    models: list[ModelSpec] = field(default_factory=list["ModelSpec"])
    sources: list[Source] = field(default_factory=list["Source"])
    lifespan: Callable[[object], object] | None = None
    guarding: bool | None = None
    """Whether it brings guards; None while that is not known, as of one that cannot be imported."""

    @property
    def name(self) -> str:
        """The entry point's name, which is the plugin's name everywhere."""
        return self.entry.name


class Registry:
    """Finds plugins without importing them, loads each on its own, and keeps what they bring.

    Args:
        settings: Where disabled plugins and plugin tables are read.
        enabled: False for ``--no-plugins``: nothing is loaded at all.
        installed: False leaves the installed ones out; only ``extra`` is known then.
        extra: Plugins given as objects by name, for embedding and tests; treated like installed ones.
    """

    def __init__(
        self,
        settings: LoadedSettings,
        *,
        enabled: bool = True,
        installed: bool = True,
        extra: dict[str, object] | None = None,
    ) -> None:
        self._settings = settings
        self._manager: pluggy.PluginManager | None = None
        self._extra = extra or {}
        self.records: dict[str, PluginRecord] = {}
        self.conflicts: list[str] = []
        for name in self._extra:
            self.records[name] = PluginRecord(_embedded_entry(name))
        for entry in find_entry_points(GROUP) if installed else ():
            self._add(entry)
        disabled = settings.settings.plugins.disabled
        for record in self.records.values():
            if not enabled or record.name in disabled:
                record.state = PluginState.DISABLED
                record.reason = (
                    _("switched off with --no-plugins") if not enabled else _("disabled in the settings")
                )

    def _add(self, entry: FoundEntry) -> None:
        taken = self.records.get(entry.name)
        if taken is None:
            self.records[entry.name] = PluginRecord(entry)
            return
        self.conflicts.append(
            _(
                "Two packages bring a plugin named {name}: {first} is used, {second} is not.",
                name=entry.name,
                first=taken.entry.distribution,
                second=entry.distribution,
            )
        )

    def load_all(self) -> list[PluginRecord]:
        """Load every plugin that is not disabled; never raises for a broken one."""
        return [self.load(name) for name in self.records]

    def load(self, name: str) -> PluginRecord:
        """Load one plugin if it is not loaded yet.

        Raises:
            PluginError: No plugin of that name is installed.
        """
        record = self.records.get(name)
        if record is None:
            close = difflib.get_close_matches(name, list(self.records), n=1)
            raise PluginError(
                _("There is no plugin named {name}.", name=repr(name)),
                code="plugin-unknown",
                hint=_("Did you mean {name}?", name=close[0])
                if close
                else _("`tieout plugins list` shows them all."),
            )
        if record.state is PluginState.FOUND:
            try:
                self._load(record)
            except (Exception, SystemExit) as error:
                if strict_plugins():
                    raise
                self._fail(record, describe_failure(error))
        return record

    def require(self, name: str) -> PluginRecord:
        """Load one plugin that must work.

        Raises:
            SettingsError: Its settings are wrong.
            PluginError: No plugin of that name is installed, or it is disabled or broken.
        """
        record = self.load(name)
        if record.settings_error is not None:
            raise record.settings_error
        if record.state is not PluginState.LOADED:
            raise PluginError(
                _(
                    "Plugin {name} is not available: {reason}",
                    name=name,
                    reason=record.reason or record.state,
                ),
                hint=_("`tieout plugins doctor {name}` tells more.", name=name),
            )
        return record

    def loaded(self) -> Iterator[PluginRecord]:
        """The plugins that work, in order of name."""
        return (record for record in self.records.values() if record.state is PluginState.LOADED)

    def lost_guards(self) -> list[PluginRecord]:
        """The plugins that do not work and bring guards, or may bring some: what they would check goes unchecked."""
        return [
            record
            for record in self.records.values()
            if record.state is PluginState.FAILED and record.guarding is not False
        ]

    def setting_problems(self) -> list[str]:
        """What is wrong in ``[plugins.*]``, with file and line where it stands in a file."""
        found = [text for record in self.records.values() for text in record.setting_problems]
        return found + self._settings.unclaimed(self.records)

    def tools(self) -> dict[str, Tool[..., Any]]:
        """Qualified name to tool, over all loaded plugins."""
        return {tool.qualified_name: tool for record in self.loaded() for tool in record.tools.values()}

    def _load(self, record: PluginRecord) -> None:
        plugin = self._extra.get(record.name)
        if plugin is None:
            loaded = load_entry(record.entry)
            if loaded.error or loaded.value is None:
                return self._fail(record, loaded.error or "entry point names nothing")
            plugin = loaded.value
        record.plugin = plugin
        self._plugin_manager().register(plugin, name=record.name)
        record.warnings += _misspelt_hooks(self._plugin_manager(), plugin)
        hooks = self._implemented(plugin)
        if "guards" not in hooks:
            record.guarding = False
        if not hooks:
            record.warnings.append(_("implements no hook; are the functions marked with @hookimpl?"))
        self._read_settings(record)
        if record.state is PluginState.FAILED:
            return None
        self._collect(record)
        record.state = PluginState.LOADED
        return None

    def _read_settings(self, record: PluginRecord) -> None:
        from pydantic import BaseModel, ValidationError

        model = self._call(record, "settings")
        table = self._settings.settings.plugins.table(record.name)
        if model is None:
            if table:
                problem = _("has no settings, but [plugins.{name}] sets some", name=record.name)
                record.setting_problems.append(f"{record.name}: {problem}")
                record.warnings.append(problem)
            return
        if not (isinstance(model, type) and issubclass(model, BaseModel)):
            raise TypeError(f"settings() must return a pydantic model class, not {model!r}")
        try:
            record.settings = model.model_validate(
                table, context={"folders": self._settings.folders_of(record.name)}
            )
        except ValidationError as error:
            record.settings_error = self._settings.plugin_error(record.name, error, model)
            problem = str(record.settings_error)
            if record.guarding is False:  # lost guards are told with every turn
                record.setting_problems.append(problem)
            self._fail(record, problem)
        else:
            record.setting_problems = self._settings.unknown_in(record.name, model)
            record.warnings += record.setting_problems

    def _collect(self, record: PluginRecord) -> None:
        from tieout.contract.guards import Guard
        from tieout.contract.models import ModelSpec
        from tieout.contract.tools import Tool
        from tieout.contract.tools import tool as declare

        for item in self._items(record, "tools"):
            declared = cast("Tool[..., Any]", item if isinstance(item, Tool) else declare(item))
            named = replace(declared, group=record.name)
            named.arguments_model.model_json_schema()  # a signature nobody can describe fails here, not in a turn
            if named.name in record.tools:
                raise ValueError(f"two tools are named {named.name!r}")
            record.tools[named.name] = named
        record.guards = [_checked(item, Guard, "guards") for item in self._items(record, "guards")]
        record.guarding = bool(record.guards)
        record.models = [_checked(item, ModelSpec, "models") for item in self._items(record, "models")]
        record.sources = [cast("Source", item) for item in self._items(record, "sources")]
        self._report_conflicts(record)
        if "lifespan" in self._implemented(record.plugin):
            record.lifespan = lambda host: self._call(record, "lifespan", host=host)

    def _report_conflicts(self, record: PluginRecord) -> None:
        for other in self.loaded():
            mine = {tool.model_name for tool in record.tools.values()}
            for tool in list(other.tools.values()):
                if tool.model_name in mine:
                    raise ValueError(
                        f"tool {tool.qualified_name!r} is already brought by {other.entry.distribution}"
                    )
            prefixes = {spec.prefix for spec in record.models} & {spec.prefix for spec in other.models}
            if prefixes:
                raise ValueError(f"model prefix {min(prefixes)!r} is already brought by {other.name}")

    def _items(self, record: PluginRecord, hook: str) -> Iterable[Any]:
        result = self._call(record, hook)
        if result is None:
            return ()
        if not isinstance(result, Iterable):
            raise TypeError(f"{hook}() must return a list, not {type(result).__name__}")
        return list(cast("Iterable[Any]", result))

    def _call(self, record: PluginRecord, hook: str, **arguments: object) -> object:
        """Call this plugin's own implementation, with the arguments it asks for; never all plugins in one go."""
        available = {"settings": record.settings, **arguments}
        for implementation in getattr(self._plugin_manager().hook, hook).get_hookimpls():
            if implementation.plugin is record.plugin:
                return implementation.function(*(available.get(name) for name in implementation.argnames))
        return None

    def _implemented(self, plugin: object) -> set[str]:
        manager = self._plugin_manager()
        return {
            hook
            for hook in HOOKS
            if any(item.plugin is plugin for item in getattr(manager.hook, hook).get_hookimpls())
        }

    def _plugin_manager(self) -> pluggy.PluginManager:
        if self._manager is None:
            import pluggy

            from tieout import hookspecs

            self._manager = pluggy.PluginManager("tieout")
            self._manager.add_hookspecs(hookspecs)
        return self._manager

    def _fail(self, record: PluginRecord, reason: str) -> None:
        if record.plugin is not None and self._plugin_manager().is_registered(record.plugin):
            self._plugin_manager().unregister(record.plugin)
        record.state, record.reason = PluginState.FAILED, reason
        record.tools, record.guards, record.models, record.sources = {}, [], [], []
        record.lifespan = None


def _checked(item: Any, kind: type[T], hook: str) -> T:
    if not isinstance(item, kind):
        raise TypeError(f"{hook}() must return {kind.__name__} objects, not {type(item).__name__}")
    return item


def _misspelt_hooks(manager: pluggy.PluginManager, plugin: object) -> list[str]:
    warnings: list[str] = []
    for name in dir(plugin):
        if name in HOOKS or manager.parse_hookimpl_opts(plugin, name) is None:
            continue
        close = difflib.get_close_matches(name, HOOKS, n=1)
        hint = _(" Did you mean {name}?", name=close[0]) if close else ""
        warnings.append(_("there is no hook named {name}.", name=repr(name)) + hint)
    return warnings


def _embedded_entry(name: str) -> FoundEntry:
    from importlib.metadata import EntryPoint

    return FoundEntry(name, GROUP, "", "(embedded)", "", "", "", EntryPoint(name, "", GROUP))
