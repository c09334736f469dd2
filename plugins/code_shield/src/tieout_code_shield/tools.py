"""The shield's tools and commands."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

from tieout.errors import InputError
from tieout.plugin import EvalResult, Slot, Tool, ToolContext, tool, translator
from tieout_code_shield.examples import EXPLAIN_EXAMPLES, RULES_EXAMPLES, SCAN_EXAMPLES
from tieout_code_shield.results import CodeScan, Found, RuleDetail, RuleEntry, RuleList, counted
from tieout_code_shield.rules import Rule
from tieout_code_shield.shield import Shield

__all__ = ["make_tools"]

_ = translator("tieout_code_shield")


def make_tools(shield: Shield) -> Iterable[Tool[..., Any]]:
    """The tools over one shield."""
    return [_scan(shield), _scan_code(shield), _rules(shield), _explain(shield), _evaluate(shield)]


def _scan(shield: Shield) -> Tool[..., Any]:
    @tool(faces=("cli", "slash"), timeout=600)
    def scan(path: str, language: str = "", ctx: ToolContext | None = None) -> CodeScan:
        """Scan a file, a folder or standard input for insecure code.

        Comments such as `# nosec` silence a finding here, since the files are yours.

        Args:
            path: File or folder; - for standard input.
            language: Language of the code; told by the file's name or guessed when left out.
        """
        from tieout_code_shield.files import scan_path

        progress = ctx.progress if ctx is not None else None
        cancelled = (lambda: ctx.cancelled) if ctx is not None else (lambda: False)
        report = scan_path(shield.scanner, path, language=language, progress=progress, cancelled=cancelled)
        findings = tuple(Found.of(issue, name, "scan") for name, issue in report.issues)
        return _scanned(shield, path, findings, tuple(report.unknown), report.files, "scan")

    return scan


def _scan_code(shield: Shield) -> Tool[..., Any]:
    @tool(name="scan_code", faces=("model", "slash"), examples=SCAN_EXAMPLES)
    def scan_code(
        code: Annotated[str, Slot("code", cues=("代码", "code"), example="os.system('ls ' + name)")],
        language: Annotated[str, Slot("language", cues=("语言", "language"), example="python")] = "",
    ) -> CodeScan:
        """Check a piece of code for security weaknesses: injection, secrets, weak cryptography, unsafe parsing.

        Args:
            code: The code to check, as it is.
            language: Its programming language; guessed when left out.
        """
        report = shield.scanner.scan(code, language or None)
        target = report.language or _("the text")
        findings = tuple(Found.of(issue, target, "scan_code") for issue in report.issues)
        return _scanned(shield, target, findings, (report.unknown,) if report.unknown else (), 1, "scan_code")

    return scan_code


def _scanned(
    shield: Shield,
    target: str,
    findings: tuple[Found, ...],
    unknown: tuple[str, ...],
    files: int,
    tool_name: str,
) -> CodeScan:
    return CodeScan(
        target=target,
        findings=findings,
        unknown=unknown,
        count=counted(len(findings), subject=target, metric="findings", tool=tool_name),
        files=counted(files, subject=target, metric="files", tool=tool_name),
        notes=shield.problems,
    )


def _rules(shield: Shield) -> Tool[..., Any]:
    @tool(examples=RULES_EXAMPLES)
    def rules(language: str = "", cwe: str = "", severity: str = "") -> RuleList:
        """List the rules of the code shield.

        Args:
            language: Only rules for this language (any: for every text).
            cwe: Only rules about this weakness, such as CWE-89.
            severity: Only rules of this severity: info, low, medium, high, critical.
        """
        wanted = cwe.upper().replace("CWE", "").strip("- ")
        found = [
            rule
            for rule in shield.rules.rules
            if (not language or language.lower() in rule.languages)
            and (not wanted or rule.cwe == f"CWE-{wanted}")
            and (not severity or rule.severity == severity.lower())
        ]
        return RuleList(
            rules=tuple(RuleEntry.of(rule) for rule in found),
            count=counted(len(found), subject=_("code shield"), metric="rules", tool="rules"),
            notes=shield.problems,
        )

    return rules


def _explain(shield: Shield) -> Tool[..., Any]:
    @tool(examples=EXPLAIN_EXAMPLES)
    def explain(
        rule: Annotated[str, Slot("text", cues=("规则", "rule"), example="py-sql-injection")],
    ) -> RuleDetail:
        """Explain a rule of the code shield: what it finds, why that is unsafe, and what to write instead.

        Args:
            rule: The rule's id, such as py-eval, or a CWE such as CWE-89.
        """
        found = _find_rule(shield, rule)
        secret = found.category in ("secret", "abuse", "unicode")
        return RuleDetail(
            rule=RuleEntry.of(found),
            advice=dict(found.advice),
            references=found.references,
            bad="" if secret else found.must_hit[0],
            good=found.must_miss[0],
        )

    return explain


def _find_rule(shield: Shield, asked: str) -> Rule:
    rules = shield.rules
    words = [word.strip("`'\"?？。,，.").lower() for word in asked.split()] or [""]
    for word in words:
        named = rules.get(word)
        if named is not None:
            return named
    for rule in rules.rules:
        if rule.cwe and rule.cwe.lower() in words:
            return rule
    near = [rule.id for rule in rules.rules if any(word and word in rule.id for word in words)][:5]
    raise InputError(
        _("There is no rule {rule}.", rule=repr(asked[:60])),
        hint=_("Did you mean {names}?", names=", ".join(near))
        if near
        else _("`tieout shield rules` lists them."),
    )


def _evaluate(shield: Shield) -> Tool[..., Any]:
    @tool(name="eval", faces=("cli", "slash"), timeout=3600)
    def evaluate(file: str, ctx: ToolContext | None = None) -> EvalResult:
        """Score the rules on a file of labelled code (JSON Lines or a JSON list).

        Args:
            file: Rows with id, language, code, label (insecure or secure) and cwe.
        """
        from tieout_code_shield.evaluation import evaluate as score
        from tieout_code_shield.evaluation import read_cases

        progress = ctx.progress if ctx is not None else None
        return score(shield.scanner, read_cases(Path(file)), progress=progress)

    return evaluate
