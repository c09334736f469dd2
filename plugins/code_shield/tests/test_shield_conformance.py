"""The checks that any plugin should pass, on the shield."""

from __future__ import annotations

from tieout.testing import PluginChecks, PluginUnderTest
from tieout_code_shield import plugin

ANSWERS = [
    "No code here, only `inline` words.\n",
    "Try this:\n\n```python\nimport os\nos.system('ls ' + name)\nprint('done')\n```\n\nThat is all.\n",
    "1. First\n   ~~~~js\n   el.innerHTML = '<b>' + req.query.b\n     + '</b>';\n   go();\n   ~~~~\n2. Second\n",
    "```\n:(){ :|:& };:\n```\nafter\n",
    "> ```py\n> token = 5\n> exec(source)\n\nend without a fence",
]


class TestShieldConformance(PluginChecks):
    subject = PluginUnderTest(
        "shield",
        plugin,
        package="tieout_code_shield",
        calls={
            "scan_code": [
                {"code": "import os\nos.system('ls ' + name)", "language": "python"},
                {"code": "const a = 1;"},
                {"code": "x := 1", "language": "go"},
            ],
            "rules": [{}, {"language": "python"}, {"cwe": "89"}],
            "explain": [{"rule": "py-eval"}, {"rule": "CWE-798"}],
        },
        answers=ANSWERS,
    )
