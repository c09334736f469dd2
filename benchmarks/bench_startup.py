"""Start-up: CPU time of ``tieout --help``, of ``import tieout``, each beside a bare interpreter in the same run."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

ROUNDS = 15


def cpu_seconds(command: list[str]) -> float:
    """User and system time of one child, from the operating system's own books."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _pid, status, usage = os.wait4(process.pid, 0)
    if status:
        raise SystemExit(f"{command} ended with {status}")
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Measure and print medians."""
    python = sys.executable
    commands = {
        "python -c pass": [python, "-c", "pass"],
        "import tieout": [python, "-c", "import tieout"],
        "tieout --version": [python, "-m", "tieout", "--version"],
        "tieout --help": [python, "-m", "tieout", "--help"],
        "tieout plugins list": [python, "-m", "tieout", "plugins", "list"],
    }
    figures: dict[str, list[float]] = {name: [] for name in commands}
    for round_number in range(ROUNDS + 1):
        for name, command in commands.items():
            seconds = cpu_seconds(command)
            if round_number:
                figures[name].append(seconds)
    bare = statistics.median(figures["python -c pass"])
    for name, values in figures.items():
        median = statistics.median(values)
        print(f"{name:22} {median * 1000:6.0f} ms CPU   {median / bare:5.1f} x a bare interpreter")
    added = statistics.median(figures["import tieout"]) - bare
    print(f"import tieout adds     {added * 1000:6.1f} ms  (target: at most 60)")
    print(
        f"tieout --help          {statistics.median(figures['tieout --help']) * 1000:6.0f} ms  (target: at most 200)"
    )


if __name__ == "__main__":
    main()
