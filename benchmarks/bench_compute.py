"""The compute estimator's speed: a point estimate, one with its derivation, a sweep, Monte Carlo, and the import.

Goals: 10 µs without and 300 µs with the derivation, 10 million scenarios a second, 10,000 draws in 3 ms, import 150 ms.
Exits with 1 when one is missed by the median of the rounds.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable

ROUNDS = 9


def main() -> int:
    """Measure, print, and say which goals are met."""
    figures = [
        ("point estimate (6 quantities)", point_estimate(), 10.0, "µs", False),
        ("point estimate with derivation", with_derivation(), 300.0, "µs", False),
        ("sweep, 5 outputs", sweep_rate(), 10.0, "million scenarios/s", True),
        ("Monte Carlo, 10,000 draws, with shares", monte_carlo(), 3.0, "ms", False),
        ("plugin module, after the core", plugin_import(), 150.0, "ms", False),
        ("first tool, after the core", tool_import(), 150.0, "ms", False),
    ]
    missed = 0
    for name, value, goal, unit, higher in figures:
        good = value >= goal if higher else value <= goal
        missed += not good
        sign = "≥" if higher else "≤"
        print(f"{name:<46}{value:>10.2f} {unit:<22} goal {sign} {goal:g}  {'ok' if good else 'MISSED'}")
    return 1 if missed else 0


def _median(run: Callable[[], object], *, repeat: int) -> float:
    """Median seconds of one call over the rounds."""
    run()
    seconds: list[float] = []
    for _round in range(ROUNDS):
        started = time.perf_counter()
        for _call in range(repeat):
            run()
        seconds.append((time.perf_counter() - started) / repeat)
    return statistics.median(seconds)


def point_estimate() -> float:
    """Microseconds for FLOP, device-hours, days, cost, energy and emissions on floats."""
    from tieout_compute_estimator.sweeping import plan_for

    values = {
        "N": 70e9, "D": 15e12, "P": 989.5, "U": 40.0, "n": 4096.0, "p": 2.0, "W": 700.0, "f": 0.9, "o": 1.3, "k": 1.1,
        "I": 0.385,
    }  # fmt: skip
    plan = plan_for(["C", "h", "t", "B", "E", "G"], frozenset(values))
    return 1e6 * _median(lambda: plan.evaluate(values), repeat=2000)


def with_derivation() -> float:
    """Microseconds for a training estimate as figures with every formula and source."""
    from tieout_compute_estimator import run_figures
    from tieout_compute_estimator.accelerators import find_device
    from tieout_compute_estimator.relations import relations
    from tieout_compute_estimator.workload import workload

    device = find_device("H100")
    work = workload(params=70e9, tokens=15e12, active_params=None, model=None)
    known = {
        "N": work.params,
        "D": work.tokens,
        "P": run_figures.peak(device, "bf16"),
        "U": work.params.model_copy(update={"value": 40.0, "unit": "%"}),
        "n": work.params.model_copy(update={"value": 4096.0, "unit": "GPU"}),
    }
    from tieout_compute_estimator.graph import Plan

    run = relations()
    plan = Plan((run.training_flops, run.pf_days, run.device_hours, run.days))
    return 1e6 * _median(lambda: plan.figures(known), repeat=200)


def sweep_rate() -> float:
    """Million scenarios a second, five inputs varied, five outputs."""
    import numpy as np

    from tieout_compute_estimator import scenarios
    from tieout_compute_estimator.sweeping import CHUNK

    count = 1_000_000
    random = np.random.default_rng(1)
    ranges = {
        "params": (1e9, 1e12),
        "tokens": (1e11, 2e13),
        "mfu": (0.2, 0.6),
        "device_count": (64, 30_000),
        "usd_per_hour": (1, 7),
    }
    inputs = {name: random.uniform(low, high, count) for name, (low, high) in ranges.items()}
    outputs = ["flops", "device_hours", "days", "cost", "energy_mwh"]
    fixed = {"peak_tflops": 989.5, "watts": 700.0, "drawn": 0.9, "hosts": 1.3, "pue": 1.1}
    return count / _median(lambda: scenarios(outputs, chunk=CHUNK, **inputs, **fixed), repeat=1) / 1e6


def monte_carlo() -> float:
    """Milliseconds for 10,000 draws of six uncertain inputs, percentiles and variance shares of the cost."""
    from tieout_compute_estimator.intervals import Fixed, Range, spread
    from tieout_compute_estimator.sweeping import plan_for

    inputs = {
        "N": Fixed(70e9),
        "D": Fixed(15e12),
        "P": Range(900, 989.5, 1000),
        "U": Range(15, 27, 42, 100),
        "p": Range(1.99, 2.95, 6.88),
    }
    plan = plan_for(["h", "B"], frozenset(inputs))
    return 1e3 * _median(lambda: spread(plan.evaluate_arrays, inputs, ["B"], count=10_000), repeat=5)


def _import_ms(statement: str) -> float:
    """Milliseconds of wall time for the statement over a bare interpreter."""
    times: dict[str, list[float]] = {"pass": [], statement: []}
    for _round in range(ROUNDS):
        for code, seconds in times.items():
            started = time.perf_counter()
            subprocess.run([sys.executable, "-c", code], check=True)
            seconds.append(time.perf_counter() - started)
    return 1e3 * (statistics.median(times[statement]) - statistics.median(times["pass"]))


def plugin_import() -> float:
    """Milliseconds for what the host imports, after the core that it has imported already."""
    core = _import_ms("import tieout.plugin")
    return max(0.0, _import_ms("import tieout.plugin, tieout_compute_estimator.plugin") - core)


def tool_import() -> float:
    """Milliseconds for the first tool, after the core."""
    core = _import_ms("import tieout.plugin")
    return max(0.0, _import_ms("import tieout.plugin; from tieout_compute_estimator import train") - core)


if __name__ == "__main__":
    sys.exit(main())
