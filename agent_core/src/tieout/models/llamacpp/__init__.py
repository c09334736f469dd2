"""A GGUF model run by llama.cpp in a child process of its own."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tieout.models.llamacpp.model import LlamaCppModel, build_llamacpp, probe_llamacpp
    from tieout.models.llamacpp.process import LlamaJob, LlamaProcess
    from tieout.models.llamacpp.settings import LlamaSettings

__all__ = ["LlamaCppModel", "LlamaJob", "LlamaProcess", "LlamaSettings", "build_llamacpp", "probe_llamacpp"]


def __getattr__(name: str) -> object:
    # The child process imports this package too, and needs neither pydantic nor pydantic-ai.
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = {"LlamaSettings": "settings", "LlamaJob": "process", "LlamaProcess": "process"}.get(
        name, "model"
    )
    return getattr(import_module(f"{__name__}.{module}"), name)
