"""Finding the names of models, accelerators, systems and topics in a text, in time linear in its length."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from tieout_compute_estimator.claims.frames import Mention
from tieout_compute_estimator.claims.knowledge import Knowledge, Subject, knowledge
from tieout_compute_estimator.data_layers import Stamps, data_stamps

__all__ = ["NameFinder", "name_finder", "sizes_of_families"]

_PIECE = re.compile(r"(?<=\d)[xX](?=[A-Z])|[A-Za-z]+|\d+(?:\.\d+)?|[一-鿿α-ωΑ-ΩⅡ]")
_JOINER = r"[\s\-_/:：·]{0,2}"
# "Chinchilla-optimal" is the scaling law and no model; "GPT-4 级" is a class of models.
_NO_NAME = re.compile(
    r"[\s\-–]{0,2}(?:最优|最佳|定律|法则|比例|准则|缩放|optimal|scaling|law|rule|ratio|style|recipe)",
    re.IGNORECASE,
)
_GLUED = re.compile(r"(?:s?(?![A-Za-z0-9])|(?=GPU|服务器|TFLOPS))(?!\.\d)")
_VERSION_FOLLOWS = re.compile(r"[ -]?v?\d(?![0-9]{2,}|\d? ?[xX×])")


class NameFinder:
    """Looks names up by their first piece, then by the longest spelling that fits.

    Args:
        subjects: Everything that has a name.
    """

    def __init__(self, subjects: Iterable[Subject]) -> None:
        self._spellings: dict[str, list[tuple[re.Pattern[str], str, Subject]]] = {}
        heads: set[str] = set()
        seen: dict[str, str] = {}
        for subject in subjects:
            for spelling in dict.fromkeys((subject.name, *subject.aliases)):
                pieces: list[str] = _PIECE.findall(spelling)
                key = "".join(pieces).lower()
                if not pieces or spelling.isdigit() or (len(key) < 2) or seen.get(key):
                    continue
                seen[key] = subject.name
                head = pieces[0].lower()
                heads.add(head)
                joiner = _JOINER.replace("·", "·.") if re.search(r"[A-Za-z]\.\d", spelling) else _JOINER
                pattern = re.compile(joiner.join(re.escape(piece) for piece in pieces), re.IGNORECASE)
                self._spellings.setdefault(head, []).append((pattern, key, subject))
        for entries in self._spellings.values():
            entries.sort(key=lambda entry: len(entry[1]), reverse=True)

    def find(self, text: str) -> list[Mention]:
        """Every name in ``text``, in order and without overlap, longest first at each place."""
        return list(self._scan(text))

    def _scan(self, text: str) -> Iterator[Mention]:
        at = 0
        while match := _PIECE.search(text, at):
            start = match.start()
            mention = None
            if (
                not _inside_word(text, start)
                and not _is_tail(text, start)
                and (entries := self._spellings.get(match.group().lower()))
            ):
                mention = self._at(text, start, entries)
            if mention is None:
                at = match.end()
            else:
                yield mention
                at = mention.end

    def _at(
        self, text: str, start: int, entries: list[tuple[re.Pattern[str], str, Subject]]
    ) -> Mention | None:
        for pattern, key, subject in entries:
            match = pattern.match(text, start)
            if match is None or not _stands_alone(text, match, key, subject):
                continue
            return Mention(subject.name, subject.kind, start, match.end(), match.group())
        return None


_LAW_BEFORE = re.compile(
    r"(?:按照?|根据|遵循|依照?|依据|参照|following|per|by|under|according to|with)\s?(?:the )?$",
    re.IGNORECASE,
)
_LAW_AFTER = re.compile(
    r"^(?:'s)?\s?(?:意义|[^,。;\d]{0,8}(?:最优|最佳|每个?参数|推荐|建议)"
    r"|(?:\d+|twenty) tokens per|(?:论文)?(?:给出|提出)的)",
    re.IGNORECASE,
)


def _is_law(text: str, start: int, end: int) -> bool:
    """Chinchilla as the law that the paper found, and not the model."""
    return bool(
        _LAW_BEFORE.search(text[max(0, start - 14) : start]) or _LAW_AFTER.match(text[end : end + 30])
    )


_ARTICLE = re.compile(r"[Aa] \d+(?=\s?-?[A-Za-z])")


def _stands_alone(text: str, match: re.Match[str], key: str, subject: Subject) -> bool:
    end = match.end()
    if _ARTICLE.match(text, match.start()) and "GPU" not in text[end : end + 5]:
        return False  # a 100 MW site is no A100
    last = text[end - 1]
    if last.isascii() and last.isalnum() and not _GLUED.match(text, end):
        return False
    if key.isalpha() and key.isascii():
        if match.group()[0].islower() and any(name[0].isupper() for name in (subject.name, *subject.aliases)):
            return match.group() in subject.aliases
        if subject.kind in ("model", "service") and _VERSION_FOLLOWS.match(text, end):
            return False
    if _NO_NAME.match(text, end) or (key == "chinchilla" and _is_law(text, match.start(), end)):
        return False
    return not subject.needs or any(word in text for word in subject.needs)


def _inside_word(text: str, start: int) -> bool:
    before = text[start - 1] if start else " "
    if not (before.isascii() and before.isalnum()) or not text[start].isascii():
        return False
    return not (before in "xX×" and start > 1 and text[start - 2].isdigit())


_SIZE = re.compile(
    r"(?<![\w.-])(\d+(?:\.\d+)?)\s?([BM])(?![A-Za-z0-9])(?=\s?(?:版本?|模型|用|使用|则|需|占|耗|共|took|used|needed|model|version|was|:)|[,;])"
)


def sizes_of_families(text: str, mentions: list[Mention], known: Knowledge) -> list[Mention]:
    """The 70B after "Llama 3 8B took …, 70B took …": another member of the family that was named."""
    found = list(mentions)
    for match in _SIZE.finditer(text):
        if any(m.start <= match.start() < m.end for m in found):
            continue
        earlier = [m for m in mentions if m.kind == "model" and m.end <= match.start()]
        wanted = f"{match[1]}{match[2]}"
        members = [name for m in reversed(earlier[-2:]) for name in known.related(m.name)]
        siblings = [other for name in members if (s := known.subject(name)) for other in s.members]
        name = next(
            (one for one in (*members, *siblings) if one.endswith((f" {wanted}", f"-{wanted}"))),
            "",
        )
        if name:
            found.append(Mention(name, "model", match.start(), match.end(2), match.group()))
    return sorted(_with_sizes(text, found, known), key=lambda m: m.start)


_SIZE_BEFORE = re.compile(r"(?<![\w.-])(\d+(?:\.\d+)?)\s?([BM])[\s-]{1,2}(?:parameter )?$")


def _with_sizes(text: str, mentions: list[Mention], known: Knowledge) -> list[Mention]:
    """The 405B Llama: the member of that size, of the family named or of the newest that has one."""
    found: list[Mention] = []
    for mention in mentions:
        size = _SIZE_BEFORE.search(text[max(0, mention.start - 18) : mention.start])
        subject = known.subject(mention.name)
        if size is None or mention.kind != "model" or subject is None or not subject.members:
            found.append(mention)
            continue
        head = mention.text.split()[0].split("-")[0].lower()
        ending = (f" {size[1]}{size[2]}", f"-{size[1]}{size[2]}")
        members = [name for name in subject.members if name.endswith(ending)] or sorted(
            (name for name in known.models if name.lower().startswith(head) and name.endswith(ending)),
            reverse=True,
        )
        start = max(0, mention.start - 18) + size.start()
        found.append(
            Mention(members[0], "model", start, mention.end, text[start : mention.end])
            if members
            else mention
        )
    return found


def _is_tail(text: str, start: int) -> bool:
    """The PaLM of Med-PaLM is another model; the A100 of DGX-A100 is found with its head."""
    return start > 1 and text[start - 1] == "-" and text[start - 2].isascii() and text[start - 2].islower()


def name_finder() -> NameFinder:
    """The finder over the knowledge of this context."""
    return _finder(data_stamps())


@cache
def _finder(stamps: Stamps) -> NameFinder:
    known = knowledge()
    order = {"model": 0, "service": 1, "device": 2, "system": 3, "topic": 4}
    return NameFinder(sorted(known.subjects.values(), key=lambda subject: order.get(subject.kind, 9)))
