"""Names of languages, how their fences and files are called, and a guess when nobody says."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["Language", "guess", "language_of_file", "language_of_tag"]

Kind = Literal["code", "script", "data"]
"""code: needs rules for its syntax. script: a command language that the text rules cover in part. data: cannot run."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language as the shield sees it."""

    name: str
    kind: Kind
    rules: str = ""
    """Whose code rules apply; empty where there are none yet."""
    grammar: str = ""
    comment: str = "#"
    """What starts a comment that ends with the line."""


_LANGUAGES: Final = (
    Language("python", "code", "python", "python"),
    Language("javascript", "code", "javascript", "javascript", "//"),
    Language("typescript", "code", "javascript", "typescript", "//"),
    Language("tsx", "code", "javascript", "tsx", "//"),
    Language("java", "code", comment="//"),
    Language("go", "code", comment="//"),
    Language("ruby", "code"),
    Language("php", "code", comment="//"),
    Language("c", "code", comment="//"),
    Language("cpp", "code", comment="//"),
    Language("csharp", "code", comment="//"),
    Language("rust", "code", comment="//"),
    Language("kotlin", "code", comment="//"),
    Language("swift", "code", comment="//"),
    Language("scala", "code", comment="//"),
    Language("shell", "script"),
    Language("sql", "script", comment="--"),
    Language("data", "data"),
)
_TAGS: Final = {
    "python": "python py python3 py3 ipython pycon python2 py2 sage",
    "javascript": "javascript js node nodejs mjs cjs es6 ecmascript jsx react",
    "typescript": "typescript ts mts cts deno",
    "tsx": "tsx",
    "java": "java",
    "go": "go golang",
    "ruby": "ruby rb",
    "php": "php",
    "c": "c h",
    "cpp": "cpp c++ cc cxx hpp",
    "csharp": "csharp c# cs",
    "rust": "rust rs",
    "kotlin": "kotlin kt",
    "swift": "swift",
    "scala": "scala",
    "shell": "shell sh bash zsh fish ksh console shell-session terminal powershell ps1 bat cmd dockerfile makefile",
    "sql": "sql mysql postgresql sqlite plsql",
    "data": "json jsonl yaml yml toml ini csv xml html css svg log diff patch mermaid latex tex math bibtex markdown "
    "md rst http",
}
_SUFFIXES: Final = {
    "python": "py pyw pyi",
    "javascript": "js mjs cjs jsx",
    "typescript": "ts mts cts",
    "tsx": "tsx",
    "java": "java",
    "go": "go",
    "ruby": "rb",
    "php": "php",
    "c": "c h",
    "cpp": "cc cpp cxx hpp hh",
    "csharp": "cs",
    "rust": "rs",
    "kotlin": "kt kts",
    "swift": "swift",
    "scala": "scala",
    "shell": "sh bash zsh ps1 bat",
    "sql": "sql",
    "data": "json yaml yml toml ini csv xml html css md rst txt cfg env",
}
_BY_NAME: Final = {language.name: language for language in _LANGUAGES}
_BY_TAG: Final = {tag: _BY_NAME[name] for name, tags in _TAGS.items() for tag in tags.split()}
_BY_SUFFIX: Final = {
    suffix: _BY_NAME[name] for name, suffixes in _SUFFIXES.items() for suffix in suffixes.split()
}

# Signals of a language, with how much each counts; all linear in the text.
_SIGNALS: Final[dict[str, tuple[tuple[re.Pattern[str], int], ...]]] = {
    "python": (
        (re.compile(r"^[ \t]*(?:async )?def \w+\([^\n]{0,200}:[ \t]*(?:#.*)?$", re.M), 4),
        (re.compile(r"^[ \t]*(?:from [\w.]+ import [\w*(]|import [\w.]+(?: as \w+)?[ \t]*(?:#.*)?$)", re.M), 4),
        (re.compile(r"^[ \t]*(?:if|elif|else|for|while|with|try|except|class)\b[^\n{;]{0,200}:[ \t]*(?:#|$)", re.M), 3),
        (re.compile(r"\b(?:self\.\w|None\b|True\b|False\b|__\w+__|elif |lambda \w)"), 2),
        (re.compile(r"^[ \t]*(?:#[^!{\n]|@\w+|print\()", re.M), 1),
        (re.compile(r"\b(?:os\.(?:system|path|environ)|subprocess\.|pickle\.|hashlib\.|requests\.\w|[fr]['\"])"), 2),
    ),
    "javascript": (
        (re.compile(r"\b(?:const|let|var) [\w${\[][^\n=]{0,100}="), 4),
        (re.compile(r"=>|\bfunction\b[^\n(]{0,80}\("), 3),
        (re.compile(r"===|!==|\|\||&&"), 2),
        (re.compile(r"\brequire\(['\"`]|^[ \t]*(?:import\b[^\n]{0,200} from ['\"]|export )|module\.exports", re.M), 4),
        (re.compile(r"\b(?:document|window|console|process|module|JSON|Math)\.\w"), 3),
        (re.compile(r"\.(?:innerHTML|addEventListener|then)\b"), 3),
        (re.compile(r"[;{][ \t]*$|^[ \t]*(?:\}|//)", re.M), 1),
        (re.compile(r"\$\{|\bnew [A-Z]\w*\(|\bnull\b|\bundefined\b"), 2),
    ),
}  # fmt: skip
_CODE: Final = re.compile(r"\w[\w.]{0,60}\(|\w[ \t]{0,9}=[ \t]{0,9}\S")
GUESS_CHARACTERS: Final = 8_000
GRAMMAR_CHARACTERS: Final = 1_000


def language_of_tag(tag: str) -> Language | None:
    """The language of a fence's info string (``python``, ``{.js .numberLines}``); ``None`` for an unknown one."""
    word = re.match(r"[{.\s]*([\w+#-]+)", tag.strip().lower())
    return _BY_TAG.get(word[1]) if word else None


def language_of_file(name: str) -> Language | None:
    """The language of a file, by the end of its name."""
    return _BY_SUFFIX.get(name.rpartition(".")[2].lower()) if "." in name else None


def guess(code: str) -> Language | None:
    """The language of a text nobody named, among those with rules; ``None`` when it does not look like code.

    Signals decide; where they are even, the grammar that makes more sense of the text does.
    """
    text = code[:GUESS_CHARACTERS]
    score = {
        name: sum(weight for pattern, weight in signals if pattern.search(text))
        for name, signals in _SIGNALS.items()
    }
    best = max(score, key=lambda name: score[name])
    other = min(score, key=lambda name: score[name])
    if score[best] == 0:
        return _by_grammar(text) if _CODE.search(text) else None
    if score[best] == score[other]:
        return _by_grammar(text)
    return _BY_TAG[best]


def _by_grammar(text: str) -> Language | None:
    from tieout_code_shield.syntax import error_share

    share = {name: error_share(text[:GRAMMAR_CHARACTERS], name) for name in ("python", "javascript")}
    best = min(share, key=lambda name: share[name])
    return _BY_TAG[best] if share[best] < 0.3 else None
