"""PHP: pages, names, built strings, and checks before a place."""

from __future__ import annotations

import pytest

from tieout_code_shield.dialects.php_pages import without_html
from tieout_code_shield.limits import Limits
from tieout_code_shield.reports import Report
from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner

SCANNER = Scanner(RuleSet(shipped_rules()), limits=Limits(200_000, 10.0))


def scan(code: str) -> Report:
    report = SCANNER.scan(code, "php")
    assert not report.unknown
    return report


def found(code: str) -> set[str]:
    return {issue.rule.id for issue in scan(code).issues}


@pytest.mark.parametrize(
    "page",
    [
        "<html>it's <?php echo 1; ?> and <?= $x ?></html>\n",
        "<?php\nif ($a): ?>\n<b>'</b>\n<?php endif",
        '$x = \'<?xml version="1.0"?>\'; f("?>");',
        "// a comment ?> text <?php f();",
        "plain text",
        "<?= 'a' ?>",
        "<?=$x;?>",
        "<?php $a = <<<X\n?>\nX;\n",
    ],
)
def test_pages_keep_every_offset(page: str) -> None:
    code = without_html(page)
    assert len(code) == len(page)
    assert [i for i, c in enumerate(code) if c == "\n"] == [i for i, c in enumerate(page) if c == "\n"]


def test_markup_is_no_code_and_a_finding_stands_where_the_page_has_it() -> None:
    page = "<h1>Don't</h1>\n<script>eval(x)</script>\n<p><?= $_GET['q'] ?></p>\n"
    (issue,) = scan(page).issues
    assert (issue.rule.id, issue.line) == ("php-xss", 3)
    assert page[issue.start : issue.end].startswith("<?= $_GET['q']")


def test_tags_inside_strings_are_text() -> None:
    assert found("$x = '?>'; eval($_POST['c']);") == {"php-eval"}


def test_fragments_without_a_class_or_a_tag_are_read() -> None:
    assert found("public function run($x)\n{\n    return eval($x);\n}\n") == {"php-eval"}
    assert "php-csrf-disabled" in found("public $enableCsrfValidation = false;")


@pytest.mark.parametrize(
    "check",
    [
        "if (!in_array($page, ['a', 'b'], true)) { exit; }",
        "if (!isset($pages[$page])) { exit; }",
        "if (!preg_match('/^[a-z]+$/', $page)) { exit; }",
        "if (!ctype_alnum($page)) { exit; }",
    ],
)
def test_checked_value_is_no_finding(check: str) -> None:
    code = "$page = $_GET['page'];\n{}\ninclude \"pages/$page.php\";"
    assert "php-file-inclusion" in found(code.format(""))
    assert "php-file-inclusion" not in found(code.format(check))


def test_check_of_another_value_does_not_count() -> None:
    code = "if (!in_array($other, ['a'])) { exit; }\ninclude $_GET['page'];"
    assert "php-file-inclusion" in found(code)


def test_pattern_that_is_not_anchored_proves_nothing() -> None:
    assert "php-open-redirect" in found(
        "if (preg_match('/a/', $_GET['u'])) header('Location: ' . $_GET['u']);"
    )


def test_values_cross_functions() -> None:
    helper = "function pageName() { return $_GET['name']; }\necho pageName();"
    assert "php-xss" in found(helper)
    assert "php-xss" not in found(
        "function clean($x) { return htmlspecialchars($x); }\necho clean($_GET['x']);"
    )
    assert "php-xss" in found("function show($html) { echo $html; }\nshow($_POST['html']);")


@pytest.mark.parametrize(
    "value", ["(int) $_GET['n']", "intval($_GET['n'])", "sprintf('%d', $_GET['n'])", "count($_GET['n'])"]
)
def test_numbers_carry_nothing(value: str) -> None:
    assert found(f'$n = {value};\nmysqli_query($c, "SELECT * FROM t WHERE a = $n");\necho $n;') == set()


def test_request_parameter_of_any_name_is_a_request() -> None:
    code = "function show(Request $incoming) {\n    echo $incoming->input('q');\n}\n"
    assert "php-xss" in found(code)


def test_name_of_a_variable_function_comes_from_the_request() -> None:
    assert "php-dynamic-call" in found("$f = $_GET['f'];\n$f($x);")
    assert "php-dynamic-call" not in found("$f = 'strlen';\n$f($_GET['x']);")


def test_strict_comparison_of_hashes_is_left_alone() -> None:
    assert "php-loose-compare" in found("if (md5($a) == $b) { f(); }")
    assert "php-loose-compare" not in found("if (md5($a) === $b) { f(); }")
