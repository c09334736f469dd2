"""A figure's derivation as text tree, Markdown, LaTeX or JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Final, Literal

from tieout.plugin import Figure, Formula, Language, TableRow, Tree, UserInput, translator
from tieout_compute_estimator.derivation import N_, derivation, plain, ranged, substituted

__all__ = ["FORMS", "Form", "as_json", "as_latex", "as_markdown", "as_text", "rendered"]

_ = translator("tieout_compute_estimator")
Form = Literal["tree", "markdown", "latex", "json"]
FORMS: Final = ("tree", "markdown", "latex", "json")
_ESCAPES = {"%": r"\%", "&": r"\&", "$": r"\$", "#": r"\#", "_": r"\_", "{": r"\{", "}": r"\}"}


def rendered(figure: Figure, form: Form, lang: Language) -> str:
    """The derivation in one of the forms."""
    match form:
        case "tree":
            return as_text(derivation(figure, lang))
        case "markdown":
            return as_markdown(figure, lang)
        case "latex":
            return as_latex(figure, lang)
        case "json":
            return as_json(figure)


def as_text(tree: Tree) -> str:
    """A tree drawn with lines."""
    return "\n".join(_lines(tree))


def _lines(tree: Tree) -> Iterator[str]:
    yield tree.label
    for position, child in enumerate(tree.children):
        last = position == len(tree.children) - 1
        first, *rest = _lines(child)
        yield ("└─ " if last else "├─ ") + first
        yield from (("   " if last else "│  ") + line for line in rest)


def as_markdown(figure: Figure, lang: Language) -> str:
    """A table with one row for each quantity: symbol, value, formula with its numbers, source, convention."""
    heads = (N_("symbol"), N_("quantity"), N_("value"), N_("formula"), N_("source"))
    lines = ["| " + " | ".join(_(head, lang=lang) for head in heads) + " |", "|" + "---|" * len(heads)]
    for symbol, part in _each(figure):
        origin = part.origin
        formula = f"{origin.expression} = {substituted(origin)}" if isinstance(origin, Formula) else ""
        cells = (symbol, _(part.metric, lang=lang), ranged(part, lang), formula, _source(part, lang))
        lines.append("| " + " | ".join(cell.replace("|", r"\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join(lines)


def as_latex(figure: Figure, lang: Language) -> str:
    """An ``align*`` with each formula, its numbers put in and its result; where the numbers are from, as comments."""
    lines = [r"\begin{align*}"]
    for symbol, part in reversed(list(_each(figure))):
        origin = part.origin
        name = _latex_symbol(symbol)
        value = rf"{_latex_number(part.value)}\ \text{{{_escaped(part.unit)}}}"
        if isinstance(origin, Formula):
            right = (
                origin.latex.partition("=")[2].strip()
                or origin.latex
                or rf"\text{{{_escaped(origin.expression)}}}"
            )
            lines.append(rf"{name} &= {right} = {value} \\")
        else:
            lines.append(rf"{name} &= {value} \\")
        lines.append(f"% {symbol}: {_(part.metric, lang=lang)}; {_source(part, lang)}".replace("\n", " "))
    return "\n".join([*lines, r"\end{align*}"])


def as_json(figure: Figure) -> str:
    """The whole graph of figures."""
    return json.dumps(figure.model_dump(mode="json", exclude_none=True), ensure_ascii=False, indent=1)


def _each(figure: Figure, symbol: str = "y") -> Iterator[tuple[str, Figure]]:
    """The figure and its inputs with their symbols, each quantity once, results before what they rest on."""
    seen: set[tuple[str, str, float]] = set()

    def walk(name: str, part: Figure) -> Iterator[tuple[str, Figure]]:
        mark = (name, part.metric, part.value)
        if mark in seen:
            return
        seen.add(mark)
        yield name, part
        for inner, item in part.inputs().items():
            yield from walk(inner, item)

    yield from walk(symbol, figure)


def _source(figure: Figure, lang: Language) -> str:
    match figure.origin:
        case Formula(convention=convention, reference=reference):
            parts = (_.pieces(reference, lang=lang), _(convention, lang=lang))
            return "; ".join(part for part in parts if part)
        case TableRow(table=table, row=row, source=source, as_of=as_of):
            told = f"{_(table, lang=lang)}, {_(row, lang=lang)}: {_.pieces(source, lang=lang)}"
            return told + (f" ({as_of.isoformat()})" if as_of else "")
        case UserInput(text=text):
            return _("from the question: {text}", lang=lang, text=repr(text))
        case _:
            return _("given", lang=lang)


def _latex_symbol(symbol: str) -> str:
    greek = {"α": r"\alpha", "β": r"\beta"}
    return greek.get(symbol) or (symbol if len(symbol) == 1 else rf"\mathrm{{{_escaped(symbol)}}}")


def _latex_number(value: float) -> str:
    mantissa, _e, exponent = plain(value).partition("e")
    return rf"{mantissa} \cdot 10^{{{exponent}}}" if exponent else mantissa


def _escaped(text: str) -> str:
    return "".join(_ESCAPES.get(character, character) for character in text)
