"""The model families the core brings: offline, llama.cpp, and the table of hosted services."""

from __future__ import annotations

__all__ = ["configured_model", "core_specs"]

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from tieout.contract.models import ModelContext, ModelSpec, Probe
from tieout.errors import SettingsError
from tieout.i18n import translator
from tieout.models.hosted import PROVIDERS, HostedProvider, HostedSettings, build_hosted, probe_hosted
from tieout.models.probing import host_of, is_loopback
from tieout.validation import problem_text

if TYPE_CHECKING:
    from pydantic import BaseModel
    from pydantic_ai.models import Model

    from tieout.settings import Settings

_ = translator("tieout")


def core_specs(settings: Settings) -> list[ModelSpec]:
    """Offline first, then llama.cpp, then hosted services in the order of the table."""
    return [
        _offline(),
        _llamacpp(settings),
        *(_hosted(row, settings) for row in PROVIDERS.values()),
    ]


def configured_model(settings: Settings) -> str | None:
    """The model that ``[providers.*]`` configures: a hosted one that names a ``model``, else a GGUF ``path``.

    A key in the environment alone configures nothing: prompts leave the machine only when somebody said so.
    """
    for prefix, table in settings.providers.items():
        if prefix in PROVIDERS and table.get("model"):
            return f"{prefix}:{table['model']}"
    path = settings.providers.get("llamacpp", {}).get("path")
    return f"llamacpp:{path}" if path else None


def _offline() -> ModelSpec:
    def build(_name: str, context: ModelContext) -> Model:
        from tieout.models.offline import OfflineModel

        return OfflineModel(context)

    return ModelSpec(
        prefix="offline",
        summary=_("no language model: a router over the tools' own examples, answers from templates"),
        build=build,
        probe=lambda _name: Probe(True, _("always available; nothing leaves this machine")),
        local=True,
    )


def _llamacpp(settings: Settings) -> ModelSpec:
    table = settings.providers.get("llamacpp", {})

    def options(name: str) -> Any:
        from tieout.models.llamacpp import LlamaSettings

        chosen = {**table, **({"path": name} if name else {})}
        return _validated(LlamaSettings, chosen, "llamacpp")

    def build(name: str, _context: ModelContext) -> Model:
        from tieout.models.llamacpp import build_llamacpp

        return build_llamacpp(f"llamacpp:{name}", options(name))

    def probe(name: str) -> Probe:
        from tieout.models.llamacpp import probe_llamacpp

        try:
            return probe_llamacpp(f"llamacpp:{name}", options(name))
        except SettingsError as error:
            return Probe(False, error.message, error.hint)

    return ModelSpec(
        prefix="llamacpp",
        summary=_("a GGUF file on this machine, run by llama.cpp in a process of its own"),
        build=build,
        probe=probe,
        local=True,
    )


def _hosted(row: HostedProvider, settings: Settings) -> ModelSpec:
    table = {key: value for key, value in settings.providers.get(row.prefix, {}).items() if key != "model"}

    def options() -> HostedSettings:
        return _validated(HostedSettings, table, row.prefix)

    def build(name: str, context: ModelContext) -> Model:
        return build_hosted(
            f"{row.prefix}:{name}",
            options(),
            register_secret=context.register_secret,
            on_wait=context.on_wait,
        )

    def probe(name: str) -> Probe:
        try:
            return probe_hosted(f"{row.prefix}:{name or 'any'}", options())
        except SettingsError as error:
            return Probe(False, error.message, error.hint)

    url = str(table.get("base_url") or row.base_url or "")
    local = is_loopback(url)
    return ModelSpec(
        prefix=row.prefix,
        summary=_(row.title),
        build=build,
        probe=probe,
        local=local,
        sends_to="" if local else host_of(url),
    )


def _validated(model: type[BaseModel], table: Mapping[str, object], prefix: str) -> Any:
    from pydantic import ValidationError

    try:
        return model.model_validate(dict(table))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(["providers", prefix, *(str(part) for part in first["loc"])])
        raise SettingsError(
            _("{key}: {problem}", key=key, problem=problem_text(first)),
            hint=_("Correct this setting, or remove it to use the default."),
        ) from None
