"""The plugin ``compute``: what the host loads. Cheap to import; the tools come with the first use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tieout.plugin import hookimpl

if TYPE_CHECKING:
    from pydantic import BaseModel

    from tieout.plugin import Tool
    from tieout_compute_estimator.settings import ComputeSettings

__all__ = ["settings", "tools"]


@hookimpl
def settings() -> type[BaseModel]:
    """``[plugins.compute]``."""
    from tieout_compute_estimator.settings import ComputeSettings

    return ComputeSettings


@hookimpl
def tools(settings: ComputeSettings) -> Iterable[Tool[..., Any]]:
    """Estimates of training, memory and serving, the claim checker, look-ups, pictures and the scorer."""
    from tieout_compute_estimator.claims.tool import check
    from tieout_compute_estimator.data_layers import bind_data
    from tieout_compute_estimator.explaining import explain
    from tieout_compute_estimator.fleet_sizing import fleet
    from tieout_compute_estimator.footprint import memory
    from tieout_compute_estimator.lookup import devices, hardware, models
    from tieout_compute_estimator.picturing import picture
    from tieout_compute_estimator.registry_tool import registry
    from tieout_compute_estimator.scaling_tool import scaling
    from tieout_compute_estimator.scoring import evaluate
    from tieout_compute_estimator.serving import serve
    from tieout_compute_estimator.solving import solve
    from tieout_compute_estimator.sweeping import sweep
    from tieout_compute_estimator.training import train
    from tieout_compute_estimator.utilisation import mfu

    made: list[Tool[..., Any]] = [
        train,
        mfu,
        solve,
        sweep,
        scaling,
        explain,
        memory,
        serve,
        fleet,
        hardware,
        models,
        devices,
        registry,
        picture,
        check,
        evaluate,
    ]
    return [bind_data(tool, settings.data) for tool in made]
