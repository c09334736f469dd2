"""Properties that rules for C and C++ ask for by name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

from tieout_code_shield.dialects.c_copies import COPY_CHECKS
from tieout_code_shield.dialects.c_counters import COUNTER_CHECKS
from tieout_code_shield.dialects.c_ends import END_CHECKS
from tieout_code_shield.dialects.c_idioms import IDIOM_CHECKS
from tieout_code_shield.dialects.c_indices import INDEX_CHECKS
from tieout_code_shield.dialects.c_lifetime import LIFETIME_CHECKS
from tieout_code_shield.dialects.c_numbers import NUMBER_CHECKS
from tieout_code_shield.dialects.c_pointers import POINTER_CHECKS
from tieout_code_shield.dialects.c_threads import THREAD_CHECKS
from tieout_code_shield.dialects.c_unset import UNSET_CHECKS

if TYPE_CHECKING:
    from tieout_code_shield.dialects.base import Check
    from tieout_code_shield.walk import Site, Walk


__all__ = ["CHECKS"]


_FORMATS: Final = {
    "fprintf": 1, "dprintf": 1, "syslog": 1, "vsyslog": 1, "sprintf": 1, "snprintf": 2, "fwprintf": 1, "swprintf": 2,
    "_snprintf": 2, "asprintf": 1, "vfprintf": 1, "vsnprintf": 2, "vsprintf": 1, "vasprintf": 1, "err": 1, "errx": 1,
    "error": 2, "_snwprintf": 2, "vfwprintf": 1,
}  # fmt: skip
"""Where the format stands, if not first."""


def format_is_input(walk: Walk, site: Site) -> bool:
    """A format, the last argument of the call, that is a variable and no constant text."""
    given = walk.arguments(site).positional
    position = _FORMATS.get(walk.qualified(site.name), 0)
    if len(given) <= position:
        return False
    value = walk.evaluate(given[position], site)
    kept = value.without(_TRANSLATED)
    if kept.constant or (value.text is not None and "%" in value.text and not value.tainted):
        return False
    if site.name.startswith("v"):
        return value.tainted
    return value.tainted or len(given) == position + 1


_TRANSLATED: Final = frozenset({"_", "gettext", "ngettext", "N_", "tr", "dgettext", "Q_", "dcgettext", "strerror", "G_",
                                "errmsg", "LOC_MSG", "gai_strerror", "hstrerror", "curl_easy_strerror"})  # fmt: skip


def remote_input(walk: Walk, site: Site) -> bool:
    """An argument carries input other than the command line, which the user of a tool writes himself."""
    for part in walk.arguments(site).positional:
        for each in walk.evaluate(part, site).leaves:
            root = each.name.partition(".")[0]
            if each.tainted and root not in ("argv", "optarg", "environ") and not each.through & _HARMLESS:
                return True
    return False


def requested_path(walk: Walk, site: Site) -> bool:
    """A folder and a parameter that is named as a part of a request are joined to the path that is opened."""
    node = next(iter(walk.arguments(site).positional), None)
    if node is None or site.function is None:
        return False
    value = walk.evaluate(node, site)
    given = walk.parameters_of(site.function)
    names = [each.name for each in value.leaves if not each.through & _HARMLESS]
    if "sscanf" in names:
        names += re.findall(r"\bsscanf\s*\(\s*(\w+)", walk.text_before(site))
    joined = len(value.leaves) > 1 or bool(value.text)
    return joined and any(name in given and _REQUESTED.search(name) for name in names)


_REQUESTED: Final = re.compile(
    r"(?i)request|^req|upload|^ur[il]$|user_?(?:file|path)|remote_?(?:file|path|name)"
)
_HARMLESS: Final = frozenset(
    {"to_string", "atoi", "stoi", "strtol", "strtoul", "basename", "filename", "realpath", "atol"}
)


CHECKS: Final[Mapping[str, Check]] = {
    "format-is-input": format_is_input,
    "remote-input": remote_input,
    "requested-path": requested_path,
    **COPY_CHECKS,
    **NUMBER_CHECKS,
    **INDEX_CHECKS,
    **LIFETIME_CHECKS,
    **IDIOM_CHECKS,
    **POINTER_CHECKS,
    **END_CHECKS,
    **COUNTER_CHECKS,
    **UNSET_CHECKS,
    **THREAD_CHECKS,
}
"""By the names that rule files use."""
