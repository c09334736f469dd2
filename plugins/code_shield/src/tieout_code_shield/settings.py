"""``[plugins.shield]`` in tieout.toml."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated, Final, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from tieout.plugin import Severity, Stage

__all__ = ["ACTIONS", "Action", "Policy", "ShieldSettings"]

Action = Literal["allow", "warn", "redact", "retry", "block"]
ACTIONS: Final[tuple[Action, ...]] = ("allow", "warn", "redact", "retry", "block")
"""From the mildest to the strictest."""

_DEFAULTS: Final[dict[Stage, dict[Severity, Action]]] = {
    Stage.OUTPUT: {"critical": "block", "high": "redact"},
    Stage.TOOL_CALL: {"critical": "block", "high": "block"},
}


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Policy(_Section):
    """What to do with findings that fit; what is left out fits everything."""

    action: Action
    stage: Stage | None = None
    severity: Severity | None = None
    cwe: Annotated[str, Field(pattern=r"^(CWE-\d+)?$")] = ""
    rule: str = ""

    def fits(self, stage: Stage, severity: Severity, cwe: str, rule: str) -> bool:
        """Whether this policy speaks about such a finding."""
        return (
            self.stage in (None, stage)
            and self.severity in (None, severity)
            and self.cwe in ("", cwe)
            and self.rule in ("", rule)
        )


class ShieldSettings(_Section):
    """Settings of the code shield."""

    enabled: bool = True
    """Switches the guard off; the commands stay."""
    rules: Path | None = None
    """A folder of the user's own rule files, read with all folders below it. ``~`` is the home folder; a relative path
    starts from the folder of the tieout.toml that names it."""
    disabled_rules: tuple[str, ...] = ()
    policies: tuple[Policy, ...] = ()
    """The last one that fits a finding decides. Without one: an answer's critical findings block it and high ones take
    the statement out; a tool call with either is blocked; all others warn."""
    code_arguments: tuple[str, ...] = (
        "code",
        "source",
        "script",
        "program",
        "snippet",
        "python",
        "javascript",
        "js",
    )
    """Names of tool arguments that hold code; other arguments count as code when they look like it."""
    max_characters: Annotated[int, Field(ge=1_000, le=5_000_000)] = 200_000
    """Longer texts are unknown to the guard."""
    max_seconds: Annotated[float, Field(gt=0, le=5)] = 0.1
    """Processor time of one scan by the guard; past it the text is unknown."""

    @field_validator("rules")
    @classmethod
    def _whole_path(cls, rules: Path | None, info: ValidationInfo) -> Path | None:
        folders = cast("dict[str, dict[str, Path]]", info.context or {}).get("folders", {})
        if rules is None or not (folders or str(rules).startswith("~")):
            return rules
        return folders.get("rules", Path()) / os.path.expanduser(rules)  # noqa: PTH111 - an unknown ~user stays

    def action(self, stage: Stage, severity: Severity, cwe: str, rule: str) -> Action:
        """What to do with a finding."""
        said = self.explicit(stage, severity, cwe, rule)
        if said is not None:
            return said
        if severity == "info":
            return "allow"
        return _DEFAULTS.get(stage, {}).get(severity, "warn")

    def explicit(self, stage: Stage, severity: Severity, cwe: str, rule: str) -> Action | None:
        """What the user's policies say of a finding; ``None`` where none fits."""
        for policy in reversed(self.policies):
            if policy.fits(stage, severity, cwe, rule):
                return policy.action
        return None

    @property
    def holds_prose(self) -> bool:
        """Whether a policy may stop what an answer says outside of code, so that no line of it may leave unseen."""
        return any(
            policy.stage in (None, Stage.OUTPUT) and policy.action in ("redact", "retry", "block")
            for policy in self.policies
        )
