"""Which files below a folder are looked at, as what, and which are left out or cannot be read."""

from __future__ import annotations

import io
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from shield_trees import KEY, UNSAFE, tree

from tieout.errors import InputError
from tieout_code_shield.files import Request, scan_files
from tieout_code_shield.settings import ShieldSettings
from tieout_code_shield.sources import find_sources

SETTINGS = ShieldSettings()


def names(folder: Path, *, exclude: tuple[str, ...] = (), ignore: bool = True, below: str = "") -> list[str]:
    found = find_sources([str(folder / below)], exclude=exclude, ignore=ignore)
    return [source.path.relative_to(folder).as_posix() for source in found.files]


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


@pytest.mark.parametrize("data", [b"x = '\xff\xfe\xfa'\n", "x = 1\n".encode("utf-16")])
@pytest.mark.parametrize("language", ["", "python"])
def test_standard_input_that_is_no_utf8_is_not_checked(
    monkeypatch: pytest.MonkeyPatch, data: bytes, language: str
) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(data)))
    report = scan_files(ShieldSettings(), Request(paths=["-"], language=language))
    assert [each.reason for each in report.unknown] == ["not UTF-8 text"]
