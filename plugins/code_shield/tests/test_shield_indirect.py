"""Calls that reach the same function by another name; and what only looks like one."""

from __future__ import annotations

import pytest

from tieout_code_shield.limits import Limits
from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(RuleSet(shipped_rules()), limits=Limits(200_000, 5.0))


def found(scanner: Scanner, code: str, language: str) -> list[str]:
    return [issue.rule.id for issue in scanner.scan(code, language).issues]


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("import os\nrun = os.system\nrun(command)", "py-os-command"),
        ("import os\ngetattr(os, 'system')(command)", "py-os-command"),
        ("import os\ngetattr(os, 'sys' + 'tem')(command)", "py-os-command"),
        ("__import__('os').system(command)", "py-os-command"),
        ("import importlib\nimportlib.import_module('os').system(command)", "py-os-command"),
        ("from subprocess import *\nrun(command, shell=True)", "py-subprocess-shell"),
        ("e = eval\ne(text)", "py-eval"),
        (
            "import requests\nfrom flask import request\ns = requests.Session()\ns.get(request.args['u'])",
            "py-ssrf",
        ),
        ("with httpx.Client() as c:\n    c.get(request.args['u'])", "py-ssrf"),
        ("subprocess.run(command, shell=1)", "py-subprocess-shell"),
        ("opts = dict(shell=True)\nsubprocess.run(command, **opts)", "py-subprocess-shell"),
        ("opts = {'verify': False}\nrequests.get(url, **opts)", "py-tls-verify"),
        ("from Crypto.Cipher import AES\nmode = AES.MODE_ECB\nAES.new(key, mode)", "py-weak-cipher"),
        ("cmd = ['sh', '-c', text]\nsubprocess.Popen(cmd)", "py-os-command"),
        ("import os\nos.\uff53ystem(command)", "py-os-command"),
    ],
)
def test_another_name_is_the_same_function(scanner: Scanner, code: str, rule: str) -> None:
    assert rule in found(scanner, code, "python")


@pytest.mark.parametrize(
    "code",
    [
        "import os\nlist_files = os.listdir\nlist_files(folder)",
        "import os\ngetattr(os, name)",
        "import os\ngetattr(os, 'getcwd')()",
        "__import__('json').loads(text)",
        "from subprocess import *\nrun(['ls', '-l'])",
        "subprocess.run(command, shell=0)",
        "opts = dict(shell=False)\nsubprocess.run(command, **opts)",
        "from Crypto.Cipher import AES\nmode = AES.MODE_GCM\nAES.new(key, mode)",
        "class Kind(Enum):\n    LIST = 'ls -l'\nimport os\nos.system(Kind.LIST.value)",
        "s = requests.Session()\ns.get('https://api.example/x')",
        "class Store:\n    def read(self):\n        return open(self.path)",
    ],
)
def test_what_only_looks_like_it(scanner: Scanner, code: str) -> None:
    assert found(scanner, code, "python") == []


def test_the_path_of_a_request_is_one_in_a_handler_only(scanner: Scanner) -> None:
    body = "    def do_GET(self):\n        return open(self.path)\n"
    assert "py-path-traversal" in found(scanner, f"class A(BaseHTTPRequestHandler):\n{body}", "python")
    assert "py-path-traversal" in found(scanner, body.replace("    def", "def"), "python")
    assert found(scanner, f"class A(Storage):\n{body}", "python") == []


@pytest.mark.parametrize(
    "code", ["(0, eval)(text)", "const e = eval; e(text)", "const f = Function; f(text)()"]
)
def test_eval_by_another_name(scanner: Scanner, code: str) -> None:
    assert "js-eval" in found(scanner, code, "javascript")


def test_a_program_with_arguments_is_no_shell(scanner: Scanner) -> None:
    call = "Runtime.getRuntime().exec({});"
    assert found(scanner, call.format('new String[]{"ls", name}'), "java") == []
    assert found(scanner, 'String[] a = {"ls", name}; ' + call.format("a"), "java") == []
    for shell in ('new String[]{"sh", "-c", name}', 'new String[] {"cmd.exe", "/c", name}'):
        assert found(scanner, call.format(shell), "java") == ["java-command-injection"]
    assert found(scanner, 'String[] a = {"/bin/sh", "-c", name}; ' + call.format("a"), "java") == [
        "java-command-injection"
    ]
