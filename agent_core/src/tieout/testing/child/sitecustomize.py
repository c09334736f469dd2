"""Runs at the start of every Python process that a guarded test starts: puts the network guard in place there too."""

import importlib.machinery
import importlib.util
import os
import sys
from pathlib import Path


def _install_guard() -> None:
    report = os.environ.get("TIEOUT_TESTING_NETWORK_REPORT")
    if not report:
        return
    # By path: the child's own folder of packages may hold another tieout, or none.
    place = Path(__file__).resolve().parent.parent / "network.py"
    spec = importlib.util.spec_from_file_location("_tieout_network_guard", place)
    if spec is None or spec.loader is None:
        return
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.NetworkGuard(writes=Path(report)).install()


def _run_the_next_one() -> None:
    """This file hides the sitecustomize of the machine, if there is one; run that as well."""
    here = str(Path(__file__).resolve().parent)
    rest = [entry for entry in sys.path if entry and str(Path(entry).resolve()) != here]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", rest)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


_install_guard()
_run_the_next_one()
