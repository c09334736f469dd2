"""Hosted models: a table of services that speak the OpenAI chat protocol, and the one function that builds them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field

from tieout.errors import ModelUnavailable
from tieout.i18n import N_, translator
from tieout.models.probing import host_of, is_loopback, listens

if TYPE_CHECKING:
    from openai import AsyncOpenAI
    from pydantic_ai.models.openai import OpenAIChatModel
    from pydantic_ai.profiles import ModelProfile
    from pydantic_ai.providers import Provider

    from tieout.contract.models import Probe

__all__ = ["PROVIDERS", "HostedProvider", "HostedSettings", "build_hosted", "probe_hosted", "provider_of"]

_ = translator("tieout")

# A server on this machine may have to load the weights first: three times the patience of a hosted service.
_LOCAL_PATIENCE: Final = {"read_timeout": 180.0, "first_event_timeout": 180.0, "request_timeout": 900.0}


@dataclass(frozen=True)
class HostedProvider:
    """One service: where it is, which variable holds its key, how pydantic-ai names it."""

    prefix: str
    """What stands before the colon of a model id."""
    title: str
    base_url: str | None
    """None when the user's settings must name it."""
    key_variables: tuple[str, ...] = ()
    """Environment variables that may hold the key, in order; empty when the service takes none."""
    system: str = ""
    """pydantic-ai's name for the service: prices, error codes and history are looked up under it."""
    profile: str = ""
    """``module:class`` of the pydantic-ai provider whose model profile fits."""

    @property
    def local(self) -> bool:
        """Whether the default address is on this machine."""
        return self.base_url is not None and is_loopback(self.base_url)


def _table(*rows: HostedProvider) -> Mapping[str, HostedProvider]:
    return MappingProxyType({row.prefix: row for row in rows})


# Addresses and variables as the services' own documentation gives them, read in 2026-11.
PROVIDERS: Final[Mapping[str, HostedProvider]] = _table(
    HostedProvider("openai", "OpenAI", "https://api.openai.com/v1", ("OPENAI_API_KEY",), "openai"),
    HostedProvider("deepseek", "DeepSeek", "https://api.deepseek.com", ("DEEPSEEK_API_KEY",), "deepseek",
                   "deepseek:DeepSeekProvider"),
    HostedProvider("qwen", "Qwen (DashScope)", "https://dashscope.aliyuncs.com/compatible-mode/v1",
                   ("DASHSCOPE_API_KEY",), "alibaba", "alibaba:AlibabaProvider"),
    HostedProvider("moonshot", "Moonshot (Kimi)", "https://api.moonshot.cn/v1", ("MOONSHOT_API_KEY",), "moonshotai",
                   "moonshotai:MoonshotAIProvider"),
    HostedProvider("zhipu", "Zhipu (GLM)", "https://open.bigmodel.cn/api/paas/v4",
                   ("ZHIPUAI_API_KEY", "ZAI_API_KEY"), "zai", "zai:ZaiProvider"),
    HostedProvider("ernie", "ERNIE (Qianfan)", "https://qianfan.baidubce.com/v2", ("QIANFAN_API_KEY",), "ernie"),
    HostedProvider("hunyuan", "Hunyuan", "https://api.hunyuan.cloud.tencent.com/v1", ("HUNYUAN_API_KEY",), "hunyuan"),
    HostedProvider("doubao", "Doubao (Ark)", "https://ark.cn-beijing.volces.com/api/v3", ("ARK_API_KEY",), "doubao"),
    HostedProvider("modelscope", "ModelScope", "https://api-inference.modelscope.cn/v1",
                   ("MODELSCOPE_API_KEY", "MODELSCOPE_SDK_TOKEN"), "modelscope"),
    HostedProvider("siliconflow", "SiliconFlow", "https://api.siliconflow.cn/v1", ("SILICONFLOW_API_KEY",),
                   "siliconflow"),
    HostedProvider("openrouter", "OpenRouter", "https://openrouter.ai/api/v1", ("OPENROUTER_API_KEY",), "openrouter",
                   "openrouter:OpenRouterProvider"),
    HostedProvider("vllm", N_("vLLM on this machine"), "http://127.0.0.1:8000/v1", (), "vllm", "vllm:VLLMProvider"),
    HostedProvider("ollama", N_("Ollama on this machine"), "http://127.0.0.1:11434/v1", (), "ollama",
                   "ollama:OllamaProvider"),
    HostedProvider("llamacpp-server", N_("llama.cpp's server on this machine"), "http://127.0.0.1:8080/v1", (),
                   "llamacpp-server"),
    HostedProvider("lmstudio", N_("LM Studio on this machine"), "http://127.0.0.1:1234/v1", (), "lmstudio"),
    HostedProvider("compatible", N_("any OpenAI-compatible server"), None,
                   ("TIEOUT_COMPATIBLE_API_KEY",), "compatible"),
)  # fmt: skip


class HostedSettings(BaseModel):
    """How one hosted service is reached. Keys are not settings: they come from the environment only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    base_url: str | None = None
    """Replaces the table's address; required for ``compatible``."""
    api_key_env: str | None = None
    """Name of the environment variable that holds the key, in place of the table's."""
    plain_http: bool = False
    """Send a key over unencrypted http to another machine; refused unless set."""
    connect_timeout: float = Field(default=10.0, gt=0, le=120)
    """Seconds to open a connection."""
    read_timeout: float = Field(default=30.0, gt=0, le=3600)
    """Seconds between two pieces of an answer (180 for a server on this machine)."""
    first_event_timeout: float = Field(default=60.0, gt=0, le=3600)
    """Seconds until the first piece of text, all attempts together (180 on this machine)."""
    request_timeout: float = Field(default=300.0, gt=0, le=86400)
    """Seconds for one whole answer, all attempts together (900 on this machine)."""
    max_retries: int = Field(default=2, ge=0, le=10)
    """Further attempts when the service is busy or cannot be reached and no answer has begun."""
    longest_wait: float = Field(default=30.0, ge=0, le=600)
    """Seconds; a service that asks for a longer pause is reported instead of waited for."""
    answer_limit: int = Field(default=32 * 1024 * 1024, ge=1024)
    """Bytes of one answer. 128k tokens stream as about 40 bytes of text and 250 of wrapping each: 32 MB is ample."""


def provider_of(model_id: str) -> tuple[HostedProvider, str]:
    """Split ``prefix:name`` into the table's row and the service's own model name.

    Raises:
        ModelUnavailable: The prefix is not in the table, or no name follows it.
    """
    prefix, colon, name = model_id.partition(":")
    row = PROVIDERS.get(prefix)
    if row is None:
        raise ModelUnavailable(
            _("There is no model service called {prefix!r}.", prefix=prefix),
            hint=_("Known services: {names}.", names=", ".join(PROVIDERS)),
        )
    if not colon or not name.strip():
        raise ModelUnavailable(
            _("{model!r} names a service but no model.", model=model_id),
            hint=_(
                "Write {prefix}:NAME, with a model name that {title} offers.",
                prefix=prefix,
                title=_(row.title),
            ),
        )
    return row, name.strip()


def build_hosted(
    model_id: str,
    settings: HostedSettings | None = None,
    *,
    register_secret: Callable[[str], None] = lambda _: None,
    on_wait: Callable[[str, float], None] = lambda _reason, _seconds: None,
) -> OpenAIChatModel:
    """Build the model ``prefix:name``, e.g. ``deepseek:deepseek-chat``. Sends nothing.

    Args:
        settings: Address, key variable and limits; the defaults when left out.
        register_secret: Called with the key as soon as it is read.
        on_wait: Called with a reason and the seconds before the transport sleeps to try again.

    Raises:
        ModelUnavailable: Unknown service, no address, an unsafe address, or no key in the environment.
    """
    from pydantic_ai.exceptions import UserError
    from pydantic_ai.models.openai import OpenAIChatModel, OpenAIChatModelSettings

    row, name = provider_of(model_id)
    settings = _patient(row, settings or HostedSettings())
    base_url = _base_url(row, settings)
    key = _key(row, settings)
    if key:
        register_secret(key)
        _refuse_exposed_key(base_url, settings)
    client = _client(row, settings, base_url, key, on_wait)
    try:
        return OpenAIChatModel(
            name,
            provider=_provider(row, client),
            settings=OpenAIChatModelSettings(
                first_event_timeout=settings.first_event_timeout,
                request_timeout=settings.request_timeout,
                max_retries=0,  # the transport retries, and says so
            ),
        )
    except UserError as error:  # e.g. OpenRouter's names must be maker/model
        raise ModelUnavailable(
            _("{title} has no model called {name!r}.", title=_(row.title), name=name), hint=error.message
        ) from error


def probe_hosted(model_id: str, settings: HostedSettings | None = None) -> Probe:
    """Whether ``model_id`` could be used now; sends nothing, never raises.

    Judged by address and key alone, and for a server on this machine by whether it accepts connections.
    """
    from tieout.contract.models import Probe

    try:
        row, _name = provider_of(model_id)
        settings = settings or HostedSettings()
        base_url = _base_url(row, settings)
        if _key(row, settings):
            _refuse_exposed_key(base_url, settings)
    except ModelUnavailable as error:
        return Probe(False, error.message, error.hint)
    if is_loopback(base_url) and not listens(base_url):
        return Probe(
            False,
            _("{title}: not running at {address}.", title=_(row.title), address=urlsplit(base_url).netloc),
            _("Start it there, or set base_url under [providers.{name}] in tieout.toml.", name=row.prefix),
        )
    return Probe(True, _("{title} at {host}", title=_(row.title), host=host_of(base_url)))


def _patient(row: HostedProvider, settings: HostedSettings) -> HostedSettings:
    local = is_loopback(settings.base_url) if settings.base_url else row.local
    if not local:
        return settings
    unset = {name: value for name, value in _LOCAL_PATIENCE.items() if name not in settings.model_fields_set}
    return settings.model_copy(update=unset)


def _base_url(row: HostedProvider, settings: HostedSettings) -> str:
    url = settings.base_url or row.base_url
    if url is None:
        raise ModelUnavailable(
            _("The address of the OpenAI-compatible server is not set."),
            hint=_("Set base_url under [providers.{name}] in tieout.toml.", name=row.prefix),
        )
    parts = urlsplit(url)
    if parts.scheme not in {"http", "https"} or not parts.hostname or parts.username or parts.password:
        raise ModelUnavailable(
            _("The address of {title} cannot be used.", title=_(row.title)),
            hint=_("base_url must look like https://host/v1, without a user name or a key in it."),
        )
    return url


def _key_variables(row: HostedProvider, settings: HostedSettings) -> tuple[str, ...]:
    return (settings.api_key_env,) if settings.api_key_env else row.key_variables


def _key(row: HostedProvider, settings: HostedSettings) -> str | None:
    """The key from the environment; None when the service needs none."""
    variables = _key_variables(row, settings)
    for variable in variables:
        value = os.environ.get(variable, "").strip()
        if value:
            if not value.isascii() or not value.isprintable() or " " in value:
                raise ModelUnavailable(
                    _("The key in {variable} contains characters that no key has.", variable=variable),
                    hint=_("Set it again; it was probably pasted with quotes or a line break inside."),
                )
            return value
    if not variables or (row.base_url is None and not settings.api_key_env):
        return None
    raise ModelUnavailable(
        _(
            "No key for {title}: the environment variable {variable} is not set.",
            title=_(row.title),
            variable=variables[0],
        ),
        hint=_("Set it with: export {variable}=…", variable=variables[0]),
    )


def _refuse_exposed_key(base_url: str, settings: HostedSettings) -> None:
    if urlsplit(base_url).scheme == "http" and not is_loopback(base_url) and not settings.plain_http:
        raise ModelUnavailable(
            _("The key would be sent unencrypted to {host}.", host=host_of(base_url)),
            hint=_("Use an https address, or set plain_http = true if that network is yours."),
        )


def _client(
    row: HostedProvider,
    settings: HostedSettings,
    base_url: str,
    key: str | None,
    on_wait: Callable[[str, float], None],
) -> AsyncOpenAI:
    import httpx2
    from openai import AsyncOpenAI

    from tieout.models.transport import GuardedTransport, TransportRules

    rules = TransportRules(
        api_key=key,
        openai_headers=row.prefix == "openai" and settings.base_url is None,
        max_retries=settings.max_retries,
        longest_wait=settings.longest_wait,
        answer_limit=settings.answer_limit,
        trust_env=not is_loopback(base_url),
        on_wait=on_wait,
    )
    timeout = httpx2.Timeout(settings.read_timeout, connect=settings.connect_timeout)
    return AsyncOpenAI(
        api_key="set-by-the-transport",  # so that neither the client object nor a log of it holds the key
        base_url=base_url,
        timeout=timeout,
        max_retries=0,
        http_client=httpx2.AsyncClient(transport=GuardedTransport(rules), timeout=timeout),
    )


def _provider(row: HostedProvider, client: AsyncOpenAI) -> Provider[AsyncOpenAI]:
    from pydantic_ai.providers.openai import OpenAIProvider
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    if row.prefix == "openai":
        return OpenAIProvider(openai_client=client)
    return OpenAICompatibleProvider(row.system, openai_client=client, profile=_profile_of(row))


def _profile_of(row: HostedProvider) -> Callable[[str], ModelProfile | None]:
    """What fits servers that only imitate OpenAI, under what pydantic-ai knows of this service."""
    from importlib import import_module

    from pydantic_ai.profiles import merge_profile
    from pydantic_ai.profiles.openai import OpenAIModelProfile
    from pydantic_ai.providers.openai_compatible import OpenAICompatibleProvider

    module, _colon, name = row.profile.partition(":")
    known: type[Provider[AsyncOpenAI]] = (
        getattr(import_module(f"pydantic_ai.providers.{module}"), name)
        if module
        else OpenAICompatibleProvider
    )
    imitation = OpenAIModelProfile(
        openai_chat_supports_max_completion_tokens=False,  # only max_tokens is known everywhere
        openai_chat_supports_multiple_system_messages=False,  # strict chat templates take one
        openai_chat_supports_document_input=False,
        supports_image_input=False,
    )
    return lambda model_name: merge_profile(known.model_profile(model_name), imitation)
