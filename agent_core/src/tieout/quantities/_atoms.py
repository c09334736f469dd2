"""One number with its unit, as it stands in prepared text."""

import re
from dataclasses import dataclass, replace
from functools import cache

from tieout.quantities._numbers import Numeral, read_chinese, read_digits, read_english, read_magnitude
from tieout.quantities._units import Unit, UnitTable, per

# Heights of video pictures: 1080P is no compute.
_VIDEO = frozenset((144, 240, 360, 480, 540, 720, 1080, 1440, 2160, 4320))
# Below this, 5G is a mobile network and not a memory.
_SMALLEST_MEMORY = 8
_WINDOW = 14
_MOST_DENOMINATORS = 2


@dataclass(frozen=True, slots=True)
class Atom:
    """A numeral and what it counts."""

    numeral: Numeral
    unit: Unit | None
    """None for a bare number."""
    end: int
    more: bool = False
    """多 or 余 followed: somewhat more than the number."""
    plus: bool = False
    """A + stood between number and unit: 100+ GPUs."""


def read_atom(text: str, start: int, units: UnitTable) -> Atom | None:
    """The number at ``start`` with its unit, or None when no number begins there."""
    numeral = read_digits(text, start) or read_chinese(text, start, units) or read_english(text, start)
    if numeral is None:
        return None
    return _rate_or_memory(text, numeral, units) or with_unit(
        text, read_magnitude(text, numeral, units), units
    )


def with_unit(text: str, numeral: Numeral, units: UnitTable) -> Atom:
    """The atom of ``numeral`` with the unit that follows it."""
    if rate := _rate_or_memory(text, numeral, units):
        return rate
    scaled, more = _somewhat_more(text, numeral, units)
    bare_end = scaled.end if scaled.exponent != numeral.exponent else numeral.end
    found = read_unit(text, scaled, units)
    if found is None and text[scaled.end : scaled.end + 1] == "+":
        counted = read_unit(text, replace(scaled, end=scaled.end + 1), units)
        if counted and counted[0].dimension != "number":
            return Atom(scaled, *counted, more, plus=True)
    unit, end = found or (None, bare_end)
    return Atom(scaled, unit, end, more)


@cache
def _more() -> re.Pattern[str]:
    return re.compile(r" ?[多余](?=(?P<counter>[种家个名位项款次人只件条层篇座所支例份]))?")


def _somewhat_more(text: str, numeral: Numeral, units: UnitTable) -> tuple[Numeral, bool]:
    """Step over 多 or 余 between a number and what it counts (30 多天, 十余万张); 70B 多模态 is none."""
    match = _more().match(text, numeral.end)
    if match is None:
        return numeral, False
    moved = read_magnitude(text, replace(numeral, end=match.end()), units)
    if moved.end > match.end() or match["counter"] or read_unit(text, moved, units):
        return moved, True
    return numeral, False


@cache
def _compute_rate() -> re.Pattern[str]:
    return re.compile(
        r" ?(?P<prefix>[TPE])(?![A-Za-z0-9])"
        r"(?P<power> ?(?:的 ?)?(?:(?:稠密|稀疏|智能|AI|总|FP16|FP8|BF16|INT8) ?)?算力)?"
    )


@cache
def _memory() -> re.Pattern[str]:
    return re.compile(r"G(?![A-Za-z0-9/])(?P<memory> ?(?:的 ?)?(?:显存|内存|memory|VRAM|HBM))?")


def _rate_or_memory(text: str, numeral: Numeral, units: UnitTable) -> Atom | None:
    """640P, 312T 算力 and 80G 显存, where a prefix alone stands for the unit."""
    match = _compute_rate().match(text, numeral.end)
    if match:
        glued_peta = match.start("prefix") == numeral.end and match["prefix"] == "P"
        about_power = match["power"] or "算力" in text[max(0, numeral.end - _WINDOW) : numeral.end]
        if about_power or (glued_peta and numeral.value not in _VIDEO):
            return Atom(numeral, units.get(f"{match['prefix']}FLOP/s"), match.end("prefix"))
    match = _memory().match(text, numeral.end)
    if match and not numeral.scaled and (match["memory"] or numeral.value >= _SMALLEST_MEMORY):
        return Atom(numeral, units.get("GB"), numeral.end + 1)
    return None


def read_unit(text: str, numeral: Numeral, units: UnitTable) -> tuple[Unit, int] | None:
    """The unit after ``numeral`` and where it ends, through measure words, accelerator names and denominators."""
    at = _past_spaces(text, numeral.end)
    found = (
        _spelled(text, numeral, at, units)
        or _after_dash(text, numeral.end, units)
        or _counted(text, numeral, at, units)
    )
    return None if found is None else with_denominators(text, *found, units)


def _past_spaces(text: str, at: int) -> int:
    while text[at : at + 1] == " " and text[at : at + 3] != "   ":
        at += 1
    return at


def _spelled(text: str, numeral: Numeral, at: int, units: UnitTable) -> tuple[Unit, int] | None:
    found = units.match(text, at)
    if found is None:
        return None
    unit, end = found
    if unit.symbol == "x" and text[at] in "xX×":  # 8 x H100 and 8×80 GB multiply; 3x is a multiple
        following = text[_past_spaces(text, end) :][:1] if text[at] == "×" else text[end : end + 1]
        if at > numeral.end or (following.isascii() and following.isalnum()):
            return None
    return found


def _after_dash(text: str, at: int, units: UnitTable) -> tuple[Unit, int] | None:
    """The unit of 80-GB and 70-billion-parameter."""
    found = units.match(text, at + 1) if text[at : at + 1] == "-" else None
    return found if found and found[1] > at + 2 and text[at + 1].isalpha() else None


@cache
def _device() -> re.Pattern[str]:
    """An accelerator between a number and its noun: 3000 张英伟达 H100 GPU."""
    maker = "(?:NVIDIA|英伟达|AMD|华为|[昇升]腾|Ascend|寒武纪|海光|昆仑芯|Google|谷歌|Tesla)"
    part = (
        r"(?:(?!fp|bf|tf)[A-PR-Z]{1,2}[0-9]{2,4}[A-Z]{0,2}|[TL]4S?|910[A-D]?|TPU ?v[0-9][a-z]?|[RG]TX ?[0-9]{4}"
        r"|MI[0-9]{3}X?|思元 ?[0-9]{3}|Hopper|Blackwell|Ampere|Volta)"
    )
    form = r"(?: ?(?:SXM[0-9]?|PCIe|NVL|Tensor Core))?(?:[ -]?[0-9]{2,3} ?GB)?"
    return re.compile(rf"(?:{maker}[ -]?){{0,2}}{part}{form}(?:s|芯片)?(?![A-Za-z0-9])", re.IGNORECASE)


@cache
def _measure() -> re.Pattern[str]:
    return re.compile(r"(?P<word>[个张块台枚颗片套]|的) {0,2}|[×xX*] ?(?=[A-Z])")


def _counted(text: str, numeral: Numeral, at: int, units: UnitTable) -> tuple[Unit, int] | None:
    """What is counted after a measure word or an accelerator's name: 张卡, 台 A100 服务器, H100 卡时."""
    measure = _measure().match(text, at)
    begin = measure.end() if measure else at
    device = _device().match(text, begin) if measure or begin > numeral.end else None
    if device:
        begin = _past_spaces(text, device.end())
        begin += text[begin : begin + 1] == "-"
    noun = units.match(text, begin) if measure or device else None
    if noun and device:
        return _of_device(noun[0], units), noun[1]
    if noun and (noun[0].dimension in ("token", "parameter") or not measure or measure["word"] != "的"):
        return noun
    if device:
        # 2024 H100 shipments: a year and a name. With a measure word or a cross it is a count.
        year = len(numeral.digits) == 4 and numeral.digits[:2] in ("19", "20")
        return None if year and not measure else (units.get("GPU"), device.end())
    return _measure_alone(text, measure, units)


def _of_device(noun: Unit, units: UnitTable) -> Unit:
    """H100 小时 is GPU time; H100 GPU and H100 服务器 are what they say."""
    if noun.dimension == "time" and f"GPU-{noun.en.rstrip('s')}" in units:
        return units.get(f"GPU-{noun.en.rstrip('s')}")
    return units.get("GPU") if noun.dimension in ("chip", "parameter") else noun


def _measure_alone(text: str, measure: re.Match[str] | None, units: UnitTable) -> tuple[Unit, int] | None:
    """3000 张 and 128 台 with the noun left out. Before another Chinese noun they measure something else."""
    if measure is None or measure["word"] not in ("张", "台"):
        return None
    following = text[measure.end() : measure.end() + 1]
    if "\u4e00" <= following <= "\u9fff" and following not in "的和与及至到或共跑用训并":
        return None
    return units.get("GPU" if measure["word"] == "张" else "server"), measure.start() + 1


@cache
def _denominator() -> re.Pattern[str]:
    return re.compile(
        r"(?: ?/ ?| per |每)(?:1 ?)?"
        r"(?P<size>(?:K|M|千(?!瓦)|百万|million|thousand|1,?000,000|1,?000)(?![A-Za-z0-9]) ?)?"
        r"(?:[个张台块] ?)?",
        re.IGNORECASE,
    )


def with_denominators(text: str, unit: Unit, end: int, units: UnitTable) -> tuple[Unit, int]:
    """``unit`` divided by what follows: 美元/GPU 小时, tokens/s, $2 per million tokens."""
    if unit.dimension in ("number", "ratio difference"):
        return unit, end
    for _ in range(_MOST_DENOMINATORS):
        match = _denominator().match(text, end)
        if match is None:
            break
        at = match.end()
        device = _device().match(text, at)
        found = units.match(text, _past_spaces(text, device.end()) if device else at)
        if found and device:
            found = _of_device(found[0], units), found[1]
        elif device and match[0].strip() == "/" and match[0] != match[0].strip():
            break  # "70B / 15T tokens / H100" is a list, not tokens per GPU
        elif device:
            found = units.get("GPU"), device.end()
        if found is None or found[0].dimension.startswith("money") or found[0].symbol == "x":
            break
        below = found[0]
        if match["size"]:
            if below.symbol != "token":
                break
            thousand = match["size"].strip(" ").lower() in ("k", "千", "thousand", "1000", "1,000")
            below = units.get("Ktoken" if thousand else "Mtoken")
        unit, end = _per(unit, below, units), found[1]
    return unit, end


def _per(unit: Unit, below: Unit, units: UnitTable) -> Unit:
    """``unit`` divided by ``below``; a price per GPU and hour is one per GPU-hour."""
    above, _, last = unit.symbol.rpartition("/")
    device_time = f"GPU-{below.en.rstrip('s')}"
    price_per_device = last == "GPU" and above in units and units.get(above).dimension.startswith("money:")
    if price_per_device and below.dimension == "time" and device_time in units:
        return per(units.get(above), units.get(device_time))
    return per(unit, below)
