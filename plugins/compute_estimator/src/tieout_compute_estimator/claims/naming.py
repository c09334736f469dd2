"""Finding the names of models, accelerators, systems and topics in a text, in time linear in its length."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache

from tieout_compute_estimator.claims.frames import Mention
from tieout_compute_estimator.claims.knowledge import Knowledge, Subject, knowledge

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
                pattern = re.compile(_JOINER.join(re.escape(piece) for piece in pieces), re.IGNORECASE)
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


def _stands_alone(text: str, match: re.Match[str], key: str, subject: Subject) -> bool:
    end = match.end()
    last = text[end - 1]
    if last.isascii() and last.isalnum() and not _GLUED.match(text, end):
        return False
    if key.isalpha() and key.isascii():
        if match.group()[0].islower() and any(name[0].isupper() for name in (subject.name, *subject.aliases)):
            return match.group() in subject.aliases
        if subject.kind in ("model", "service") and _VERSION_FOLLOWS.match(text, end):
            return False
    if _NO_NAME.match(text, end):
        return False
    return not subject.needs or any(word in text for word in subject.needs)


def _inside_word(text: str, start: int) -> bool:
    before = text[start - 1] if start else " "
    if not (before.isascii() and before.isalnum()) or not text[start].isascii():
        return False
    return not (before in "xX×" and start > 1 and text[start - 2].isdigit())


_SIZE = re.compile(
    r"(?<![\w.-])(\d+(?:\.\d+)?)\s?([BM])(?![A-Za-z0-9])(?=\s?(?:版本?|模型|用|使用|则|需|took|used|needed|model|version|was|:)|[,;,;])"
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
    return sorted(found, key=lambda m: m.start)


def _is_tail(text: str, start: int) -> bool:
    """The PaLM of Med-PaLM is another model; the A100 of DGX-A100 is found with its head."""
    return start > 1 and text[start - 1] == "-" and text[start - 2].isascii() and text[start - 2].islower()


@cache
def name_finder() -> NameFinder:
    """The finder over the shipped knowledge."""
    known: Knowledge = knowledge()
    order = {"model": 0, "service": 1, "device": 2, "system": 3, "topic": 4}
    return NameFinder(sorted(known.subjects.values(), key=lambda subject: order.get(subject.kind, 9)))
