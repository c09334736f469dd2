"""How a GGUF model on this machine is run."""

from __future__ import annotations

import os
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["LlamaSettings"]

_MOST_THREADS = 8


def default_threads() -> int:
    """Threads for llama.cpp: one core is left over, and never more than eight are used.

    With as many threads as cores, ggml's spin barriers collapse when anything else runs: measured on 2 cores,
    1.1 tokens/s with two threads beside 39.9 with one, in the same minute.
    """
    try:
        cores = len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS and Windows
        cores = os.cpu_count() or 1
    return min(max(1, cores - 1), _MOST_THREADS)


class LlamaSettings(BaseModel):
    """Settings of one local model, as they stand in ``[providers.llamacpp]``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    path: Path | None = None
    """The GGUF file; ``~`` is expanded. A model id of the form ``llamacpp:PATH`` replaces it."""
    n_ctx: int = Field(default=8192, ge=128, le=4_194_304)
    """Context window in tokens; never more than the model was trained for."""
    n_batch: int = Field(default=512, ge=8, le=8192)
    """Prompt tokens per step; a cancel takes effect between steps at the latest."""
    n_gpu_layers: int | None = Field(default=None, ge=-1)
    """Layers on the GPU: -1 for all, 0 for none; None for all when this llama.cpp can offload (CUDA, Metal …)."""
    n_threads: int = Field(default_factory=default_threads, ge=1, le=512)
    """CPU threads."""
    max_tokens: int = Field(default=1024, ge=1)
    """Tokens of one answer, unless the request says otherwise."""
    temperature: float = Field(default=0.3, ge=0, le=5)
    """0 takes the likeliest token each time."""
    seed: int | None = Field(default=None, ge=0, lt=2**32 - 1)
    """Seed of the sampler; None draws one per answer."""
    load_timeout: float = Field(default=300.0, gt=0)
    """Seconds to start the process and load the weights."""
    prepare_timeout: float = Field(default=20.0, gt=0)
    """Seconds to render the chat template and tokenize; a template can loop for ever, its sandbox has no clock."""
    request_timeout: float = Field(default=900.0, gt=0)
    """Seconds for one whole answer, waiting in the queue included."""
    cancel_grace: float = Field(default=5.0, gt=0)
    """Seconds a cancelled answer may take to stop before its process is killed."""
