"""The plugin ``compute``: what the host loads. Cheap to import; the tools come with the first use."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from tieout.plugin import hookimpl

if TYPE_CHECKING:
    from tieout.plugin import Tool

__all__ = ["tools"]


@hookimpl
def tools() -> Iterable[Tool[..., Any]]:
    """Training estimates, MFU, memory, look-ups and the scorer."""
    from tieout_compute_estimator.claims.tool import check
    from tieout_compute_estimator.explaining import explain
    from tieout_compute_estimator.fleet import fleet
    from tieout_compute_estimator.footprint import memory
    from tieout_compute_estimator.lookup import devices, hardware, models
    from tieout_compute_estimator.picturing import picture
    from tieout_compute_estimator.scaling_tool import scaling
    from tieout_compute_estimator.scoring import evaluate
    from tieout_compute_estimator.serving import serve
    from tieout_compute_estimator.solving import solve
    from tieout_compute_estimator.sweeping import sweep
    from tieout_compute_estimator.training import mfu, train

    return [
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
        picture,
        check,
        evaluate,
    ]
