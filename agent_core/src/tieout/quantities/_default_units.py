"""The units that the product knows from the start."""

from collections.abc import Iterator

from tieout.quantities._units import Unit, UnitTable

_HOUR = 3600.0
_DAY = 24 * _HOUR
_YEAR = 365 * _DAY  # hours per year in compute and power accounting: 8,760

_PREFIXES = {"K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15, "E": 1e18, "Z": 1e21, "Y": 1e24}
_PREFIX_WORDS = {
    "K": "kilo", "M": "mega", "G": "giga", "T": "tera", "P": "peta", "E": "exa", "Z": "zetta", "Y": "yotta",
}  # fmt: skip


def _numbers() -> Iterator[Unit]:
    yield Unit("", "number")
    yield Unit("ratio", "number", zh="ratio")
    yield Unit("%", "number", 0.01, words=("percent", "per cent", "pct"))
    yield Unit("‰", "number", 0.001)
    yield Unit("x", "number", en="x", zh="倍", spellings=("×", "X"), words=("times", "fold"))
    # A difference of two ratios is not a ratio: 5 points more than 20 % is 25 %, 5 % more is 21 %.
    yield Unit(
        "pp", "ratio difference", 0.01, en="percentage points", zh="个百分点", spellings=("百分点", "pct points"),
        words=("percentage point", "ppt", "ppts", "pps"),
    )  # fmt: skip
    yield Unit(
        "bp",
        "ratio difference",
        0.0001,
        en="basis points",
        zh="个基点",
        spellings=("基点",),
        words=("basis point", "bps"),
    )


def _money() -> Iterator[Unit]:
    yield Unit(
        "USD", "money:USD", zh="美元", spellings=("美金",), words=("dollars", "dollar", "us dollars", "usd")
    )
    yield Unit("cent", "money:USD", 0.01, en="cents", zh="美分")
    yield Unit(
        "CNY",
        "money:CNY",
        zh="元",
        spellings=("人民币", "块钱", "元人民币", "RMB"),
        words=("yuan", "rmb", "cny"),
    )
    yield Unit("HKD", "money:HKD", zh="港元", spellings=("港币",), words=("hkd", "hong kong dollars"))
    yield Unit("TWD", "money:TWD", zh="新台币", spellings=("台币", "新台币元", "NTD"), words=("twd",))
    yield Unit("EUR", "money:EUR", zh="欧元", words=("euros", "euro", "eur"))
    yield Unit("JPY", "money:JPY", zh="日元", spellings=("日圆",), words=("yen", "jpy"))
    yield Unit("GBP", "money:GBP", zh="英镑", words=("pounds sterling", "gbp"))
    yield Unit("KRW", "money:KRW", zh="韩元", words=("won", "krw"))


def _times() -> Iterator[Unit]:
    yield Unit("ns", "time", 1e-9, zh="纳秒", words=("nanoseconds", "nanosecond"))
    yield Unit("µs", "time", 1e-6, zh="微秒", spellings=("us", "μs"), words=("microseconds", "microsecond"))
    yield Unit("ms", "time", 1e-3, zh="毫秒", words=("milliseconds", "millisecond"))
    yield Unit("s", "time", zh="秒", spellings=("秒钟",), words=("seconds", "second", "secs", "sec"))
    yield Unit("min", "time", 60, zh="分钟", words=("minutes", "minute", "mins"))
    yield Unit(
        "h", "time", _HOUR, en="hours", zh="小时", spellings=("个小时",), words=("hour", "hours", "hrs", "hr")
    )
    yield Unit(
        "day",
        "time",
        _DAY,
        en="days",
        zh="天",
        spellings=("d", "个交易日", "交易日", "个工作日", "昼夜"),
        words=("days",),
    )
    yield Unit("week", "time", 7 * _DAY, en="weeks", zh="周", spellings=("个星期", "星期"), words=("weeks",))
    yield Unit("month", "time", _YEAR / 12, en="months", zh="个月", words=("months",))
    yield Unit("quarter", "time", _YEAR / 4, en="quarters", zh="个季度", words=("quarters",))
    yield Unit(
        "year", "time", _YEAR, en="years", zh="年", spellings=("周年", "年度"), words=("years", "yrs", "yr")
    )


def _information() -> Iterator[Unit]:
    yield Unit("B", "information", en="bytes", zh="字节", words=("byte", "bytes"))
    yield Unit("bit", "information", 1 / 8, en="bits", zh="比特", spellings=("b",), words=("bits",))
    zh = {"K": "千字节", "M": "兆字节", "G": "吉字节", "T": "太字节", "P": "拍字节"}
    for prefix, factor in list(_PREFIXES.items())[:6]:
        word = _PREFIX_WORDS[prefix]
        lower = f"{prefix.lower()}b"
        yield Unit(
            f"{prefix}B", "information", factor, en=f"{prefix}B", zh=f"{prefix}B",
            spellings=(zh[prefix],) if prefix in zh else (),
            words=(lower, f"{prefix.lower()}byte", f"{prefix.lower()}bytes", f"{word}bytes", f"{word}byte"),
        )  # fmt: skip
        bits = f"{prefix}bit"
        yield Unit(
            f"{prefix}b",
            "information",
            factor / 8,
            spellings=(bits, f"{bits}s"),
            words=(f"{word}bits", f"{word}bit"),
        )
        rate = f"{prefix}b/s"
        yield Unit(
            rate,
            "information/time",
            factor / 8,
            spellings=(f"{prefix}bps", f"{bits}/s"),
            words=(f"{word}bits per second",),
        )
    for power, prefix in enumerate("KMGTP", start=1):
        yield Unit(f"{prefix}iB", "information", 1024.0**power, words=(f"{prefix.lower()}ib",))


def _compute() -> Iterator[Unit]:
    yield Unit("FLOP", "compute", spellings=("FLOPs", "flops", "flop", "Flop", "Flops", "次浮点运算", "浮点运算"),
               words=("floating point operations",))  # fmt: skip
    yield Unit(
        "FLOP/s", "compute/time", words=("flop per second",),
        spellings=("FLOPS", "Flop/s", "flop/s", "FLOPs/s", "次浮点运算/秒", "次浮点运算每秒"),
    )  # fmt: skip
    yield Unit("OP/s", "operations/time", spellings=("OPS", "次/秒", "次每秒", "次运算/秒"))
    for prefix, factor in _PREFIXES.items():
        word = f"{_PREFIX_WORDS[prefix]}flop"
        # Data sheets write TFLOPs for a rate; a total is written TFLOP, and above exa FLOPs is always a total.
        rates, totals = [f"{prefix}Flops", f"{prefix}FLOPs"], [f"{prefix}Flop"]
        if prefix in "ZY":
            rates, totals = [], [*totals, *rates]
        yield Unit(f"{prefix}FLOP", "compute", factor, spellings=tuple(totals), words=(word,))
        yield Unit(
            f"{prefix}FLOP/s", "compute/time", factor,
            spellings=(f"{prefix}FLOPS", f"{prefix}Flop/s", f"{prefix}FLOPs/s", f"{prefix}flops", *rates),
            words=(f"{word}s", f"{word}/s", f"{prefix.lower()}flops", f"{word}s per second", f"{word} per second"),
        )  # fmt: skip
        yield Unit(
            f"{prefix}OP/s",
            "operations/time",
            factor,
            spellings=(f"{prefix}OPS",),
            words=(f"{prefix.lower()}ops",),
        )
    yield from (_flops_days(prefix) for prefix in "TPE")


def _flops_days(prefix: str) -> Unit:
    """One petaflop/s for one day, and its neighbours: a total, not a rate."""
    word = _PREFIX_WORDS[prefix]
    rates = (
        f"{prefix.lower()}flop/s",
        f"{prefix.lower()}flops",
        f"{word}flop/s",
        f"{word}flops",
        f"{word}flop",
    )
    short = (f"{prefix}F·day", f"{prefix}F 日", f"{prefix}F-天", f"{prefix}FLOPS·天", f"{prefix}F 天")
    words = [f"{rate} {day}" for rate in rates for day in ("day", "days")]
    return Unit(
        f"{prefix}F-day", "compute", _PREFIXES[prefix] * _DAY, en=f"{prefix}F-days", zh=f"{prefix}F-day",
        spellings=short, words=(f"{prefix.lower()}f days", f"{prefix.lower()}f day", *words),
    )  # fmt: skip


def _power() -> Iterator[Unit]:
    zh = {"": "瓦", "K": "千瓦", "M": "兆瓦", "G": "吉瓦", "T": "太瓦"}
    for prefix, name in zh.items():
        shown, word = prefix.replace("K", "k"), _PREFIX_WORDS.get(prefix, "")
        factor = _PREFIXES.get(prefix, 1.0)
        watts, hours = f"{word}watt", f"{word}watt hour"
        yield Unit(
            f"{shown}W", "power", factor, zh=name, spellings=(f"{name}特",),
            words=(f"{prefix.lower()}w", watts, f"{watts}s"),
        )  # fmt: skip
        yield Unit(
            f"{shown}Wh", "energy", factor * _HOUR, zh=f"{name}时", spellings=(f"{name}·时", f"{name}小时"),
            words=(f"{prefix.lower()}wh", hours, f"{hours}s"),
        )  # fmt: skip
    yield Unit("J", "energy", zh="焦耳", words=("joules", "joule"))
    yield Unit("度电", "energy", 1000 * _HOUR)


def _counts() -> Iterator[Unit]:
    token_words = ("token", "tokens", "tok", "toks")
    yield Unit(
        "token", "token", en="tokens", zh="token", spellings=("Token", "Tokens", "词元"), words=token_words
    )
    yield Unit("Ktoken", "token", 1e3, en="Ktokens", zh="千 token")
    yield Unit("Mtoken", "token", 1e6, en="Mtokens", zh="百万 token")
    parameter_words = ("parameter", "parameters", "params", "param")
    yield Unit(
        "parameter", "parameter", en="parameters", zh="参数", spellings=("个参数",), words=parameter_words
    )
    yield Unit(
        "GPU", "gpu", en="GPUs", zh="卡", spellings=("显卡", "加速卡", "张卡", "块卡", "AI 芯片", "AI芯片"),
        words=("gpu", "gpus", "accelerators", "accelerator", "cards"),
    )  # fmt: skip
    yield Unit(
        "CPU core", "cpu core", en="CPU cores", zh="CPU 核心", words=("cpu cores", "cpu core", "cpu 核心")
    )
    yield Unit(
        "chip", "chip", en="chips", zh="颗芯片", spellings=("枚芯片", "片芯片"), words=("chips", "chip")
    )
    yield Unit(
        "server", "server", en="servers", zh="台服务器", spellings=("服务器", "台机器", "台设备"),
        words=("server", "servers", "nodes", "gpu 服务器", "gpu servers"),
    )  # fmt: skip
    yield from _gpu_times()


def _gpu_times() -> Iterator[Unit]:
    yield Unit(
        "GPU-hour", "gpu time", en="GPU-hours", zh="GPU 小时",
        spellings=("卡时", "卡·时", "卡小时", "GPU·小时", "GPU时"),
        words=("gpu hours", "gpu hour", "gpu 小时", "gpu h", "gpu hr", "gpu hrs", "accelerator hours", "card hours"),
    )  # fmt: skip
    days, years = ("gpu days", "gpu day"), ("gpu years", "gpu year")
    yield Unit("GPU-day", "gpu time", 24, en="GPU-days", zh="GPU 天", spellings=("卡天", "卡日"), words=days)
    yield Unit("GPU-year", "gpu time", 8760, en="GPU-years", zh="GPU 年", spellings=("卡年",), words=years)


def _physical() -> Iterator[Unit]:
    lengths = {
        "nm": (1e-9, "纳米"),
        "µm": (1e-6, "微米"),
        "mm": (1e-3, "毫米"),
        "cm": (1e-2, "厘米"),
        "km": (1e3, "公里"),
    }
    for symbol, (factor, zh) in lengths.items():
        yield Unit(symbol, "length", factor, zh=zh)
    yield Unit("gram", "mass", en="grams", zh="克")
    yield Unit("kg", "mass", 1e3, zh="千克", spellings=("公斤",))
    yield Unit("tonne", "mass", 1e6, en="tonnes", zh="吨")
    tonnes = [
        f"{tonnes} {gas}" for tonnes in ("tonnes", "tonnes of", "metric tons of") for gas in ("co2", "co2e")
    ]
    yield Unit(
        "tCO2e",
        "carbon",
        zh="吨二氧化碳当量",
        spellings=("tCO2eq", "tCO2", "吨二氧化碳", "吨 CO2"),
        words=tuple(tonnes),
    )
    for symbol, factor, zh in (
        ("Hz", 1, "赫兹"),
        ("kHz", 1e3, "千赫兹"),
        ("MHz", 1e6, "兆赫"),
        ("GHz", 1e9, "吉赫"),
    ):
        yield Unit(symbol, "frequency", factor, zh=zh, words=(symbol.lower(),))


DEFAULT = UnitTable(
    [*_numbers(), *_money(), *_times(), *_information(), *_compute(), *_power(), *_counts(), *_physical()]
)
"""The table that :func:`tieout.quantities.find` and the others use unless told otherwise.

A year is 365 days, a month and a quarter its twelfth and fourth part; K, M, G … are powers of 1000, Ki … of 1024.
"""
