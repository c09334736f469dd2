"""The shield's tools and commands."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any, Literal

from tieout.plugin import EvalResult, Language, Slot, Tool, ToolContext, tool, translator
from tieout_code_shield.examples import EXPLAIN_EXAMPLES, RULES_EXAMPLES, SCAN_EXAMPLES
from tieout_code_shield.lookup import (
    example_of,
    language_named,
    rules_named,
    severity_named,
    weakness_named,
)
from tieout_code_shield.results import (
    CodeScan,
    FailOn,
    FixReport,
    Found,
    NotChecked,
    counted,
)
from tieout_code_shield.rule_results import FailedExample, RuleCheck, RuleDetail, RuleEntry, RuleList
from tieout_code_shield.shield import Shield

__all__ = ["make_tools"]

_ = translator("tieout_code_shield")


def make_tools(shield: Shield) -> Iterable[Tool[..., Any]]:
    """The tools over one shield."""
    return [
        _scan(shield),
        _scan_code(shield),
        _fix(shield),
        _rules(shield),
        _explain(shield),
        _check(shield),
        _evaluate(shield),
    ]


def _scan(shield: Shield) -> Tool[..., Any]:
    @tool(faces=("cli", "slash"), timeout=24 * 3600)
    def scan(
        paths: list[str],
        language: str = "",
        fail_on: FailOn = "low",
        allow_unknown: bool = False,
        format: Literal["text", "sarif"] = "text",
        exclude: list[str] | None = None,
        ignore: bool = True,
        also: list[str] | None = None,
        rules: str = "",
        ctx: ToolContext | None = None,
    ) -> CodeScan:
        """Scan files, folders or standard input for insecure code.

        Comments such as `# nosec` silence a finding here, since the files are yours. Exit code 10: something was found;
        11: something could not be checked.

        Args:
            paths: Files and folders; - for standard input.
            language: Language of the code; told by the file's name or guessed when left out.
            fail_on: Severity from which on the exit code is 10: info, low, medium, high, critical or never.
            allow_unknown: End with 0 even when something could not be checked.
            format: text, or sarif for a SARIF 2.1.0 log.
            exclude: Pattern of files to leave out, as in .gitignore.
            ignore: Leave out hidden, generated and git-ignored files below folders.
            also: A second opinion from another tool on this machine: ruff, opengrep or semgrep.
            rules: File or folder with the rules for opengrep or semgrep.
        """
        from tieout_code_shield.files import Request, scan_files
        from tieout_code_shield.opinions import ask_others, check_others

        check_others(also or (), rules=rules)
        lang: Language = ctx.lang if ctx is not None else "en"
        request = Request(
            paths, language, exclude or (), ignore, "fixes" if format == "sarif" else "findings", lang=lang
        )
        report = scan_files(shield.settings, request, **_watched(ctx))
        ask_others(report, also or (), rules=rules, request=request)
        found = _scanned(
            request.target,
            tuple(report.findings),
            tuple(report.unknown),
            report.files,
            "scan",
            notes=report.problems,
        ).model_copy(
            update={
                "suppressed": tuple(report.suppressed),
                "left_out": dict(report.left_out),
                "fail_on": fail_on,
                "allow_unknown": allow_unknown,
            }
        )
        return found.model_copy(update={"page": _page(shield, found, format, lang)})

    return scan


def _watched(ctx: ToolContext | None) -> dict[str, Any]:
    if ctx is None:
        return {}
    return {"progress": ctx.progress, "cancelled": lambda: ctx.cancelled}


def _page(shield: Shield, found: CodeScan, format: str, lang: Language) -> str:
    if format == "sarif":
        from tieout_code_shield.sarif import sarif_log

        return sarif_log(found, shield.rules, lang)
    from tieout_code_shield.listing import listing

    return listing(found, lang)


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
        from tieout_code_shield.places import findings_of

        report = shield.scanner.scan(code, language or None)
        target = report.language or _("the text")
        findings = findings_of(code, report.issues, path=target, tool="scan_code")
        unknown = (NotChecked(path=target, reason=report.unknown),) if report.unknown else ()
        return _scanned(target, tuple(findings), unknown, 1, "scan_code", notes=shield.problems)

    return scan_code


def _scanned(
    target: str,
    findings: tuple[Found, ...],
    unknown: tuple[NotChecked, ...],
    files: int,
    tool_name: str,
    *,
    notes: tuple[str, ...],
) -> CodeScan:
    return CodeScan(
        target=target,
        findings=findings,
        unknown=unknown,
        count=counted(len(findings), subject=target, metric="findings", tool=tool_name),
        files=counted(files, subject=target, metric="files", tool=tool_name),
        notes=notes,
    )


def _fix(shield: Shield) -> Tool[..., Any]:
    @tool(faces=("cli", "slash"), effects_when={"write": "write"}, timeout=24 * 3600)
    def fix(
        paths: list[str],
        rule: list[str] | None = None,
        write: bool = False,
        language: str = "",
        exclude: list[str] | None = None,
        ignore: bool = True,
        ctx: ToolContext | None = None,
    ) -> FixReport:
        """Rewrite unsafe code where a rule knows how, and show the difference.

        Each rewrite was tried: the code parses as before, the finding is gone, and no other has come.

        Args:
            paths: Files and folders.
            rule: Only the fixes of this rule, or of all rules of a weakness such as CWE-89.
            write: Change the files; a file that changed in the meantime is left alone.
            language: Language of the code; told by the file's name when left out.
            exclude: Pattern of files to leave out, as in .gitignore.
            ignore: Leave out hidden, generated and git-ignored files below folders.
        """
        from tieout_code_shield.files import Request
        from tieout_code_shield.rewriting import fix_files

        chosen = [found.id for each in rule or () for found in rules_named(shield.rules, each)]
        lang: Language = ctx.lang if ctx is not None else "en"
        request = Request(paths, language, exclude or (), ignore, "rewrite", tuple(chosen), lang)
        return fix_files(shield.settings, request, write=write, **_watched(ctx))

    return fix


def _rules(shield: Shield) -> Tool[..., Any]:
    @tool(examples=RULES_EXAMPLES)
    def rules(language: str = "", cwe: str = "", severity: str = "") -> RuleList:
        """List the rules of the code shield.

        Args:
            language: Only rules for this language (any: for every text).
            cwe: Only rules about this weakness, such as CWE-89.
            severity: Only rules of this severity: info, low, medium, high, critical.
        """
        weakness, least = weakness_named(cwe), severity_named(severity)
        name = language_named(shield.rules, language)
        found = [
            rule
            for rule in shield.rules.rules
            if (not name or name in rule.languages)
            and (not weakness or rule.cwe == weakness)
            and (least is None or rule.severity == least)
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
        found, *others = rules_named(shield.rules, rule)
        secret = found.category in ("secret", "abuse", "unicode")
        return RuleDetail(
            rule=RuleEntry.of(found),
            advice=dict(found.advice),
            references=found.references,
            bad="" if secret else example_of(found, hit=True),
            good=example_of(found, hit=False),
            others=tuple(RuleEntry.of(other) for other in others),
        )

    return explain


def _check(shield: Shield) -> Tool[..., Any]:
    @tool(faces=("cli", "slash"), timeout=3600)
    def check(path: str) -> RuleCheck:
        """Try rules of your own on the examples in their files.

        Exit code 10: an example that a rule must hit is not found, or one that it must miss is.

        Args:
            path: A rule file, or a folder of them.
        """
        from tieout_code_shield.rule_checks import failures, rules_at

        rules = rules_at(path)
        return RuleCheck(
            target=path,
            failed=tuple(
                FailedExample(
                    rule=each.rule.id,
                    path=each.rule.origin,
                    language=each.language,
                    code=each.code,
                    wanted=each.wanted,
                    unknown=each.unknown,
                )
                for each in failures(rules)
            ),
            count=counted(len(rules), subject=path, metric="rules", tool="check"),
            notes=shield.problems,
        )

    return check


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
