"""An expression that builds an SQL text, as a text with placeholders and the values that they stand for."""

from __future__ import annotations

import ast
import json
import re
from typing import Final

from tieout_code_shield.pieces import Piece, summands

__all__ = ["with_placeholders"]

_HOLE: Final = "\x00"
_STATEMENT: Final = re.compile(r"\s*(?:SELECT|INSERT|UPDATE|DELETE|REPLACE)\b", re.IGNORECASE)
_STRANGE: Final = re.compile(r"--|/\*|[?\\]|;\s*\S|(?<!:):\w|\$\d|\$\$")
"""What a placeholder does not go with: comments, escapes, a second statement, placeholders of its own."""
_QUOTED: Final = re.compile(r"'((?:[^']|'')*)'|\"([^\"]*)\"|`[^`]*`")
_CLAUSE: Final = re.compile(
    r"\b(SELECT|FROM|WHERE|SET|VALUES|ON|USING|HAVING|BY|LIMIT|OFFSET|RETURNING|INTO|JOIN|WINDOW|UNION|EXCEPT|INTERSECT)\b",
    re.IGNORECASE,
)
_COMPARED: Final = re.compile(
    r"(?:^|[\s(,])(?!(?:AND|OR|NOT|END|NULL)\b)(?P<column>[A-Za-z_\x01][\w.\x01]*)\s*"
    r"(?:(?:=|<>|!=|<=|>=|<|>)\s*|\s(?P<like>(?:NOT\s+)?I?LIKE\s+)|\s(?:NOT\s+)?BETWEEN\s+(?:[\w.\x00\x02]+\s+AND\s+)?"
    r"|\s(?P<list>(?:NOT\s+)?IN\s*\((?:[\w.\x00\x02]+\s*,\s*)*))$",
    re.IGNORECASE,
)
_CALL_COMPARED: Final = re.compile(
    r"\w\([\w., ]*\)\s*(?:=|<>|!=|<=|>=|<|>|\s(?:NOT\s+)?I?LIKE)\s*$", re.IGNORECASE
)
_VALUES: Final = re.compile(r"\(([^()]*)\)\s*VALUES\s*\(([^()]*)$|\bVALUES\s*\(([^()]*)$", re.IGNORECASE)
_BEHIND: Final = re.compile(
    r"\s*(?:;?\s*$|[),]|(?:AND|OR|ORDER|GROUP|LIMIT|RETURNING|WHERE|UNION|FOR|HAVING)\b)", re.IGNORECASE
)
_TREATED: Final = re.compile(
    r"(?i)esc|quot|sanit|clean|safe|literal|mogrify|replace|repr|list|join|null|\bcol(?:umn)?s?\b|clause|cond|where|sql|expr|filter|table|\bfields?\b"
)
"""Names of what is written as SQL already, or is more than one value."""
_PLAIN_CALLS: Final = frozenset({"get", "strip", "lower", "upper", "input", "str", "int", "String", "trim"})


def with_placeholders(source: str, mark: str, language: str) -> str | None:
    """``"… a = '" + n + "'"`` as ``"… a = ?", (n,)``; ``None`` where that would not mean the same.

    Only what stands where SQL has a value becomes a placeholder: compared with a column, set, or inserted; all other
    unknown pieces, and text beside one inside the quotes, mean that there is no such form.

    Args:
        source: The expression as it is written.
        mark: ``?``, ``%s`` or ``$1`` (which counts up).
        language: ``python``, or another for JavaScript's way to write.
    """
    python = language == "python"
    pieces, strings = _python_pieces(source) if python else _script_pieces(source)
    if not any(expression for _text, expression in pieces):
        return None
    sql = "".join(_HOLE if expression else text for text, expression in pieces)
    holes = [expression for _text, expression in pieces if expression]
    if python and "#" in source and "#" not in sql:
        return None  # A comment between the pieces would be lost.
    if any(_TREATED.search(expression) for expression in holes) or (mark == "%s" and "%" in sql):
        return None
    quoted = _value_holes(sql, ansi=mark != "?")
    if quoted is None or len(quoted) != len(holes):
        return None
    text = re.sub(rf"'{_HOLE}'|\"{_HOLE}\"", _HOLE, sql)
    for number in range(1, len(holes) + 1):
        text = text.replace(_HOLE, f"${number}" if mark == "$1" else mark, 1)
    values = [
        _value(hole, is_quoted, is_text, python=python)
        for hole, is_quoted, is_text in zip(holes, quoted, strings, strict=True)
    ]
    if python:
        return f"{_literal(text)}, ({', '.join(values)}{',' if len(values) == 1 else ''})"
    written = f"`{text}`" if "\n" in text else json.dumps(text, ensure_ascii=False)
    return None if "`" in text or "${" in text else f"{written}, [{', '.join(values)}]"


def _value(hole: str, quoted: bool, is_text: bool, *, python: bool) -> str:
    """The value that is bound: a text for what stood in quotes; for the rest what was made a text only for the SQL."""
    to_text = "str" if python else "String"
    inner = re.fullmatch(rf"{to_text}\(([\w.]+)\)", hole)
    if quoted:
        return hole if is_text or inner else f"{to_text}({hole})"
    return inner[1] if inner else hole


def _literal(text: str) -> str:
    if "\n" in text and '"""' not in text and "\\" not in text and not text.endswith('"'):
        return f'"""{text}"""'
    return json.dumps(text, ensure_ascii=False)


def _value_holes(sql: str, *, ansi: bool) -> list[bool] | None:
    """For each hole whether it stands in quotes; ``None`` where one does not stand for a value.

    Args:
        ansi: Whether double quotes hold a name, not a text.
    """
    if not _STATEMENT.match(sql):
        return None
    quoted: list[bool] = []
    strange = False

    def plain(match: re.Match[str]) -> str:
        """Quoted pieces as one sign each: \\x01 is a name, \\x02 a text; a hole stays one."""
        nonlocal strange
        inside = match[1] if match[1] is not None else match[2]
        if inside == _HOLE and not (ansi and match[2] is not None):
            return "\x03"
        strange = strange or _HOLE in match[0]
        return "\x02" if match[1] is not None else "\x01"

    bare = _QUOTED.sub(plain, sql)
    if strange or _STRANGE.search(bare) or any(sign in bare for sign in "'\"`"):
        return None
    for match in re.finditer("[\x00\x03]", bare):
        quoted.append(match[0] == "\x03")
        ahead = bare[: match.start()].replace("\x03", "\x02")
        if not _BEHIND.match(bare, match.end()):
            return None
        if not _is_value(ahead, bare[match.end() :], quoted=quoted[-1]):
            return None
    return quoted


def _is_value(ahead: str, behind: str, *, quoted: bool) -> bool:
    clauses = _CLAUSE.findall(ahead)
    clause = clauses[-1].upper() if clauses else ""
    if clause == "VALUES":
        values = _VALUES.search(ahead)
        if values is None or not re.search(r"(?:\(|,)\s*$", ahead):
            return False
        if quoted:
            return True
        rest = behind.partition(")")[0]
        count = len((ahead.rpartition("(")[2] + "x" + rest).split(","))
        return values[1] is not None and len(values[1].split(",")) == count
    if clause not in ("WHERE", "SET"):
        return False
    if quoted and _CALL_COMPARED.search(ahead):
        return True
    compared = _COMPARED.search(ahead)
    if compared is None:
        return False
    alone = re.search(
        r"(?:\b(?:WHERE|AND|OR|NOT|SET)\s+|[(,]\s*)$", ahead[: compared.start("column")], re.IGNORECASE
    )
    # Without quotes a text is bound for a number: the database converts it for a column, not for a sum or a function.
    return quoted or (alone is not None and not (compared["like"] or compared["list"]))


def _python_pieces(source: str) -> tuple[list[Piece], list[bool]]:
    """The pieces, and for each expression whether it is a text for certain; nothing where the form is another."""
    try:
        tree = ast.parse(f"({source})", mode="eval").body
        pieces: list[Piece] = []
        strings: list[bool] = []
        _take(tree, pieces, strings)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return [], []
    return pieces, strings


def _take(node: ast.expr, pieces: list[Piece], strings: list[bool]) -> None:
    """Add the pieces of an expression.

    Raises:
        ValueError: It is built in a way that is not understood.
    """
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        pieces.append((node.value, ""))
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        _take(node.left, pieces, strings)
        _take(node.right, pieces, strings)
    elif isinstance(node, ast.JoinedStr):
        for part in node.values:
            if isinstance(part, ast.FormattedValue):
                if part.format_spec is not None or part.conversion not in (-1, 115):
                    raise ValueError
                _hole(part.value, pieces, strings, is_text=False)
            else:
                _take(part, pieces, strings)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
        values = list(node.right.elts) if isinstance(node.right, ast.Tuple) else [node.right]
        _template(node.left, r"%s|%d", r"%", values, pieces, strings)
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "format":
        if node.keywords:
            raise ValueError
        _template(node.func.value, r"\{\}", r"[{}]", list(node.args), pieces, strings)
    else:
        _hole(node, pieces, strings, is_text=True)


def _template(
    node: ast.expr, hole: str, sign: str, values: list[ast.expr], pieces: list[Piece], strings: list[bool]
) -> None:
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
        raise ValueError
    texts = re.split(hole, node.value)
    if len(texts) != len(values) + 1 or any(re.search(sign, text) for text in texts):
        raise ValueError
    for text, value in zip(texts, [*values, None], strict=True):
        pieces.append((text, ""))
        if value is not None:
            _hole(value, pieces, strings, is_text=False)


def _hole(node: ast.expr, pieces: list[Piece], strings: list[bool], *, is_text: bool) -> None:
    for part in ast.walk(node):
        if isinstance(part, ast.Call):
            name = part.func.attr if isinstance(part.func, ast.Attribute) else getattr(part.func, "id", "")
            if name not in _PLAIN_CALLS or part.keywords:
                raise ValueError
        elif not isinstance(part, ast.Name | ast.Attribute | ast.Subscript | ast.Constant | ast.expr_context):
            raise ValueError
    pieces.append(("", ast.unparse(node)))
    strings.append(is_text)


_SCRIPT_PART: Final = re.compile(
    r"""\s*(?:`(?P<template>[^`\\]*)`|(?P<quote>["'])(?P<text>(?:(?!(?P=quote))[^\\\n])*)(?P=quote)"""
    r"""|(?P<name>[A-Za-z_$][\w$.]*(?:\[["']\w+["']\])?|String\([\w$.]+\)))\s*"""
)
_SCRIPT_HOLE: Final = re.compile(r"\$\{\s*([A-Za-z_$][\w$.]*|String\([\w$.]+\))\s*\}")


def _script_pieces(source: str) -> tuple[list[Piece], list[bool]]:
    found: list[Piece] = []
    for part in summands(source, _SCRIPT_PART) or ():
        if part["name"]:
            found.append(("", part["name"]))
        elif part["template"] is not None:
            split = _SCRIPT_HOLE.split(part["template"])
            if any("${" in text for text in split[::2]):
                return [], []
            found += [("", text) if index % 2 else (text, "") for index, text in enumerate(split)]
        else:
            found.append((part["text"], ""))
    return found, [False for _text, expression in found if expression]
