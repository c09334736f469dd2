"""How each language writes comments, strings and brackets, and where its statements end."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final

from tieout_code_shield.forms import Syntax, Text
from tieout_code_shield.languages import Language
from tieout_code_shield.lexers import Lexer
from tieout_code_shield.limits import Clock

__all__ = ["lexer_for", "multiline_ends"]


def _tokens(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_BLOCK_COMMENT: Final = Text(r"/\*", "*/", escapes=False, lines=True, comment=True)
_NESTED_COMMENT: Final = Text(r"/\*", "*/", escapes=False, lines=True, comment=True, nested=True)
_DOUBLE: Final = Text('"', '"')
_SINGLE: Final = Text("'", "'")
_CHARACTER: Final = r"'(?:[^'\\]|\\[^']{1,9}|\\')'"
_FINALLY: Final = (("try", " finally {}"), ("do", " while (0);"))
_OPERATORS: Final = _tokens("= + - * / % & | ^ < > ? : , . ! ~ => && || -> ( [ return throw new")
_VALUES: Final = _tokens("( , = : [ ? & | + && || return in of new => ]")
_WITH: Final = r"\s*(?:[.=*%&|^<>?:,]|/(?![/*])|\+(?!\+)|-(?!-)"

_C: Final = Syntax(
    texts=(_BLOCK_COMMENT, _DOUBLE),
    literals=(_CHARACTER,),
    tails=(("do", " while (0);"),),
    object_after=_VALUES,
    goes_on_after=_OPERATORS - {":"},
    goes_on_with=_WITH + r"|\"|\)|\])",
    soft=True,
    directives=True,
)
_CPP: Final = Syntax(
    texts=(
        _BLOCK_COMMENT,
        Text(r'R"(?P<end>[^()\\\s"]{0,16})\(', '){}"', escapes=False, lines=True),
        _DOUBLE,
    ),
    literals=(_CHARACTER,),
    tails=(("try", " catch (...) {}"), ("do", " while (0);")),
    object_after=_VALUES,
    goes_on_after=_OPERATORS - {":"},
    goes_on_with=_WITH + r"|\"|\)|\])",
    soft=True,
    directives=True,
)
_JAVA: Final = Syntax(
    texts=(_BLOCK_COMMENT, Text('"""', '"""', lines=True), _DOUBLE),
    literals=(_CHARACTER,),
    tails=_FINALLY,
    object_after=_VALUES - {"=>"},
    goes_on_after=_OPERATORS - {":"},
    goes_on_with=_WITH + r"|instanceof\b|\)|\])",
    soft=True,
)
_CSHARP: Final = Syntax(
    texts=(
        _BLOCK_COMMENT,
        Text(r'\${0,3}(?P<end>"{3,8})', "{}", escapes=False, lines=True),
        Text(r'(?:\$@|@\$)"', '"', escapes=False, doubled=True, lines=True, holes=("{",)),
        Text('@"', '"', escapes=False, doubled=True, lines=True),
        Text(r'\$"', '"', holes=("{",)),
        _DOUBLE,
    ),
    literals=(_CHARACTER,),
    tails=_FINALLY,
    object_after=_VALUES - {"=>"},
    goes_on_after=_OPERATORS - {":"} | {"??", "await", "is", "as"},
    goes_on_with=_WITH + r"|(?:where|orderby|select|join|is|as)\b|\)|\])",
    soft=True,
    directives=True,
)
_GO: Final = Syntax(
    texts=(_BLOCK_COMMENT, Text("`", "`", escapes=False, lines=True), _DOUBLE),
    literals=(_CHARACTER,),
    object_after=_VALUES - {"?"},
    goes_on_after=_OPERATORS - {":", "return", "new"} | {":="},
)
_KOTLIN: Final = Syntax(
    texts=(
        _NESTED_COMMENT,
        Text('"""', '"""', escapes=False, lines=True, holes=("${",)),
        Text('"', '"', holes=("${",)),
    ),
    literals=(_CHARACTER,),
    tails=_FINALLY,
    object_after=frozenset(),
    goes_on_after=_OPERATORS - {"new"} | {"?:", "is", "as", "in"},
    goes_on_with=_WITH + r"|(?:as|is|in)\b|\)|\])",
)
_RUST: Final = Syntax(
    texts=(
        _NESTED_COMMENT,
        Text(r'(?<!\w)[bc]?r(?P<end>#{0,8})"', '"{}', escapes=False, lines=True),
        Text('"', '"', lines=True),
    ),
    literals=(r"b?'(?:[^'\\]|\\(?:x[0-9a-fA-F]{2}|u\{[0-9a-fA-F_]{1,8}\}|.))'",),
    object_after=_VALUES - {"=>", "]", ":"},
    goes_on_after=_OPERATORS - {":", "->", "new"},
    goes_on_with=_WITH + r"|as\b|\)|\])",
    soft=True,
)
_PHP: Final = Syntax(
    comments=("//", r"#(?!\[)"),
    texts=(
        _BLOCK_COMMENT,
        Text(
            r"<<<[ \t]*['\"]?(?P<end>[A-Za-z_]\w*)['\"]?", "\n{}\n", escapes=False, lines=True, own_line=True
        ),
        Text('"', '"', lines=True, holes=("{$",)),
        Text("'", "'", lines=True),
        Text("`", "`", lines=True),
    ),
    tails=_FINALLY,
    object_after=frozenset(),
    goes_on_after=_OPERATORS - {":"} | {"echo", "print", "instanceof", "clone", "??"},
    goes_on_with=_WITH + r"|instanceof\b|\)|\])",
    soft=True,
    markup=True,
)
_JAVASCRIPT: Final = Syntax(
    texts=(_BLOCK_COMMENT, Text("`", "`", lines=True, holes=("${",)), _DOUBLE, _SINGLE),
    slash_regex_after=_tokens(
        "( , = : [ ! & | && || ? { } ; + - ++ -- * % < > ~ ^ => return typeof case in of void delete"
    )
    | {""},
    tails=_FINALLY,
    object_after=_tokens("( , = : [ ? & | && || + ++ return typeof in of new await yield default"),
    goes_on_after=_tokens(
        "= + - * / % & | ^ < > ? : , . ! ~ => && || extends new return typeof in of instanceof await throw"
    ),
    goes_on_with=r"\s*(?:[.=*%&|^<>?:,(\[`]|/(?![/*])|\+(?!\+)|-(?!-)|instanceof\b|in\b)",
)
_PYTHON: Final = Syntax(
    comments=("#",),
    texts=(
        Text('"""', '"""', lines=True),
        Text("'''", "'''", lines=True),
        _DOUBLE,
        _SINGLE,
    ),
    object_after=None,
)
_RUBY: Final = Syntax(
    comments=(r"(?:(?<=[\s;,({\[|])|^)#(?!\{)",),
    texts=(
        Text(r"^=begin\b", "=end", escapes=False, lines=True, comment=True),
        Text(r"<<[~-]['\"`]?(?P<end>[A-Za-z_]\w*)['\"`]?", "\n{}\n", lines=True, own_line=True),
        Text(
            r"(?<![\w)\]] )(?<![\w)\]])<<['\"]?(?P<end>[A-Z_]{2}\w*)['\"]?",
            "\n{}\n",
            lines=True,
            own_line=True,
        ),
        Text(r"%[qQwWiIxrs][^\w\s]|(?<![\w)\]] )(?<![\w)\]])%[(\[{](?=\S)", "", lines=True, paired=True),
        Text('"', '"', lines=True, holes=("#{",)),
        Text("`", "`", lines=True, holes=("#{",)),
        Text("'", "'", lines=True),
    ),
    literals=(
        r"(?<!\w)\?[^\s\w](?=\W|$)",
        r"\$[\"'`!@&~0-9/\\,;.<>_*$?:]",
        r":\"(?:[^\"\\\n]|\\.)*\"",
        r":\[\]",
    ),
    slash_regex_after=_tokens("( , = [ ! & | && || ? { } ; => if unless when and or not while until return")
    | {"", "~"},
    object_after=_VALUES - {"|"} | {"<<"},
    goes_on_after=_tokens("= + - * / % & ^ < , . ! ~ => && || \\ and or not << ( [ ?"),
    goes_on_with=r"\s*(?:\.(?!\.)|&\.|&&|\|\||\?\s|:\s|and\b|or\b|\)|\])",
    words=r"(?<![\w.:@$-])(?:def|class|module|begin|case|if|unless|while|until|for|do|end)\b(?![?!:=]|\s*=[^=~>])",
    blocks=dict.fromkeys(_tokens("def class module begin case if unless while until for do"), "end"),
    loops=frozenset({"while", "until", "for"}),
    leading=frozenset({"if", "unless", "while", "until"}),
    command_after=_tokens("; = ( [ { , && || and or not then do else begin => << |"),
    no_block=r"def\s+[^\s(=;]+(?:\([^()\n]{0,200}\))?\s+=\s",
)
_SHELL: Final = Syntax(
    comments=(r"(?:(?<=[\s;(|&])|^)#",),
    texts=(
        Text(
            r"(?<!<)<<-?[ \t]*\\?['\"]?(?P<end>[A-Za-z_]\w*)['\"]?",
            "\n{}\n",
            escapes=False,
            lines=True,
            own_line=True,
        ),
        Text('"', '"', lines=True, holes=("$(", "${")),
        Text(r"\$'", "'", lines=True),
        Text("'", "'", escapes=False, lines=True),
        Text("`", "`", lines=True),
    ),
    object_after=frozenset(),
    round_blocks=True,
    goes_on_after=frozenset({"|", "&&", "||"}),
    brackets="(){}",
    words=r"(?<![\w.$/-])(?:if|case|do|fi|done|esac)(?![\w.=/-])",
    blocks={"if": "fi", "do": "done", "case": "esac"},
    leading=frozenset({"if", "case", "do", "fi", "done", "esac"}),
    command_after=frozenset({";", "&&", "||", "|", "&", "then", "do", "else", "(", "{", "!", "elif"}),
)
_LINES: Final = Syntax(comments=(), brackets="")
"""Any other language: a statement is a line, unless it ends with a backslash."""

_BY_RULES: Final[Mapping[str, Syntax]] = {
    "python": _PYTHON, "javascript": _JAVASCRIPT, "typescript": _JAVASCRIPT, "java": _JAVA, "csharp": _CSHARP,
    "go": _GO, "kotlin": _KOTLIN, "swift": _KOTLIN, "scala": _KOTLIN, "rust": _RUST, "php": _PHP, "c": _C, "cpp": _CPP,
    "ruby": _RUBY, "shell": _SHELL,
}  # fmt: skip


@cache
def multiline_ends(rules: str) -> re.Pattern[str] | None:
    """What ends a string that may go on over lines, in the language of these rules; ``None`` where there is none."""
    syntax = _BY_RULES.get(rules, _LINES)
    forms = [
        text for text in syntax.texts if text.lines and not (text.comment or text.own_line or text.paired)
    ]
    # A raw string's end repeats its beginning, which is not there: Rust's `"##`, C#'s `"""`.
    marks = {
        '"{3,8}' if text.closing == "{}" else re.escape(text.closing).replace(r"\{\}", "#*") for text in forms
    }
    return re.compile("|".join(sorted(marks, key=len, reverse=True))) if marks else None


def lexer_for(language: Language | None, clock: Clock | None = None) -> Lexer:
    """A lexer for a language; one that goes by the line where the language is not known."""
    return Lexer(_BY_RULES.get(language.rules, _LINES) if language is not None else _LINES, clock)
