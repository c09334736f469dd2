"""Which weaknesses the numbers of other tools stand for: B608 (bandit), S608 (ruff) and G201 (gosec) are CWE-89."""

from __future__ import annotations

from typing import Final

__all__ = ["weaknesses_of"]

_COMMAND: Final = "CWE-78 CWE-77 CWE-88 CWE-676"
_CODE: Final = "CWE-95 CWE-94 CWE-78 CWE-676"
_SECRET: Final = "CWE-798 CWE-259 CWE-321 CWE-522"  # noqa: S105
_CRYPTO: Final = "CWE-327 CWE-328 CWE-326 CWE-916"
_LOADING: Final = "CWE-502"
_XML: Final = "CWE-611 CWE-776 CWE-20"
_MARKUP: Final = "CWE-79 CWE-80 CWE-116 CWE-1336"
_CLEARTEXT: Final = "CWE-319"
_TLS: Final = "CWE-295 CWE-297"

_WEAKNESSES: Final[dict[str, str]] = {
    "101": "CWE-703 CWE-617",
    "102": _CODE,
    "103": "CWE-732 CWE-276",
    "104": "CWE-605 CWE-668",
    **dict.fromkeys(("105", "106", "107"), _SECRET),
    "108": "CWE-377 CWE-379",
    "113": "CWE-400 CWE-770",
    "201": "CWE-489 CWE-94 CWE-215",
    "202": "CWE-22 CWE-409",
    **dict.fromkeys(("301", "302", "403", "506", "614"), _LOADING),
    **dict.fromkeys(("303", "304", "305", "324", "413", "502", "503", "504", "505"), _CRYPTO),
    "306": "CWE-377",
    "307": _CODE,
    **dict.fromkeys(("308", "701", "702", "703", "704"), _MARKUP),
    "310": "CWE-22 CWE-918 CWE-939",
    "311": "CWE-330 CWE-338",
    **dict.fromkeys(("312", "321", "401", "402", "508", "509"), _CLEARTEXT),
    **{str(number): _XML for number in (*range(313, 321), *range(405, 412))},
    **dict.fromkeys(("323", "501", "507"), _TLS),
    **{str(number): _COMMAND for number in (404, 601, *range(602, 608), 609)},
    **dict.fromkeys(("608", "610", "611"), "CWE-89"),
    "612": "CWE-94",
    "613": "CWE-838 CWE-1007",
    "615": "CWE-494",
}


_GOSEC: Final[dict[str, str]] = {
    "101": _SECRET,
    "102": "CWE-200 CWE-605 CWE-668",
    "103": "CWE-242",
    "104": "CWE-703",
    "106": "CWE-322 CWE-295",
    "107": "CWE-88 CWE-918",
    "108": "CWE-200 CWE-489 CWE-215",
    **dict.fromkeys(("109", "113", "115"), "CWE-190 CWE-681"),
    "110": "CWE-409",
    **dict.fromkeys(("111", "304", "305"), "CWE-22"),
    "112": "CWE-400 CWE-770",
    "114": "CWE-676 CWE-400 CWE-770",
    **dict.fromkeys(("201", "202"), "CWE-89"),
    "203": _MARKUP,
    "204": "CWE-78 CWE-77 CWE-88",
    **dict.fromkeys(("301", "302", "306"), "CWE-276 CWE-732"),
    "303": "CWE-377 CWE-379",
    "307": "CWE-703",
    **dict.fromkeys(("401", "403", "405", "406", *map(str, range(501, 508))), _CRYPTO),
    "402": _TLS,
    "404": "CWE-338 CWE-330",
    **dict.fromkeys(("601", "602"), "CWE-118"),
}
"""The numbers of gosec, with the weakness that it names itself first."""


def weaknesses_of(code: str) -> tuple[str, ...]:
    """The CWE identifiers that ``"B608"``, ``"S608"`` or ``"G201"`` stands for, the main one first; empty when the
    number is not known."""
    letter, number = code[:1], code[1:]
    table = _WEAKNESSES if letter in ("B", "S") else _GOSEC if letter == "G" else {}
    return tuple(table.get(number, "").split())
