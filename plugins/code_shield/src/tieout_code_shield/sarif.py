"""Findings as a SARIF 2.1.0 log, the format that code hosts and editors read.

Specification: OASIS, Static Analysis Results Interchange Format (SARIF) Version 2.1.0.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from tieout.plugin import Language, translator
from tieout_code_shield.lookup import example_of
from tieout_code_shield.results import CodeScan, Edit, Found, NotChecked
from tieout_code_shield.rules import Rule, RuleSet

__all__ = ["SCHEMA", "sarif_log"]

_ = translator("tieout_code_shield")

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT: Final = "%SRCROOT%"
_LEVELS: Final = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
_SCORES: Final = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "0.0"}
"""``security-severity``, the scale of 0 to 10 by which code hosts sort."""

Json = dict[str, Any]


def sarif_log(scan: CodeScan, rules: RuleSet, lang: Language, *, folder: Path | None = None) -> str:
    """The log as JSON, in ASCII.

    Args:
        folder: What relative paths are relative to; the working folder when left out.
    """
    return json.dumps(_Log(scan, rules, lang, folder or Path.cwd()).log(), indent=2)


class _Log:
    def __init__(self, scan: CodeScan, rules: RuleSet, lang: Language, folder: Path) -> None:
        self._scan, self._folder = scan, folder
        self._lang: Language = lang
        found = [*scan.findings, *scan.suppressed]
        self._rules: list[Json] = []
        self._index: dict[str, int] = {}
        weaknesses = {each.cwe for each in found if each.cwe}
        self._taxa = {cwe: index for index, cwe in enumerate(sorted(weaknesses, key=_number))}
        for each in sorted(found, key=lambda each: each.rule):
            if each.rule not in self._index:
                self._index[each.rule] = len(self._rules)
                self._rules.append(self._rule(each, rules.get(each.rule)))

    def log(self) -> Json:
        scan = self._scan
        run: Json = {
            "tool": {"driver": self._driver()},
            "columnKind": "unicodeCodePoints",
            "originalUriBaseIds": {ROOT: {"uri": self._folder.resolve().as_uri().rstrip("/") + "/"}},
            "invocations": [self._invocation()],
            "results": [self._result(each) for each in (*scan.findings, *scan.suppressed)],
        }
        if self._taxa:
            run["taxonomies"] = [self._taxonomy()]
        return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}

    def _driver(self) -> Json:
        number = version("tieout-code-shield")
        driver: Json = {
            "name": "tieout shield",
            "version": number,
            "semanticVersion": number,
            "shortDescription": {"text": "Finds unsafe code, whole files and fragments alike."},
            "rules": self._rules,
            "notifications": [
                {
                    "id": "not-checked",
                    "name": "NotChecked",
                    "shortDescription": {"text": "A file, or a part of it, was not checked."},
                    "defaultConfiguration": {"level": "error"},
                }
            ],
        }
        if self._taxa:
            driver["supportedTaxonomies"] = [{"name": "CWE", "index": 0}]
        return driver

    def _rule(self, found: Found, rule: Rule | None) -> Json:
        message, advice = found.message[self._lang], found.advice[self._lang]
        described: Json = {
            "id": found.rule,
            "name": "".join(part.capitalize() for part in found.rule.replace(":", "-").split("-")),
            "shortDescription": {"text": message},
            "fullDescription": {"text": f"{message} {advice}".strip()},
            "help": _help(found, rule, self._lang),
            "defaultConfiguration": {"level": _LEVELS[rule.severity if rule else found.severity]},
            "properties": {
                "tags": ["security", *([f"external/cwe/{found.cwe.lower()}"] if found.cwe else [])],
                "security-severity": _SCORES[rule.severity if rule else found.severity],
                "precision": "medium",
            },
        }
        link = next(iter(rule.references), "") if rule else ""
        if link:
            described["helpUri"] = link
        if found.cwe:
            described["relationships"] = [{"target": self._weakness(found.cwe), "kinds": ["superset"]}]
        return described

    def _weakness(self, cwe: str) -> Json:
        return {
            "id": cwe.removeprefix("CWE-"),
            "index": self._taxa[cwe],
            "toolComponent": {"name": "CWE", "index": 0},
        }

    def _taxonomy(self) -> Json:
        return {
            "name": "CWE",
            "organization": "MITRE",
            "shortDescription": {"text": "The MITRE Common Weakness Enumeration"},
            "informationUri": "https://cwe.mitre.org/data/published/cwe_latest.pdf",
            "isComprehensive": False,
            "taxa": [
                {
                    "id": cwe.removeprefix("CWE-"),
                    "helpUri": f"https://cwe.mitre.org/data/definitions/{_number(cwe)}.html",
                }
                for cwe in self._taxa
            ],
        }

    def _result(self, found: Found) -> Json:
        text = f"{found.message[self._lang]} {found.advice[self._lang]}".strip()
        if found.cell:
            place = _(
                "[cell {cell}, line {line}]", lang=self._lang, cell=found.cell, line=int(found.line.value)
            )
            text = f"{place} {text}"
        result: Json = {
            "ruleId": found.rule,
            "ruleIndex": self._index[found.rule],
            "level": _LEVELS[found.severity],
            "message": {"text": text},
            "locations": [self._location(found)],
            "properties": {"severity": found.severity, "foundBy": [found.tool, *found.also]},
        }
        if found.fingerprint:
            result["partialFingerprints"] = {"tieoutShield/v1": found.fingerprint}
        if found.cwe:
            result["taxa"] = [self._weakness(found.cwe)]
        if found.suppressed:
            result["suppressions"] = [
                {"kind": "inSource", "status": "accepted", "justification": found.suppressed}
            ]
        if found.fix:
            result["fixes"] = [self._fix(found)]
        return result

    def _location(self, found: Found) -> Json:
        physical: Json = {"artifactLocation": self._artifact(found.path)}
        if found.cell:
            # Lines and columns of a cell are none of the notebook's file; the line of the file is known as well.
            physical["region"] = {"startLine": max(1, found.file_line)}
            logical = {"name": f"cell {found.cell}", "fullyQualifiedName": f"{found.path}#{found.cell}"}
            return {"physicalLocation": physical, "logicalLocations": [logical]}
        region: Json = {"startLine": int(found.line.value), "startColumn": found.column}
        if found.end_line:
            region |= {"endLine": found.end_line, "endColumn": found.end_column}
        if found.text and found.end_line == found.line.value:
            snippet = found.text[found.column - 1 : found.end_column - 1]
            region |= {"snippet": {"text": snippet}} if snippet else {}
        physical["region"] = region
        return {"physicalLocation": physical}

    def _artifact(self, path: str) -> Json:
        if path == "-":
            return {"uri": "stdin"}
        absolute = (self._folder / path).resolve()
        if not absolute.exists():
            absolute = (self._folder / os.path.expanduser(path)).resolve()  # noqa: PTH111 - ~ may be a file
        try:
            relative = absolute.relative_to(self._folder.resolve())
        except ValueError:
            return {"uri": absolute.as_uri()}
        return {"uri": quote(relative.as_posix()), "uriBaseId": ROOT}

    def _fix(self, found: Found) -> Json:
        return {
            "description": {"text": found.advice[self._lang] or found.message[self._lang]},
            "artifactChanges": [
                {
                    "artifactLocation": self._artifact(found.path),
                    "replacements": [_replacement(edit) for edit in found.fix],
                }
            ],
        }

    def _invocation(self) -> Json:
        invocation: Json = {
            "executionSuccessful": all(each.partly for each in self._scan.unknown),
            "exitCode": int(self._scan.exit_code),
            "workingDirectory": {"uri": self._folder.resolve().as_uri()},
        }
        if self._scan.unknown:
            invocation["toolExecutionNotifications"] = [
                self._notification(each) for each in self._scan.unknown
            ]
        return invocation

    def _notification(self, each: NotChecked) -> Json:
        notification: Json = {
            "descriptor": {"id": "not-checked", "index": 0},
            "level": "note" if each.partly else "error",
            "message": {"text": str(each)},
        }
        if each.kind == "file":
            place = {"physicalLocation": {"artifactLocation": self._artifact(each.path)}}
            notification["locations"] = [place]
        return notification


def _number(cwe: str) -> int:
    return int(cwe.removeprefix("CWE-"))


def _replacement(edit: Edit) -> Json:
    return {
        "deletedRegion": {
            "startLine": edit.line,
            "startColumn": edit.column,
            "endLine": edit.end_line,
            "endColumn": edit.end_column,
        },
        "insertedContent": {"text": edit.text},
    }


def _help(found: Found, rule: Rule | None, lang: Language) -> Json:
    text = f"{found.message[lang]} {found.advice[lang]}".strip()
    if rule is None:
        return {"text": text}
    parts: Sequence[str] = [text]
    fence = rule.languages[0] if rule.languages[0] != "any" else ""
    if rule.category == "code":
        unsafe, safe = _("Unsafe", lang=lang), _("Safe", lang=lang)
        parts = [
            text,
            f"{unsafe}:\n\n```{fence}\n{example_of(rule, hit=True)}\n```",
            f"{safe}:\n\n```{fence}\n{example_of(rule, hit=False)}\n```",
        ]
    links = "\n".join(f"- {link}" for link in rule.references)
    return {"text": text, "markdown": "\n\n".join([*parts, links] if links else parts)}
