"""Premises about what a thing is: kind of model, hardware of its training, memory and links of an accelerator.

They stand in subordinate clauses as often as not ("Because it was trained on H100s", "as an autoregressive model"), so
that no number need be near: the words between a name and what is said of it decide.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from tieout_compute_estimator.claims.bench import Bench
from tieout_compute_estimator.claims.findings import Finding, finding
from tieout_compute_estimator.claims.frames import Mention
from tieout_compute_estimator.claims.knowledge import Subject, family
from tieout_compute_estimator.derivation import N_

__all__ = ["linked_by", "memory_kind", "model_kind", "trained_on"]

_I = re.IGNORECASE
_NEGATED = re.compile(
    r"不是|并非|而非|不支持|不具备|没有|无需|不需|取消|缺|不同于|(?<![a-z])(?:not|no|without|lacks?|lacking|unlike|never"
    r"|instead of|rather than|neither|nor|than)(?![a-z])|n't",
    _I,
)
_STOP = re.compile(r"[。;!?\n]|(?<![ .][A-Za-z])(?<!\.[a-z])\.(?=\s|$)")


def _sentence(text: str, start: int, end: int) -> tuple[int, int]:
    """The sentence that a stretch of text stands in."""
    left = max((m.end() for m in _STOP.finditer(text, 0, start)), default=0)
    right = _STOP.search(text, end)
    return left, right.start() if right else len(text)


def _within(mentions: Sequence[Mention], left: int, right: int) -> list[Mention]:
    return [m for m in mentions if left <= m.start and m.end <= right]


_TOKEN_BY_TOKEN = re.compile(
    r"自回归|逐(?:个)?(?:字|词|token)|仅?解码器(?:架构|模型)|下一个 ?(?:token|词)"
    r"|auto-?regressive|decoder-only"
    r"|token by token|token-by-token|next[- ]token|(?<![A-Za-z])KV[ -]?(?:cache|缓存)"
    r"|(?:per|each|every) generated token"
    r"|每(?:生成|输出)(?:一)?个? ?token",
    _I,
)
_CACHE = re.compile(r"(?<![A-Za-z])KV[ -]?(?:cache|缓存)", _I)
_DECODER = re.compile(r"decoder-only|[仅纯]解码器", _I)
_ENCODER = re.compile(
    r"encoder-only|仅编码器|纯编码器|masked language model|掩码语言模型|双向编码|bidirectional encoder", _I
)
_DIFFUSION = re.compile(
    r"扩散(?:模型|架构)|(?<![A-Za-z])diffusion (?:model|architecture|network)|denoising|去噪", _I
)
_KINDS: tuple[tuple[re.Pattern[str], tuple[str, ...]], ...] = (
    (_TOKEN_BY_TOKEN, ("encoder", "diffusion", "vision", "structure")),
    (_CACHE, ("recurrent",)),
    (_DECODER, ("encoder-decoder",)),
    (_ENCODER, ("autoregressive", "diffusion", "encoder-decoder", "recurrent")),
    (_DIFFUSION, ("autoregressive", "encoder", "encoder-decoder", "vision", "recurrent")),
)
"""What is said, and the kinds of models of which it cannot be true."""
_TITLES = {
    "autoregressive": N_("an autoregressive language model"),
    "encoder": N_("an encoder, which generates no text"),
    "encoder-decoder": N_("an encoder with a decoder"),
    "diffusion": N_("a diffusion model, which generates no tokens"),
    "vision": N_("a model of images, which generates no tokens"),
    "structure": N_("a model of protein structures, which generates no tokens"),
    "recurrent": N_("a state-space model, which has a state and no KV cache"),
}


def model_kind(bench: Bench) -> Iterator[Finding]:
    """A model said to be of a kind that it is not: BERT with a KV cache, Stable Diffusion as a language model."""
    text = bench.claim.text
    models = [m for m in bench.claim.mentions if m.kind in ("model", "service")]
    for pattern, wrong in _KINDS:
        for match in pattern.finditer(text):
            left, right = _sentence(text, match.start(), match.end())
            here = {m.name for m in _within(models, left, right)}
            subject = bench.known.subject(here.pop()) if len(here) == 1 else None
            if subject is None or subject.nature not in wrong or _NEGATED.search(text[left:right]):
                continue
            yield finding(
                "premise",
                "nature",
                N_("{subject} is {kind}, so that “{said}” cannot be said of it."),
                words={
                    "subject": subject.name,
                    "kind": _TITLES[subject.nature],
                    "said": match.group().strip(),
                },
                covers=tuple(i for i, _m in bench.claim.of("cache", "compute", "throughput", "rate")),
            )
            return


_VENDORS = {
    "NVIDIA": re.compile(
        r"(?<![A-Za-z])Nvidia(?:'s)? (?:GPUs?|hardware|chips?|cards?|accelerators?)"
        r"|英伟达(?:的)? ?(?:GPU|显卡|芯片|卡)", _I,
    ),
    "Google": re.compile(r"(?<![A-Za-z])(?:Google )?TPUs?(?![A-Za-z]| ?v?\d)|谷歌 ?TPU", _I),
    "AMD": re.compile(r"(?<![A-Za-z])AMD(?:'s)?(?: (?:Instinct )?(?:GPUs?|hardware|accelerators?))", _I),
    "Huawei": re.compile(
        r"华为昇腾(?! ?\d)|昇腾(?:芯片|集群|NPU)|(?:Huawei )?Ascend (?:NPUs?|chips?|accelerators?)", _I
    ),
    "AWS": re.compile(r"(?<![A-Za-z])Trainium (?:chips?|accelerators?|clusters?)|(?<![A-Za-z])Trainiums", _I),
}  # fmt: skip
"""Makers whose hardware a text names without a device."""
_TRAINED_ON = re.compile(
    r"(?:(?:pre-?)?trained|pre-?training|training run|train|ran)(?: \w+){0,3}?"
    r" (?:on|with|using|across|over)(?: [\w,.+-]+){0,5}? ?$"
    r"|(?:训练|预训练)(?:时)?(?:所)?(?:使用|采用|动用|用|依托|基于|跑在|完成于)(?:了|的是|的)?[^,。;]{0,14}$"
    r"|(?:使用|采用|动用|用|在|依托|基于)(?:了)?[^,。;]{0,14}$",
    _I,
)
_TRAINED_BEHIND = re.compile(r"^[^,。;]{0,16}(?:上|来|集群|进行|完成)?[^,。;]{0,6}(?:预?训练|练)", _I)
_TRAINED_FOR = re.compile(r"(?:训练|预训练|练出|training|to train|train)\s?(?:the |出)?$", _I)
_MAYBE = re.compile(
    r"如果|若|假设|假如|可能|估算|估计|测算|预计|折合|相当|would|could|might|estimat|(?<![a-z])if(?![a-z])|suppose|hypothetical|equivalent"
    r"|had (?:it|they) been|fine-?tun|微调|推理|inference|serv(?:e|ing|ed)|部署",
    _I,
)


def trained_on(bench: Bench) -> Iterator[Finding]:
    """A model that the text puts, in a premise or in passing, on hardware that it was not trained on."""
    text = bench.claim.text
    for place, end, name in _hardware(bench):
        left, right = _sentence(text, place, end)
        model = _trained_model(bench, place, end, left, right)
        subject = bench.known.subject(model.name) if model is not None else None
        if subject is None or not subject.hardware or _MAYBE.search(text[left:right]):
            continue
        if _NEGATED.search(text[left:right]) or _is_right(name, subject):
            continue
        source = next(
            (f.source_text for f in bench.known.facts(subject.name) if f.source == subject.hardware_source),
            bench.known.source_text(subject.hardware_source),
        )
        yield finding(
            "premise",
            "trained on",
            N_("{subject} was not trained on {device} but on {right} ({source})."),
            words={
                "subject": subject.name,
                "device": name,
                "right": ", ".join(subject.hardware),
                "source": source or subject.name,
            },
            covers=tuple(i for i, _m in bench.claim.of("servers", "devices", "gpu_hours")),
        )
        return


def _hardware(bench: Bench) -> list[tuple[int, int, str]]:
    """Accelerators named, and makers named without one: start, end, family or maker."""
    found = [(m.start, m.end, family(m.name)) for m in bench.claim.mentions if m.kind == "device"]
    for vendor, pattern in _VENDORS.items():
        for match in pattern.finditer(bench.claim.text):
            if not any(start < match.end() and match.start() < end for start, end, _name in found):
                found.append((match.start(), match.end(), vendor))
    return found


def _trained_model(bench: Bench, place: int, end: int, left: int, right: int) -> Mention | None:
    """The model that the words say was trained on what stands at ``place``."""
    text = bench.claim.text
    models = [m for m in bench.claim.mentions if m.kind in ("model", "service")]
    before = _within(models, left, place)
    if before:
        model = before[-1]
        between = text[model.end : place]
        if len(between) < 90 and re.search(r"train|练|ran on", between, _I) and _TRAINED_ON.search(between):
            return model
        behind = text[end : min(right, end + 30)]
        ahead = text[max(left, model.start - 14) : model.start]
        if (
            len(between) < 40
            and re.search(r"用|在|依托|基于|动用|采用", between)
            and (_TRAINED_BEHIND.match(behind) or _TRAINED_FOR.search(ahead))
        ):
            return model
        if (
            len(between) < 40
            and _TRAINED_FOR.search(ahead)
            and re.search(r" (?:on|with|using) ", between, _I)
        ):
            return model
    after = _within(models, end, right)
    if after:
        between = text[end : after[0].start]
        if len(between) < 60 and re.search(
            r"(?:that|which|used to|上|来|集群)[^,。;]{0,20}(?:train(?:ed)?|训练了?|练出)[^,。;]{0,8}$",
            between,
            _I,
        ):
            return after[0]
    return None


def _is_right(name: str, subject: Subject) -> bool:
    makers = {_maker(one) for one in subject.hardware}
    if name in _VENDORS:
        return name in makers
    return any(name.startswith(one) or one.startswith(name) for one in subject.hardware)


def _maker(name: str) -> str:
    heads = {"TPU": "Google", "Trainium": "AWS", "Ascend": "Huawei", "MI": "AMD", "Cerebras": "Cerebras"}
    return next((maker for head, maker in heads.items() if name.startswith(head)), "NVIDIA")


_MEMORY = re.compile(r"(?<![A-Za-z])(?P<kind>HBM|GDDR|LPDDR)\s?(?:\d\w?)?(?:X)?(?![A-Za-z])", _I)
_GLUE_OF = re.compile(r"^(?:[^,。;]{0,24}?)(?:\bof\b|\bin\b|\bon\b|\binside\b)(?: \w+){0,3}? ?$", _I)


def memory_kind(bench: Bench) -> Iterator[Finding]:
    """HBM said of a chip that has none, GDDR of one with HBM."""
    text = bench.claim.text
    for match in _MEMORY.finditer(text):
        name = _owner(bench, match.start(), match.end())
        subject = bench.known.subject(name)
        if subject is None or not subject.memory_kinds or match["kind"].upper() in subject.memory_kinds:
            continue
        yield finding(
            "premise",
            "memory kind",
            N_("{device} has {right} and no {said}."),
            words={
                "device": subject.name,
                "right": " + ".join(subject.memory_kinds),
                "said": match["kind"].upper(),
            },
            covers=tuple(
                i
                for i, m in bench.claim.of("memory", "memory_bandwidth", "weights")
                if abs(m.end - match.start()) < 12
            ),
        )
        return


_NVLINK = re.compile(r"(?<![A-Za-z])NV-?(?:Link|Switch)", _I)


def linked_by(bench: Bench) -> Iterator[Finding]:
    """NVLink said of a device that has none."""
    text = bench.claim.text
    for match in _NVLINK.finditer(text):
        name = _owner(bench, match.start(), match.end())
        subject = bench.known.subject(name)
        if subject is None or not subject.fabric or "NVLink" in subject.fabric:
            continue
        yield finding(
            "premise",
            "fabric",
            N_("{device} has no NVLink; its devices are linked by {right}."),
            words={"device": subject.name, "right": ", ".join(subject.fabric)},
            covers=tuple(i for i, _m in bench.claim.of("link")),
        )
        return


def _owner(bench: Bench, start: int, end: int) -> str:
    """The accelerator that a word is about: the only one of its sentence, or the one glued to it, unless denied."""
    text = bench.claim.text
    left, right = _sentence(text, start, end)
    if _NEGATED.search(text[left:right]):
        return ""
    devices = _within([m for m in bench.claim.mentions if m.kind == "device"], left, right)
    if len({family(m.name) for m in devices}) == 1:
        other = [m for m in bench.claim.mentions if m.kind == "system" and left <= m.start < right]
        named = [m for m in other if not re.match(r"NVLink|HBM", m.name)]
        return devices[0].name if not named else ""
    behind = next((m for m in devices if m.start >= end), None)
    if behind is not None and _GLUE_OF.match(text[end : behind.start]) and behind.start - end < 30:
        return behind.name
    ahead = next((m for m in reversed(devices) if m.end <= start), None)
    if ahead is not None and re.fullmatch(
        r"(?:'s|’s|的|s)?\s?(?:\d+ ?[GT]B (?:of )?)?", text[ahead.end : start]
    ):
        return ahead.name
    return ""
