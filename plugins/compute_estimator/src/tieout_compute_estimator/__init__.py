"""Training compute, utilisation and memory of language models, with the derivation of every number.

The tools are functions: ``train(70e9, 15e12, "H100")``. Plain floats without look-ups are in
:mod:`tieout_compute_estimator.formulas`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tieout_compute_estimator.accelerators import Device, find_device, find_devices
    from tieout_compute_estimator.architecture import Architecture
    from tieout_compute_estimator.architecture_config import architecture_from_config
    from tieout_compute_estimator.claims.result import CheckResult
    from tieout_compute_estimator.claims.tool import check, check_text
    from tieout_compute_estimator.explaining import Explanation, explain, explanation
    from tieout_compute_estimator.fleet_result import FleetResult
    from tieout_compute_estimator.fleet_sizing import fleet
    from tieout_compute_estimator.flop_conventions import exact_flops_per_token
    from tieout_compute_estimator.footprint import memory
    from tieout_compute_estimator.footprint_result import MemoryResult
    from tieout_compute_estimator.gguf_file import read_gguf
    from tieout_compute_estimator.gguf_sizes import quantised_size
    from tieout_compute_estimator.lookup import devices, hardware, models
    from tieout_compute_estimator.lookup_results import DeviceList, HardwareResult, ModelList, ModelResult
    from tieout_compute_estimator.picturing import PictureResult, picture
    from tieout_compute_estimator.published import (
        PublishedModel,
        architecture_named,
        find_model,
        find_models,
    )
    from tieout_compute_estimator.registry_tool import RegistryResult, registry
    from tieout_compute_estimator.scaling_tool import ScalingResult, scaling
    from tieout_compute_estimator.scoring import evaluate
    from tieout_compute_estimator.serving import serve
    from tieout_compute_estimator.serving_result import ServingResult
    from tieout_compute_estimator.solve_result import Solution
    from tieout_compute_estimator.solving import solve
    from tieout_compute_estimator.sweep_result import Sweep
    from tieout_compute_estimator.sweeping import scenarios, sweep
    from tieout_compute_estimator.training import train
    from tieout_compute_estimator.training_results import MfuResult, TrainingEstimate
    from tieout_compute_estimator.utilisation import mfu

__all__ = [
    "Architecture",
    "CheckResult",
    "Device",
    "DeviceList",
    "Explanation",
    "FleetResult",
    "HardwareResult",
    "MemoryResult",
    "MfuResult",
    "ModelList",
    "ModelResult",
    "PictureResult",
    "PublishedModel",
    "RegistryResult",
    "ScalingResult",
    "ServingResult",
    "Solution",
    "Sweep",
    "TrainingEstimate",
    "architecture_from_config",
    "architecture_named",
    "check",
    "check_text",
    "devices",
    "evaluate",
    "exact_flops_per_token",
    "explain",
    "explanation",
    "find_device",
    "find_devices",
    "find_model",
    "find_models",
    "fleet",
    "hardware",
    "memory",
    "mfu",
    "models",
    "picture",
    "quantised_size",
    "read_gguf",
    "registry",
    "scaling",
    "scenarios",
    "serve",
    "solve",
    "sweep",
    "train",
]

_MODULES = {
    "claims.result": ("CheckResult",),
    "claims.tool": ("check", "check_text"),
    "accelerators": ("Device", "find_device", "find_devices"),
    "architecture": ("Architecture",),
    "architecture_config": ("architecture_from_config",),
    "explaining": ("Explanation", "explain", "explanation"),
    "flop_conventions": ("exact_flops_per_token",),
    "fleet_sizing": ("fleet",),
    "fleet_result": ("FleetResult",),
    "footprint": ("memory",),
    "footprint_result": ("MemoryResult",),
    "gguf_file": ("read_gguf",),
    "gguf_sizes": ("quantised_size",),
    "lookup": ("devices", "hardware", "models"),
    "lookup_results": ("DeviceList", "HardwareResult", "ModelList", "ModelResult"),
    "picturing": ("PictureResult", "picture"),
    "published": ("PublishedModel", "architecture_named", "find_model", "find_models"),
    "registry_tool": ("RegistryResult", "registry"),
    "scaling_tool": ("ScalingResult", "scaling"),
    "scoring": ("evaluate",),
    "serving": ("serve",),
    "serving_result": ("ServingResult",),
    "solve_result": ("Solution",),
    "solving": ("solve",),
    "sweep_result": ("Sweep",),
    "sweeping": ("scenarios", "sweep"),
    "training": ("train",),
    "training_results": ("MfuResult", "TrainingEstimate"),
    "utilisation": ("mfu",),
}


def __getattr__(name: str) -> object:
    """Import a public name on first use, so that importing the package costs next to nothing."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
