"""The words that say what a number is: patterns looked for in a few characters around it."""

from __future__ import annotations

import re

__all__ = [
    "ACTIVE",
    "ACTIVE_AFTER",
    "ACTIVE_BEFORE",
    "ARITHMETIC",
    "DATA",
    "DOUBLING",
    "DTYPE",
    "FORECAST",
    "GOODPUT",
    "GROWTH",
    "HYPOTHETICAL",
    "LINK",
    "MFU",
    "MIXTURE",
    "OF_MODEL",
    "PARAMS",
    "PER_DEVICE",
    "PER_ITEM",
    "PER_MONTH",
    "PER_SERVER",
    "PER_YEAR",
    "SAME",
    "SHARE",
    "SPARSE",
    "TOKENS",
    "VAGUE_TIME",
    "WEIGHTS",
    "dtype_of",
    "is_capacity",
]

_I = re.IGNORECASE

PARAMS = re.compile(r"参数|param|模型规模", _I)
ACTIVE = re.compile(r"激活|活跃参数|active|activat", _I)
ACTIVE_BEFORE = re.compile(r"(?:激活|活跃|active|activat(?:es?|ed|ing))[^,。;、\d]{0,14}$", _I)
ACTIVE_AFTER = re.compile(
    r"^\s?(?:个)?\s?(?:的)?(?:参数|params?|parameters?)?\s?(?:被|are |is |per token )?\s?(?:激活|活跃|activ)",
    _I,
)
TOKENS = re.compile(
    r"token|词元|训练数据|训练语料|语料|数据集|数据量|corpus|training (?:data|set)|trained on|pre-?trained on",
    _I,
)
DATA = re.compile(r"数据|文本|语料|网页|爬|text|corpus|data|crawl", _I)
WEIGHTS = re.compile(
    r"权重|模型文件|weights|checkpoint|加载|装下|装得下|占用|显存占用|to hold|to load|footprint|occup(?:y|ies)",
    _I,
)
LINK = re.compile(
    r"带宽|互联|互连|网络|传输速率|通信|网卡|链路|端口|RDMA|InfiniBand|NVLink|以太|bandwidth|network|interconnect|link|NIC|fabric",
    _I,
)
MFU = re.compile(r"MFU|HFU|利用率|utili[sz]ation", _I)
GOODPUT = re.compile(
    r"有效训练时间|有效训练|可用性|可用率|在线率|goodput|uptime|availability|effective training", _I
)
DOUBLING = re.compile(r"翻一番|翻一倍|翻番|翻倍|倍增|翻两番|doubl", _I)
GROWTH = re.compile(
    r"增长|增加|提升|提高|增速|增幅|上升|优化|改进|加速|下降|降低|减少|缩短|提速"
    r"|grow|increas|improv|faster|rais|boost|gain|up by|rose"
    r"|grew|surg|jump|climb|soar|fell(?![a-z])|plung|shr[aiu]nk|(?<![a-z])(?:more|above|higher|less|below|fewer)(?![a-z])"
    r"|高出|多出|高于|低于|涨|跌"
    r"|reduc|cut|lower|drop|declin|speed",
    _I,
)
SHARE = re.compile(r"占(?!用)|比重|份额|share|account|made up|percent of|% of|of (?:the )?total|of GDP", _I)
PER_YEAR = re.compile(
    r"每年|全年|整年|年均|一年(?!之?前)|/年|per year|a year|each year|annual|every year|yearly|per annum|/yr",
    _I,
)
PER_MONTH = re.compile(r"单月|每月|月均|一个月|per month|a month|monthly", _I)
SPAN = re.compile(
    r"未来|今后|过去|近|最近|以来|内|(?:in|over|within|during) the (?:next|past|last|coming)|next|past|since|within",
    _I,
)
FORECAST = re.compile(
    r"未来|今后|预计|预测|有望|将(?:会|在|达|增|再|超|是|于|提|有)|将至|展望|目标|计划|规划|(?<![a-z])will(?![a-z])"
    r"|forecast|expect|predict|project(?:s|ed|ion)"
    r"|by 20[2-9]\d|plans? to|is set to|could reach|next (?:decade|\w+ years)",
    _I,
)
HYPOTHETICAL = re.compile(
    r"需要|约需|需(?![求])|若|如果|假设|假如|可能|估计|估算|测算|理论上|would|could|(?<![a-z])if(?![a-z])"
    r"|needs?(?![a-z])|requires?|suppose|assum"
    r"|estimat|takes(?![a-z])|hypothetical|in theory|to train",
    _I,
)
ARITHMETIC = re.compile(
    r"[=＝≈]|×|即(?!使|将|可|便)|相当于|等于|折合|合计|对应|i\.e|equals?(?![a-z])|equivalent to"
    r"|that is|amount(?:s|ing) to|works out|in other words|or about",
    _I,
)
PER_DEVICE = re.compile(
    r"每(?:一?[张块颗片枚个])?(?:芯片|卡|GPU|显卡|加速器|TPU|H100|A100)|单卡|单芯片|单GPU|单张|单块|单颗"
    r"|per (?:GPU|chip|card|accelerator|device|TPU)|each (?:GPU|chip|card)|a single",
    _I,
)
PER_SERVER = re.compile(
    r"每(?:一?台|个)?(?:GPU ?)?(?:服务器|节点|机器)|单机|单台|单节点|整机|per (?:GPU )?(?:server|node"
    r"|machine|instance|system)|each (?:GPU )?(?:server|node)|每 GPU 服务器|GPU ?服务器",
    _I,
)
PER_ITEM = re.compile(
    r"每一?[块张颗台片枚卡]|单价|单卡|单台|单块|售价|价格|均价|each(?![a-z])|apiece|per (?:GPU|card|chip"
    r"|unit|server)|price(?! out)|costs? (?:about |around |roughly )?\$?[\d,.]+k? (?:each"
    r"|apiece)",
    _I,
)
SPARSE = re.compile(
    r"(?P<no>非稀疏|不含稀疏|without sparsity|no sparsity|稠密|dense)|(?P<yes>稀疏|sparse|sparsity)", _I
)
DTYPE = re.compile(
    r"(?<![A-Za-z])(BF16|FP16|FP8|FP4|FP6|NVFP4|MXFP4|INT8|INT4|INT16|TF32|FP32|FP64"
    r"|半精度|单精度|双精度|half precision|single precision|double precision)(?!\d)",
    _I,
)
VAGUE_TIME = re.compile(
    r"(?P<zh>[数几]|若干)\s?(?:个)?(?P<unit>周|星期|个月|月|天)(?![一-鿿]?期)|(?:(?:several|a few"
    r"|some|a matter of|in|within) )(?P<en>weeks|months|days)(?! of)",
    _I,
)

MIXTURE = re.compile(
    r"混合专家|(?<![A-Za-z])MoE(?![A-Za-z])|mixture[- ]of[- ]experts|稀疏(?:模型|架构|激活)|sparse model",
    _I,
)

SAME = re.compile(
    r"(?<![a-z])(?:matches|equals|rivals|ties|on par with|same as"
    r"|shares? (?:the )?same|both (?:have|offer|deliver))(?![a-z])"
    r"|[与和同].{1,14}(?:相同|持平|一样|相当|一致)|均为|都是",
    _I,
)
"""Two devices are said to have one figure: that of the other is no excuse."""

OF_MODEL = re.compile(
    r"权重|模型|参数|weights?(?![a-z])|model|param|checkpoint|\d\s?B(?![A-Za-z])", re.IGNORECASE
)
"""Words of a text that speaks of a model, so that bytes may be those of its weights."""
_MEMORY_BEHIND = re.compile(
    r"^\s?(?:of |的)?\s?(?:(?:total|combined|aggregate|unified|统一|GPU|device|on-?\w+|fast|only"
    r"|总|片上|板载|高带宽)\s?){0,3}(?:显存|内存|HBM\w*|VRAM|memory|SRAM|GDDR\w*|LPDDR\w*)",
    re.IGNORECASE,
)
_HAS = re.compile(
    r"(?<![a-z])(?:has|have|having|carr(?:y|ies|ying)|with|comes? with|offers?|provides?|ships? with|features?|packs?"
    r"|boasts?|equipped with|adds? up to|pools?|of|holds?|only|just|full)(?![a-z])[^,。;\d]{0,20}$"
    r"|(?:有|共|总|提供|拥有|配备|搭载|具有|具备|内置|自带|配有|最高|可达|各|带)[^,。;\d]{0,12}$",
    re.IGNORECASE,
)
_NEEDS = re.compile(
    r"(?<![a-z])(?:need|requir|occup|tak(?:e|ing)|fill|consum|use[sd]?(?![a-z])|using|cost)|占|需|要|消耗|吃掉|权重[^,。;]{0,8}$"
    r"|weights[^,.;]{0,12}$",
    re.IGNORECASE,
)


_MEMORY_BEFORE = re.compile(
    r"(?:显存|内存|memory|HBM\w*|VRAM)(?:容量| capacity| size)?\s?(?:只有|仅有?|为|有|达|是|only|is|of)\s?"
    r"(?:约|只有|only|about)?\s?$",
    re.IGNORECASE,
)
_MEMORY_OF = re.compile(
    r"^\s?(?:of )?(?:total |GPU )?(?:memory|HBM\w*|VRAM) (?:of|in|on) "
    r"(?:a|an|the|each|one|its|two|four|eight|\d)(?![a-z])",
    re.IGNORECASE,
)
_OWNED = re.compile(r"(?:服务器|整机|单机|卡|节点|机器|GPU|\d{2,3}G?B?)(?:上)?的\s?$", re.IGNORECASE)


def is_capacity(before: str, behind: str) -> bool:
    """Whether bytes are the memory that something has, and not what a model needs: "carries 80 GB of HBM"."""
    before = re.sub(r"^[A-Za-z]+", "", before)  # the rest of a word that was cut
    if _NEEDS.search(before):
        return False
    if _MEMORY_BEFORE.search(before) or _MEMORY_OF.match(behind):
        return True
    return bool(_MEMORY_BEHIND.match(behind)) and bool(_HAS.search(before) or _OWNED.search(before))


_DTYPES = {
    "半精度": "fp16",
    "half precision": "fp16",
    "单精度": "fp32",
    "single precision": "fp32",
    "双精度": "fp64",
    "double precision": "fp64",
    "nvfp4": "fp4",
    "mxfp4": "fp4",
}


def dtype_of(text: str) -> str:
    """The number format named in ``text``, in the spelling of the hardware table; empty for none or several."""
    found: set[str] = {_DTYPES.get(hit.group().lower(), hit.group().lower()) for hit in DTYPE.finditer(text)}
    if found <= {"bf16", "fp16"} and found:
        return "fp16" if "fp16" in found else "bf16"
    return found.pop() if len(found) == 1 else ""
