"""What the words around a number say about it. Every look is at a bounded window, so the whole stays linear."""

import re
from functools import cache
from typing import Literal

from tieout.quantities._quantity import Bound

_WINDOW = 28
_LONGEST_NAME = 20
# Words before a number are looked for only after one of these: a search backwards costs 5 µs, and in a column of
# figures nine of ten numbers follow a number, a bar or a comma.
_NO_WORD = frozenset("0123456789,;|!?\"'/\\、，。；！？%`([{《》「」『』【】“”‘’\n")
# Two number words may stand together: "up to about 5".
_MOST_PREFIXES = 3


@cache
def _prefixes() -> re.Pattern[str]:
    at_most = "不超过|不高于|不大于|不多于|不足|不到|至多|最多|少于|低于|小于|未达|未到"
    at_least = "不少于|不低于|不小于|超过|超出|超|逾|至少|最少|高于|大于|多于|突破"
    about = "大约为|大约|大概|约(?:为|合|占|需|有|等于|在)?|接近|将近|近|差不多"
    en_most = "up to|at most|less than|fewer than|no more than|not more than|under|below|lower than|(?:a )?maximum of"
    en_least = (
        "more than|at least|over|above|exceeds|exceeded|exceeding|exceed|greater than|higher than|no less than"
        "|not less than|upwards? of|(?:a )?minimum of|in excess of"
    )
    en_about = r"about|around|approximately|approx\.?|roughly|nearly|almost|circa|ca\.|close to|some|(?:an )?estimated"
    return re.compile(
        rf"(?:(?P<most>{at_most}|(?<![a-z])(?:{en_most})|≤|<=|(?<![<-])<)"
        rf"|(?P<least>{at_least}|(?<![a-z])(?:{en_least})|≥|>=|(?<![->=])>)"
        rf"|(?P<about>{about}|(?<![a-z])(?:{en_about})|[~≈∼]))(?:了|到|达)? {{0,2}}[*_]{{0,3}}$"
    )


def has_words_before(text: str, start: int) -> bool:
    """Whether what stands before ``start`` may be a word or a sign about the number there."""
    at = start - 1
    while at >= 0 and text[at] == " " and start - at <= 3:
        at -= 1
    return at >= 0 and text[at] not in _NO_WORD and text[at] != " "


def before(text: str, start: int) -> tuple[bool, Bound | None, bool]:
    """(approximate, bound, whether 近 was the word) from the words that end at ``start``."""
    approximate, bound, recent = False, None, False
    if not has_words_before(text, start):
        return approximate, bound, recent
    for _ in range(_MOST_PREFIXES):
        window = text[max(0, start - _WINDOW) : start].lower()
        match = _prefixes().search(window)
        if match is None:
            break
        if match["about"]:
            approximate, recent = True, match["about"] == "近"
        elif bound is None:
            bound = "at most" if match["most"] else "at least"
        start -= len(window) - match.start()
    return approximate, bound, recent


@cache
def _suffixes() -> re.Pattern[str]:
    return re.compile(
        r" {0,2}(?:(?P<about>左右|上下(?!文|游|级|行|班|册|半)|or so(?![a-z]))"
        r"|(?P<least>及?以上|之多|\+(?![0-9])|(?:or|and) (?:more|above)(?![a-z]))"
        r"|(?P<most>以下|以内|之内|(?:or|and) (?:less|fewer|below)(?![a-z])))",
        re.IGNORECASE,
    )


def after(text: str, end: int) -> tuple[bool, Bound | None]:
    """(approximate, bound) from the words that begin at ``end``."""
    match = _suffixes().match(text, end)
    if match is None:
        return False, None
    return bool(match["about"]), "at least" if match["least"] else "at most" if match["most"] else None


@cache
def _model() -> re.Pattern[str]:
    families = (
        "llama|gpt|claude|gemini|qwen|deepseek|mistral|mixtral|gemma|kimi|grok|ernie|glm|baichuan|falcon|bloom"
        "|internlm|pangu|chinchilla|gopher|olmo|command|nemotron|bert|codegen|moss"
    )
    whole_words = "(?:opt|palm|phi|yi|m?t[05]|m6)(?![A-Za-z])"  # the head of too many other words
    chinese = "文心|混元|通义|千问|盘古|星火|豆包|大模型|模型"
    variant, version = r"(?:-[A-Za-z]{1,8}){0,2}", r"[ -]?v?[0-9.]{0,4}"
    return re.compile(
        rf"(?:(?<![A-Za-z])(?:(?:{families})[A-Za-z]{{0,8}}|{whole_words})|{chinese}){variant}{version}[ (:-]{{0,2}}$",
        re.IGNORECASE,
    )


def follows_model_name(text: str, start: int) -> bool:
    """Whether the name of a model family, with or without a version, ends at ``start`` (``Llama 3 70B``)."""
    if start == 0:
        return False
    return _model().search(text[max(0, start - _WINDOW) : start]) is not None


@cache
def _label() -> re.Pattern[str]:
    models = "llama|(?:chat)?gpt|claude|gemini|qwen|deepseek|mistral|gemma|phi|kimi|grok|ernie|glm|文心|混元"
    software = (
        "windows|python|cuda|rocm|pytorch|ubuntu|debian|macos|ios|android|wps|office|chrome|java|node\\.js"
        "|cudnn|vllm"
    )
    standards = (
        "pcie|nvlink|hbm|ddr|gddr|lpddr|usb|wi-fi|wifi|iso|iec|rfc|ieee|gaap|ifrs|cloudmatrix|dgx|hgx|a-share"
    )
    indices = (
        "s&p|csi|msci|nasdaq|russell|nikkei|dax|ftse|stoxx|hang seng|topix|fortune|global"
        "|沪深|中证|上证|深证|国证|科创|创业板|北证|恒生|标普|纳斯达克|纳指|道琼斯|日经|罗素|富时|世界|财富|华证|万得"
    )
    return re.compile(
        r"(?:(?P<place>(?<![代发列手])表|图表|(?<![地试视意企])图|附录|公式|(?<![A-Za-z])(?:figure|fig\.?|table|section|chapter|page|pp?\."
        r"|no\.|number|step|part|appendix|equation|eq\.|note|version|ver\.|tier|level|phase|top)|[#№§])"
        rf"|(?P<name>(?<![A-Za-z])(?:(?:{models})[A-Za-z]{{0,8}}|{software}|{standards}|{indices})(?:[ -]?v)?)"
        r") {0,2}$",
        re.IGNORECASE,
    )


def numbered_thing(text: str, start: int) -> Literal["ordinal", "label"] | None:
    """``ordinal`` after the word for a numbered place (Table 2), ``label`` after a name (Llama 3), else None."""
    if not has_words_before(text, start):
        return None
    match = _label().search(text[max(0, start - _LONGEST_NAME) : start])
    return None if match is None else "ordinal" if match["place"] else "label"


@cache
def _product() -> re.Pattern[str]:
    series = (
        "rtx(?: ?pro| ?titan)?|gtx|geforce|radeon(?: ?rx| ?pro)?|rx|quadro|xeon(?: ?gold| ?platinum)?|epyc|ryzen|gaudi"
        "|trainium|inferentia|ascend|atlas|kunlun(?:xin)?|hanguang|kirin|snapdragon|dimensity|mlu|thor|orin"
        "|[昇升]腾|含光|昆仑芯?|思元|麒麟|骁龙|天玑|锐龙|霄龙|至强|鲲鹏|海光|龙芯|酷睿"
    )
    return re.compile(rf"(?:(?<![A-Za-z])(?:{series})|(?<=[一-鿿])(?:{series})) {{0,2}}$", re.IGNORECASE)


@cache
def _model_number() -> re.Pattern[str]:
    return re.compile(
        r"[0-9]{1,5}(?:[A-Z]{1,3}|Ti|[a-z])?(?![0-9A-Za-z%‰]|[.,][0-9]| {0,2}[张块台个片颗枚套款年月日万亿千百倍])"
    )


def product_number(text: str, start: int) -> int:
    """Where the model number of a chip ends whose series ends at ``start`` (RTX 4090, 昇腾 910B); 0 for none."""
    if not has_words_before(text, start):
        return 0
    if _product().search(text[max(0, start - _LONGEST_NAME) : start]) is None:
        return 0
    match = _model_number().match(text, start)
    return match.end() if match else 0


@cache
def _parameters() -> re.Pattern[str]:
    return re.compile(
        r"(?:参数(?:总量|量|规模|数量|数)? ?|(?:parameters|params|parameter count)(?: of)? ?)"
        r"(?:[:=]|已?(?:高?达到?|超过|超|约|为|是|有|至|只有|大约|将|在|分别|of|is|was|about|over){0,3}) {0,2}$",
        re.IGNORECASE,
    )


def follows_parameters(text: str, start: int) -> bool:
    """Whether words such as 参数量达 end at ``start``, so that a bare 1750 亿 counts parameters."""
    if not has_words_before(text, start):
        return False
    return _parameters().search(text[max(0, start - _WINDOW) : start]) is not None


@cache
def _model_noun() -> re.Pattern[str]:
    return re.compile(
        r"[ -]{0,2}(?:参数|大模型|模型|版本|版|models?(?![a-z])|versions?(?![a-z])|variants?(?![a-z])|LLM)",
        re.IGNORECASE,
    )


def precedes_model(text: str, end: int) -> bool:
    """Whether 模型, model, version … begin at ``end`` (``70B 模型``)."""
    return _model_noun().match(text, end) is not None
