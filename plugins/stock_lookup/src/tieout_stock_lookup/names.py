"""Normal forms of company names: what is noise, and which names sound or look alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice, product

from tieout.text import fold

__all__ = [
    "company_core",
    "core_key",
    "deletions",
    "distinctive_length",
    "name_key",
    "one_swap_apart",
    "sound_key",
    "spellings",
    "strip_noise",
]

_PUNCTUATION = re.compile(r"[\s·・•.,，、。&'’\"“”_()（）/《》<>「」:：?？!！*＊]+")
_CHINESE = "\u4e00-\u9fff"
_DAY_MARK = re.compile(rf"^(?:xd|xr|dr|n|c)(?=[{_CHINESE}])")
_RISK_MARK = re.compile(r"^(?:s?st|pt|s(?=[\u4e00-\u9fff])|退市)")
_CLASS_MARK = re.compile(r"-(?:uw|sw|wd|pu|u|w|b|s|v|d|r|p)$")
_SHARE_CLASS = re.compile(rf"(?<=[{_CHINESE}])(?:a股?|退)$")
_COMPANY_FORM = re.compile(
    r"(?:集团)?(?:控股)?(?:股份有限公司|有限责任公司|股份公司|有限公司|集团公司|公司)$"
    r"|(?:incorporated|inc|corporation|corp|co|company|limited|ltd|plc|group|holdings?|nv|sa|ag|adr|stock|shares)$"
)
_GENERIC_TAIL = re.compile(
    r"(?:科技|股份|集团|控股|技术|信息|电子|智能|软件|网络|数据|通信|材料|新材|生物|医药|医疗|药业|制药|环境|环保|能源|电力|"
    r"电气|电器|机械|装备|设备|精密|汽车|银行|证券|保险|信托|地产|发展|投资|实业|传媒|文化|教育|建设|建筑|工程|食品|农业|化学|"
    r"化工|高新|高科|光电|电路|微电|动力|物流|航空|重工|国际|健康|家居|服饰|时尚|旅游|矿业|黄金|钢铁|铝业|水泥|水务|燃气|公司)$"
)
_GENERIC_HEAD = re.compile(
    r"^(?:中国|中华|国际|北京|上海|深圳|广州|杭州|南京|苏州|浙江|江苏|广东|山东|四川|重庆|天津|湖北|湖南|河南|河北|安徽|福建|"
    r"江西|陕西|山西|云南|贵州|海南|东方|华润|中信|招商|国投|中航|航天|长江|长城)"
)
# Pairs that many speakers and input methods confuse: retroflex and flat initials, back and front nasal finals.
_CONFUSED = (("zh", "z"), ("ch", "c"), ("sh", "s"), ("ng", "n"))


def name_key(text: str) -> str:
    """The form in which names are looked up: folded, without spaces and punctuation."""
    return _PUNCTUATION.sub("", fold(text).text)


def core_key(key: str) -> str:
    """A key without the exchange's marks: XD, XR, DR, N, C, ST, PT, S, 退, -U, -W, a trailing A."""
    core = _CLASS_MARK.sub("", key)
    core = _RISK_MARK.sub("", _RISK_MARK.sub("", _DAY_MARK.sub("", core)))
    core = _SHARE_CLASS.sub("", core)
    return core.replace("-", "") if len(core) >= 2 else key.replace("-", "")


def strip_noise(key: str) -> tuple[str, bool]:
    """The core of a key, and whether a day mark stood before it (then the exchange has cut the name)."""
    return core_key(key), bool(_DAY_MARK.match(key))


def company_core(key: str) -> str:
    """A key without the legal form at its end ("股份有限公司", "Inc"); the key itself when there is none."""
    before, core = "", key
    while core != before:
        before = core
        shorter = _COMPANY_FORM.sub("", core)
        core = shorter if len(shorter) >= 2 else core
    return core


def distinctive_length(key: str) -> int:
    """How many characters are left of a name when its general words (中国, 科技 …) are taken away."""
    return len(_GENERIC_TAIL.sub("", _GENERIC_HEAD.sub("", key)))


def sound_key(pinyin: str) -> str:
    """Pinyin in which the pairs people confuse are one."""
    for confused, plain in _CONFUSED:
        pinyin = pinyin.replace(confused, plain)
    return pinyin


def spellings(key: str, readings: Mapping[str, str], *, limit: int = 64) -> Iterator[str]:
    """Every toneless pinyin of a key, at most ``limit``; nothing when a Chinese character is unknown."""
    options = [[char] if char.isascii() else readings.get(char, "").split() for char in key]
    return ("".join(choice) for choice in islice(product(*options), limit))


def deletions(key: str) -> Iterator[str]:
    """The key with each one of its characters left out."""
    return (key[:i] + key[i + 1 :] for i in range(len(key)))


def one_swap_apart(first: str, second: str) -> bool:
    """Whether two neighbouring characters, exchanged, make one key of the other."""
    if len(first) != len(second):
        return False
    at = [i for i, (a, b) in enumerate(zip(first, second, strict=True)) if a != b]
    return (
        len(at) == 2
        and at[1] == at[0] + 1
        and first[at[0]] == second[at[1]]
        and first[at[1]] == second[at[0]]
    )
