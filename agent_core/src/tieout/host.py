"""A Host owns everything that one running Tieout shares: settings, plugins, models, store, data folders."""

from __future__ import annotations

__all__ = ["Host"]

import asyncio
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from tieout.errors import StoreError
from tieout.hostmodels import HostModels
from tieout.i18n import Language, detect_language, translator
from tieout.invoking import Workers
from tieout.lifespans import Lifespans
from tieout.loading import describe_failure
from tieout.redact import Redactor
from tieout.registry import PluginRecord, Registry
from tieout.settings import LoadedSettings, Settings, load_settings

if TYPE_CHECKING:
    from pydantic_ai import Agent
    from pydantic_ai.models import Model

    from tieout.answering import TurnDeps
    from tieout.contract.guards import Guard
    from tieout.contract.models import ModelContext, ModelSpec
    from tieout.contract.slots import Candidate
    from tieout.contract.sources import Source
    from tieout.contract.tools import Embedder, Tool
    from tieout.running import Approver
    from tieout.session import Session
    from tieout.store import SqliteStore

_ = translator("tieout")
log = logging.getLogger("tieout")
log.addHandler(logging.NullHandler())  # a library writes nothing to the terminal unasked


class Host:
    """Plugins, models, settings and the store of one program. Two hosts can live in one process.

    Args:
        settings: Loaded settings; read from files and environment when left out.
        plugins: False loads no plugin at all (``--no-plugins``).
        installed: False leaves installed plugins out, so that only ``extra_plugins`` are there.
        extra_plugins: Plugin objects by name, loaded like installed ones.
        store_path: Where conversations are kept; the user's data folder when left out.
        ephemeral: Keep conversations in memory only.

    Raises:
        SettingsError: A settings file is wrong.
    """

    def __init__(
        self,
        settings: LoadedSettings | None = None,
        *,
        plugins: bool = True,
        installed: bool = True,
        extra_plugins: Mapping[str, object] | None = None,
        store_path: Path | None = None,
        ephemeral: bool = False,
    ) -> None:
        self.loaded = settings or load_settings()
        self.redact = Redactor()
        self.workers = Workers()
        """Threads for the functions of tools."""
        self.registry = Registry(
            self.loaded, enabled=plugins, installed=installed, extra=dict(extra_plugins or {})
        )
        self.store_problem: StoreError | None = None
        """Why conversations, or a part of one, are not stored, once that is so."""
        self._store_problem_told = False
        self.data_problem: StoreError | None = None
        """Why plugins' data is not kept, once that is so."""
        self._temporary: Path | None = None
        self._store_path = store_path
        self._ephemeral = ephemeral
        self._store: SqliteStore | None = None
        self._store_lock: asyncio.Lock | None = None
        self._lifespans = Lifespans(self)
        self._embedder: Embedder | None = None
        self._embedder_loaded = False
        self._everything = False
        self._models = HostModels(self)

    @property
    def settings(self) -> Settings:
        """The validated settings."""
        return self.loaded.settings

    @property
    def lang(self) -> Language:
        """Language of messages: the setting, else the locale."""
        return self.settings.lang or detect_language()

    # --- plugins

    def load(self) -> Sequence[PluginRecord]:
        """Load every plugin; a broken one is reported in its record."""
        self._everything = True
        return self.registry.load_all()

    def tools(self) -> dict[str, Tool[..., Any]]:
        """Every tool by qualified name."""
        self._load_once()
        return self.registry.tools()

    def tool(self, name: str) -> Tool[..., Any]:
        """One tool by qualified name (``compute.train``); loads only its plugin.

        Raises:
            ToolUnavailable: There is none, or its plugin does not load.
        """
        from tieout.arguments import unavailable

        group = name.partition(".")[0]
        if group in self.registry.records:
            self.registry.load(group)
        tool = self.registry.tools().get(name)
        if tool is None:
            raise unavailable(name, list(self.tools()))
        return tool

    def guards(self) -> list[Guard]:
        """Every guard, in order of plugin name."""
        self._load_once()
        return [guard for record in self.registry.loaded() for guard in record.guards]

    def sources(self) -> dict[str, Source]:
        """Every source by name."""
        self._load_once()
        return {source.name: source for record in self.registry.loaded() for source in record.sources}

    def find(self, kind: str, text: str) -> list[Candidate]:
        """Run every finder declared for a slot kind over a text; best candidates first, in order of appearance."""
        finders = {
            parameter.slot.find
            for tool in self.tools().values()
            for parameter in tool.parameters
            if parameter.slot and parameter.slot.kind == kind and parameter.slot.find
        }
        found: list[Candidate] = []
        for finder in finders:
            try:
                found += finder(text)
            except Exception as error:
                self.log_exception(f"finder for {kind} failed", error)
        return sorted(found, key=lambda candidate: (-candidate.score, candidate.start))

    async def ensure_started(self, plugin: str) -> None:
        """Enter a plugin's lifespan, once, before its first use.

        Raises:
            PluginError: It does not start, or not in time.
        """
        await self._lifespans.ready(plugin)

    async def start_guards(self) -> None:
        """Enter the lifespans of plugins that bring guards; one that cannot start is among ``lost_guards``."""
        self._load_once()
        await self._lifespans.guards_ready()

    def lost_guards(self) -> list[PluginRecord]:
        """The plugins that bring guards, or may bring some, and do not work; whoever checks a text must say so."""
        self._load_once()
        return self.registry.lost_guards()

    def _load_once(self) -> None:
        if not self._everything:
            self.load()

    # --- models

    def model_specs(self) -> dict[str, ModelSpec]:
        """Every family of models by prefix: the core's own, then the plugins'."""
        self._load_once()
        return self._models.specs()

    def model_spec(self, model_id: str) -> tuple[ModelSpec, str]:
        """The family of a model identifier, and what follows its colon.

        Raises:
            ModelUnavailable: No family has that prefix.
        """
        return self._models.spec(model_id)

    def default_model(self) -> str:
        """The configured model; else a configured hosted one, else a configured GGUF, else ``offline``."""
        from tieout.models.specs import configured_model

        return self.settings.model or configured_model(self.settings) or "offline"

    def agent(self, model_id: str) -> Agent[TurnDeps, str]:
        """The agent of a model, built once per event loop.

        Raises:
            ModelUnavailable: The model does not exist, lacks a key, or is not installed.
        """
        return self._models.agent(model_id)

    def model_context(self) -> ModelContext:
        """What a model is told about this host; language and waiting notices are those of the active turn."""
        return self._models.context()

    def build_model(self, model_id: str) -> Model:
        """Build a model.

        Raises:
            ModelUnavailable: It does not exist, lacks a key, or is not installed.
        """
        return self._models.build(model_id)

    @property
    def embedder(self) -> Embedder | None:
        """The first embedder of the entry-point group ``tieout.embedders``, or ``None``."""
        if not self._embedder_loaded:
            from tieout.loading import load_entry_points

            self._embedder_loaded = True
            for entry in load_entry_points("tieout.embedders"):
                if entry.value is not None and callable(entry.value):
                    self._embedder = cast("Embedder", entry.value())
                    break
        return self._embedder

    # --- data

    @property
    def data_dir(self) -> Path:
        """Where this host keeps its data; may not exist yet."""
        if self.settings.data_dir:
            return self.settings.data_dir.expanduser()
        from platformdirs import user_data_path

        return user_data_path("tieout")

    def plugin_dir(self, plugin: str) -> Path:
        """A plugin's own folder, created if need be; a temporary one where the data folder cannot be written."""
        folder = self.data_dir / "plugins" / plugin
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            folder = self._temporary_folder(error) / plugin
            folder.mkdir(exist_ok=True)
        return folder

    def _temporary_folder(self, error: OSError) -> Path:
        """A private folder for this process, where the data folder cannot be written; ``data_problem`` says so."""
        import atexit
        import shutil
        import tempfile

        if self._temporary is None:
            self._temporary = Path(tempfile.mkdtemp(prefix="tieout-"))  # readable by this user only
            atexit.register(shutil.rmtree, self._temporary, ignore_errors=True)
            reason = error.strerror or str(error)
            self.data_problem = StoreError(
                _("{path} cannot be written ({problem}).", path=str(self.data_dir), problem=reason)
                + " "
                + _("What plugins store is gone when the program ends."),
                code="data-readonly",
                hint=_("Make the folder writable, or set data_dir (TIEOUT_DATA_DIR) to one that is."),
            )
        return self._temporary

    async def store(self) -> SqliteStore:
        """The conversation store, opened and recovered on first use.

        Where it cannot be opened, conversations are kept in memory and ``store_problem`` says why.
        """
        from tieout.store import SqliteStore

        self._store_lock = self._store_lock or asyncio.Lock()
        async with self._store_lock:
            if self._store is not None:
                return self._store
            store = SqliteStore.in_memory() if self._ephemeral else SqliteStore(self.store_path)
            try:
                await store.open()
                if store.read_only:
                    raise StoreError(
                        _(
                            "{path} can only be read, so this conversation is not kept.",
                            path=str(self.store_path),
                        ),
                        code="store-readonly",
                        hint=_("Make the file writable, or set data_dir to a folder that is."),
                    )
                await store.recover()
            except StoreError as error:
                self.store_problem = error
                store = SqliteStore.in_memory()
                await store.open()
            self._store = store
            return store

    @property
    def unstored(self) -> str:
        """Why not everything that was said here is stored; empty while it is."""
        if self.store_problem is not None:
            return self.redact(self.store_problem.message)
        return _("Conversations are in memory only.") if self._ephemeral else ""

    def untold_store_problem(self) -> StoreError | None:
        """The problem with the store, the first time that somebody asks."""
        told, self._store_problem_told = self._store_problem_told, True
        return None if told else self.store_problem

    @property
    def store_path(self) -> Path:
        """The file with the conversations."""
        return self._store_path or self.data_dir / "sessions.db"

    # --- sessions

    def session(
        self,
        *,
        model: str | None = None,
        session_id: str | None = None,
        lang: Language | None = None,
        on_approval: Approver | None = None,
        approve: Sequence[str] = (),
    ) -> Session:
        """A conversation. Nothing is loaded or stored until it is used.

        Args:
            model: Model identifier; the default model when left out.
            session_id: An earlier conversation to go on with (or a unique beginning of its identifier).
            lang: Language of answers and messages; unset in the settings too, each question's own.
            on_approval: Asked when policy says ask; without it such a call raises ApprovalNeeded.
            approve: Effects that are approved beforehand.
        """
        from tieout.contract.tools import Effect
        from tieout.session import Session

        return Session(
            self,
            model=model,
            session_id=session_id,
            lang=lang or self.lang,
            auto_lang=lang is None and self.settings.lang is None,
            on_approval=on_approval,
            approved=frozenset(Effect(effect) for effect in approve),
        )

    # --- reporting

    def describe(self, error: BaseException) -> str:
        """One clean line about an exception, without secrets."""
        return describe_failure(error, redact=self.redact)

    def log_exception(self, what: str, error: BaseException) -> None:
        """Write an exception to the log (shown with ``--debug``), without secrets."""
        import traceback

        log.warning("%s: %s", what, self.describe(error))
        log.debug("%s", self.redact("".join(traceback.format_exception(error))))

    async def aclose(self) -> None:
        """Leave the plugins' lifespans, end local models' processes and close the store."""
        await self._models.aclose()
        await self._lifespans.stop()
        if self._store is not None:
            await self._store.close()
            self._store = None

    async def __aenter__(self) -> Host:
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.aclose()
