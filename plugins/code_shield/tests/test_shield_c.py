"""C and C++: what is followed through buffers, pointers, macros and branches, told by pairs that differ once."""

from __future__ import annotations

import pytest

from tieout_code_shield.rule_files import shipped_rules
from tieout_code_shield.rules import RuleSet
from tieout_code_shield.scanner import Scanner


@pytest.fixture(scope="module")
def scanner() -> Scanner:
    return Scanner(RuleSet(shipped_rules()))


def found(scanner: Scanner, code: str, language: str = "c") -> set[str]:
    report = scanner.scan(code, language)
    assert not report.unknown
    return {issue.rule.id for issue in report.issues}


COPY = """
void fill(void) {{
    char *data;
    char small[50];
    char large[100];
    data = {target};
    char source[100];
    memset(source, 'C', 100 - 1);
    source[99] = '\\0';
    {copy};
}}
"""


@pytest.mark.parametrize(
    "copy",
    [
        "memcpy(data, source, 100 * sizeof(char))",
        "strcpy(data, source)",
        "strncpy(data, source, sizeof(source))",
        "memmove(data, source, 100)",
        'snprintf(data, 100, "%s", source)',
    ],
)
def test_size_of_an_array_is_known_through_a_pointer_to_it(scanner: Scanner, copy: str) -> None:
    assert found(scanner, COPY.format(target="small", copy=copy))
    assert not found(scanner, COPY.format(target="large", copy=copy))


def test_pointer_before_the_array_is_too_small_for_anything(scanner: Scanner) -> None:
    assert "c-copy-size" in found(scanner, COPY.format(target="large - 8", copy="memcpy(data, source, 100)"))


COMMAND = """
void run(void) {{
    char *data;
    char buffer[100] = "ls ";
    data = buffer;
    {fill}
    system(data);
}}
"""


@pytest.mark.parametrize(
    ("fill", "unsafe"),
    [
        ("fgets(data + 3, 90, stdin);", True),
        ("recv(sock, data + 3, 90, 0);", True),
        ('strcat(data, getenv("DIR"));', True),
        ('snprintf(data, 100, "ls %s", name);', True),
        ('strcat(data, "*.*");', False),
        ('snprintf(data, 100, "kill %d", pid);', False),
        ("if (5 == 5) { strcat(data, \"-l\"); } else { fgets(data, 90, stdin); }", False),
    ],
)  # fmt: skip
def test_what_library_functions_write_is_followed(scanner: Scanner, fill: str, unsafe: bool) -> None:
    assert ("c-command" in found(scanner, COMMAND.format(fill=fill))) is unsafe


def test_a_macro_may_be_another_name(scanner: Scanner) -> None:
    code = "#define RUN system\nvoid f(char *line) {\n    RUN(line);\n}\n"
    assert "c-command" in found(scanner, code)


NUMBER = """
void use(void) {{
    int data = 0;
    fscanf(stdin, "%d", &data);
    {check}
    {{
        {use}
    }}
}}
"""


@pytest.mark.parametrize(
    ("use", "check"),
    [
        ("int result = data + 1;", "if (data < INT_MAX)"),
        ("int result = data * 2;", "if (data < INT_MAX / 2)"),
        ("show(100 / data);", "if (data != 0)"),
        ("char *block = malloc(data);\nif (!block) return;", "if (data < 1000 && data > 0)"),
        ("int table[10];\ntable[data] = 1;", "if (data >= 0 && data < 10)"),
        ("for (int i = 0; i < data; i++) step();", "if (data < 1000)"),
    ],
)
def test_a_check_before_the_use_counts(scanner: Scanner, use: str, check: str) -> None:
    assert found(scanner, NUMBER.format(check="", use=use))
    assert not found(scanner, NUMBER.format(check=check, use=use))


@pytest.mark.parametrize(
    ("code", "rule"),
    [
        ("char *p = new char[8];\nif (x) { delete p; }", "cpp-mismatched-delete"),
        ("std::string q = \"SELECT * FROM t WHERE a = '\" + a + \"'\";\nstmt->executeQuery(q);", "cpp-sql-injection"),
        ("std::ostringstream s;\ns << \"rm \" << name;\nstd::system(s.str().c_str());", "cpp-command"),
        ("namespace bp = boost::process;\nbp::system(\"ls \" + name);", "cpp-command"),
    ],
)  # fmt: skip
def test_cpp(scanner: Scanner, code: str, rule: str) -> None:
    assert rule in found(scanner, code, "cpp")


def test_nothing_is_said_about_code_that_frees_once_and_leaves(scanner: Scanner) -> None:
    code = """
int load(const char *path) {
    char *text = malloc(64);
    if (text == NULL)
        return -1;
    FILE *f = fopen(path, "r");
    if (f == NULL) {
        free(text);
        return -1;
    }
    if (fgets(text, 64, f) == NULL)
        goto out;
    use(text);
out:
    fclose(f);
    free(text);
    return 0;
}
"""
    assert not found(scanner, code)


@pytest.mark.parametrize(
    ("measured", "safe"),
    [
        ("int n = strlen(path);", False),
        ("int n = strlen(path);\n    if (n >= 200) return;", True),
        ("if (!strlen(path)) return;", False),
        ("if (strlen(path) >= sizeof(copy)) return;", True),
        ("if (strlen(path) > 0) log(1);", False),
        ("reserve(strlen(path) + 1);", True),
    ],
)
def test_a_length_counts_only_where_it_is_used(scanner: Scanner, measured: str, safe: bool) -> None:
    code = (
        f"void keep(const char *path) {{\n    char copy[256];\n    {measured}\n    strcpy(copy, path);\n}}\n"
    )
    assert ("c-strcpy" not in found(scanner, code)) is safe


@pytest.mark.parametrize(
    ("check", "safe"),
    [
        ("if (size > 0)", False),
        ("while (i < size)", False),
        ("if (size <= sizeof(frame))", True),
        ("if (64 >= size)", True),
    ],
)
def test_only_an_upper_bound_limits_a_copy(scanner: Scanner, check: str, safe: bool) -> None:
    code = f"void put(const char *data, int size) {{\n    char frame[64];\n    {check} memcpy(frame, data, size);\n}}\n"
    assert ("c-copy-unchecked-size" not in found(scanner, code)) is safe


@pytest.mark.parametrize("make", ["malloc", "uv__malloc", "Arena_Alloc", "pool->alloc", "my_realloc_array"])
def test_allocators_are_known_by_their_name(scanner: Scanner, make: str) -> None:
    code = "void grow(struct pool *pool, int count) {{\n    rows = {make}({size});\n}}\n"
    assert "c-allocation-overflow" in found(
        scanner, code.format(make=make, size="count * sizeof(struct row)")
    )
    assert not found(scanner, code.format(make=make, size="16 * sizeof(struct row)"))


def test_a_product_of_what_was_measured_does_not_wrap_around(scanner: Scanner) -> None:
    code = "size_t n = text_length(s);\nwchar_t *copy = {}(n * sizeof(wchar_t));"
    assert not found(scanner, code.format("xmalloc"))
    assert found(scanner, code.replace("text_length(s)", "header.count").format("xmalloc"))


def test_the_last_member_of_a_structure_has_the_room_that_was_allocated(scanner: Scanner) -> None:
    code = "struct entry {{\n    char name[{}];\n}};\nvoid set(struct entry *e) {{\n    memcpy(e->name, s, 8);\n}}"
    assert not found(scanner, code.format(1))
    assert "c-copy-size" in found(scanner, code.format(4))


def test_a_pointer_that_moved_has_less_room(scanner: Scanner) -> None:
    code = 'char line[64];\nchar *p = line;\n{}strcpy(p, "ready");'
    assert "c-unbounded-function" in found(scanner, code.format("p += used;\n"))
    assert not found(scanner, code.format(""))


@pytest.mark.parametrize(
    ("size", "value", "safe"),
    [(64, "seconds", False), (400, "seconds", True), (64, "(float)seconds", True)],
)
def test_the_longest_number_counts(scanner: Scanner, size: int, value: str, safe: bool) -> None:
    code = f'char text[{size}];\nsprintf(text, "%.2f", {value});'
    assert ("c-sprintf" not in found(scanner, code)) is safe


def test_an_allocation_is_checked_where_it_is_made(scanner: Scanner) -> None:
    code = "if ({}(b->text = (char *)malloc(b->size)){})\n    return;\nb->text[0] = 0;"
    assert not found(scanner, code.format("!", ""))
    assert not found(scanner, code.format("", " == NULL"))
    assert "c-allocation-unchecked" in found(scanner, "b->text = (char *)malloc(b->size);\nb->text[0] = 0;")


def test_a_method_of_cpp_may_set_what_it_is_given(scanner: Scanner) -> None:
    code = "void read(Input *in) {{\n    int kind;\n    {}\n    use(kind);\n}}"
    assert not found(scanner, code.format("total += in->number(kind);"), "cpp")
    assert "c-uninitialised" in found(scanner, code.format("total = kind + 1;"), "cpp")


def test_a_count_that_was_raised_by_one_is_followed_to_its_end(scanner: Scanner) -> None:
    code = "int rows = count();\nrows = rows + 1;\nint total = rows + 2;\nint *p = malloc(total);"
    assert not found(scanner, code)
    assert "c-allocation-overflow" in found(scanner, code.replace("malloc(total)", "malloc(total * width)"))
