"""Guards that keep unsafe code out of answers, and the scanner behind them.

``scan_code("eval(x)")`` scans a piece of code; :class:`ShieldGuard` watches conversations.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tieout_code_shield.compat import CodeShield, CodeShieldScanResult, Issue, Treatment, scan_code
    from tieout_code_shield.guard import ShieldGuard
    from tieout_code_shield.limits import Limits
    from tieout_code_shield.reports import Report
    from tieout_code_shield.rule_files import read_folder, read_rule
    from tieout_code_shield.rules import Rule, RuleSet
    from tieout_code_shield.scanner import Scanner
    from tieout_code_shield.settings import Policy, ShieldSettings
    from tieout_code_shield.shield import Shield

__all__ = [
    "CodeShield",
    "CodeShieldScanResult",
    "Issue",
    "Limits",
    "Policy",
    "Report",
    "Rule",
    "RuleSet",
    "Scanner",
    "Shield",
    "ShieldGuard",
    "ShieldSettings",
    "Treatment",
    "read_folder",
    "read_rule",
    "scan_code",
]

_MODULES = {
    "compat": ("CodeShield", "CodeShieldScanResult", "Issue", "Treatment", "scan_code"),
    "guard": ("ShieldGuard",),
    "limits": ("Limits",),
    "reports": ("Report",),
    "rule_files": ("read_folder", "read_rule"),
    "rules": ("Rule", "RuleSet"),
    "scanner": ("Scanner",),
    "settings": ("Policy", "ShieldSettings"),
    "shield": ("Shield",),
}


def __getattr__(name: str) -> object:
    """Import a public name on first use, so that importing the package costs next to nothing."""
    for module, names in _MODULES.items():
        if name in names:
            return getattr(import_module(f"{__name__}.{module}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return __all__
