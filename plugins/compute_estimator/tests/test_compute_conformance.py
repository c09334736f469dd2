"""The plugin against the checks that every plugin should pass."""

from __future__ import annotations

from tieout.testing import PluginChecks, PluginUnderTest
from tieout_compute_estimator import plugin


class TestComputeConforms(PluginChecks):
    """Sample calls of every tool that a model can reach."""

    subject = PluginUnderTest(
        "compute",
        plugin,
        package="tieout_compute_estimator",
        calls={
            "train": [{"model": "Llama 3 70B", "device_count": 16_000}, {"params": 7e9, "tokens": 2e12}],
            "mfu": [{"model": "Llama 2 70B"}],
            "solve": [{"budget": 5e6, "device": "H20", "params": 7e9}],
            "sweep": [{"params": "7B, 13B, 70B", "tokens": "1T..15T:3", "device": "H100"}],
            "scaling": [{"params": 70e9, "tokens": 15e12}],
            "explain": [{"call": "train params=7B tokens=2T device=H100"}],
            "memory": [{"model": "DeepSeek-V3", "dtype": "fp8", "context": 8192, "device": "H200"}],
            "serve": [
                {"model": "DeepSeek-V3", "device": "H20", "dtype": "fp8", "speculative": 1.8},
                {"model": "Llama 3.1 8B", "device": "H100"},
                {"params": 13e9, "device": "A100", "batch": 4},
            ],
            "fleet": [
                {"model": "Llama 3.3 70B", "device": "H100", "users": 1e6, "dtype": "fp8"},
                {"model": "DeepSeek-V3", "device": "H20", "users": 1e5, "dtype": "fp8", "region": "China"},
            ],
            "hardware": [{"device": "H100"}, {"device": "Ascend 910B"}],
            "models": [{"model": "Qwen3-235B-A22B"}],
            "check": [{"text": "GPT-3 took 3640 PF-days for 174.6B parameters and 300B tokens."}],
            "registry": [{}],
        },
    )
