"""Whether a claim tells what was done or what something would take, and of training or of serving."""

from __future__ import annotations

import re

from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.frames import Measure

__all__ = ["history", "is_serving"]

_USED = re.compile(
    r"用了|使用了?|采用|动用|(?<!作)用(?!于)|练了?|(?:was|were|been|is) (?:pre-?)?trained"
    r"|(?:pre-?)?trained (?:on|with|using)|trained \S+(?: \S+){0,4} (?:on|with|using) |ran on|used",
    re.IGNORECASE,
)
_NOT_USED = re.compile(
    r"可能|若|如果|假设|假如|估计|估算|测算|理论上"
    r"|would|could|(?<![a-z])if(?![a-z])|estimat|suppos|hypothetical|in theory",
    re.IGNORECASE,
)
_SERVING = re.compile(r"推理|运营|运行|inference|serving|operat", re.IGNORECASE)


def is_serving(bench: Bench, measure: Measure) -> bool:
    """Whether a compute is said to be for serving and not for training."""
    return bool(_SERVING.search(bench.claim.text[max(0, measure.start - 24) : measure.end + 8]))


def history(bench: Bench) -> bool:
    """Whether the claim tells what was done."""
    text = bench.claim.text
    return bool(_USED.search(text)) and not _NOT_USED.search(text)
