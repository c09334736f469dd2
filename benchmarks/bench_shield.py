"""The code shield's speed and hit rate, side by side with other scanners in the same run.

    python benchmarks/bench_shield.py [--sources FOLDER] [--cases FILE] [--sample 25] [--no-rivals]

Processor time of one scan of 20, 100 and 500 lines, warm, by language; of one streamed line; of the import and of the
first scan. The texts are cut from files of the standard library and of the packages that ``bench_shield_clean.py``
fetches (``--sources`` names a folder that its ``--keep`` filled); for a language that cannot be fetched they are the
rules' own examples one after another, which is denser than code ever is.

Rivals are installed into virtual environments of their own in a temporary folder; one that cannot be is left out with
the reason. A rival that is a program is timed with its child processes, start included: that is what each scan costs.
``--cases`` takes labelled snippets (rows with ``language`` and ``code`` or ``origin_code``) and adds the share in which
each finds anything at all; rivals get a sample, since some need half a second for each.

Targets: p95 at most 2, 6 and 25 ms at 20, 100 and 500 lines; at most 1 ms a streamed line; import at most 250 ms.
"""

from __future__ import annotations

import argparse
import ast
import json
import os
import random
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench_shield_clean import fetch, sources

from tieout_code_shield.blocks import CodeBlock
from tieout_code_shield.evaluation import read_cases
from tieout_code_shield.fences import CodeLine
from tieout_code_shield.limits import Limits
from tieout_code_shield.scanner import Scanner
from tieout_code_shield.settings import ShieldSettings
from tieout_code_shield.shield import Shield

SIZES = (20, 100, 500)
ROUNDS = {20: 80, 100: 60, 500: 25}
LANGUAGES = ("python", "javascript", "typescript", "java", "kotlin", "csharp", "go", "c", "cpp", "rust", "php", "ruby",
             "shell")  # fmt: skip
SUFFIX = {"python": "py", "javascript": "js", "java": "java", "csharp": "cs", "c": "c", "cpp": "cpp", "php": "php",
          "rust": "rs", "ruby": "rb", "go": "go"}  # fmt: skip


# Texts


Pools = Mapping[str, Sequence[str]]
"""Lines of code by language."""


def read_pools(scanner: Scanner, folder: Path) -> Pools:
    """The lines that texts are cut from: of real files, or of examples where there are none."""
    lines: dict[str, list[str]] = {}
    for path, language in sources(folder):
        text = path.read_text("utf-8", "replace")
        lines.setdefault(language.rules, []).extend(line[:200] for line in text.split("\n"))
    for language in LANGUAGES:
        if len(lines.get(language, ())) < 2_000:
            print(f"{language}: no files, so the texts are the rules' examples")
            examples = [
                example
                for rule in scanner.rules.rules
                if language in rule.languages
                for example in (*rule.must_miss, *rule.must_hit)
            ]
            random.Random(language).shuffle(examples)
            lines[language] = [line for example in examples for line in example.split("\n")]
    return lines


def texts(pools: Pools, language: str, lines: int) -> list[str]:
    """Texts of so many lines, different ones."""
    chance = random.Random(f"{language} {lines}")
    pool = pools[language]
    starts = [chance.randrange(max(1, len(pool) - lines)) for _ in range(ROUNDS[lines])]
    return ["\n".join(pool[start : start + lines]) + "\n" for start in starts]


# Ours


def ours(scanner: Scanner, pools: Pools) -> None:
    """Print what a scan, a streamed line, the import and the first scan cost."""
    heads = "".join(f"{size:>6} lines: p50   p95" for size in SIZES)
    print(f"{'ms of processor time':22}{heads}   streamed line")
    worst = dict.fromkeys(SIZES, 0.0)
    for language in LANGUAGES:  # a text may hold a second language, whose first scan reads its rules
        scanner.canary(language)
    for language in LANGUAGES:
        cells = ""
        for size in SIZES:
            times = timed(scanner, texts(pools, language, size), language)
            p95 = _quantile(times, 0.95)
            worst[size] = max(worst[size], p95)
            cells += f"{1e3 * statistics.median(times):>17.2f} {1e3 * p95:>5.2f}"
        line = statistics.median(
            _streamed(scanner, text, language) for text in texts(pools, language, 100)[:12]
        )
        print(f"  {language:20}{cells} {1e3 * line:>13.2f}")
    print(f"  {'worst p95':20}" + "".join(f"{1e3 * worst[size]:>23.2f}" for size in SIZES))
    print(f"  {'target':20}" + "".join(f"{limit:>23}" for limit in (2, 6, 25)) + f"{1:>14}")
    for name, code in (
        ("import", "import tieout_code_shield.scanner, tieout_code_shield.shield, ast_grep_py"),
        (
            "import and first scan",
            "from tieout_code_shield import scan_code; scan_code('print(1)', 'python')",
        ),
    ):
        print(f"{name:22} {1e3 * _fresh(code):8.0f} ms of processor time (a bare interpreter taken off)")


def timed(scanner: Scanner, samples: Sequence[str], language: str) -> list[float]:
    """Seconds of processor time that each scan takes, warm: the median of three, since the machine is not alone."""
    return [statistics.median(_scanned(scanner, text, language) for _ in range(3)) for text in samples]


def _scanned(scanner: Scanner, text: str, language: str) -> float:
    start = time.thread_time()
    scanner.scan(text, language, limits=Limits(10**7, 5.0))
    return time.thread_time() - start


def _quantile(times: Sequence[float], share: float) -> float:
    return sorted(times)[min(len(times) - 1, int(len(times) * share))]


def _streamed(scanner: Scanner, text: str, language: str) -> float:
    """Seconds a line, when a block of code is streamed."""
    block = CodeBlock(scanner, ShieldSettings(max_seconds=5.0), language, lang="en")
    lines = text.split("\n")
    start = time.thread_time()
    for line in lines:
        block.push(CodeLine(f"{line}\n", line, 0))
    return (time.thread_time() - start) / len(lines)


def _fresh(code: str) -> float:
    """Processor time of a new interpreter that runs this, less that of one that does nothing; the least of five."""

    def run(what: str) -> float:
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        subprocess.run([sys.executable, "-c", what], check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime

    return min(run(code) for _ in range(5)) - min(run("pass") for _ in range(5))


# Rivals


@dataclass(frozen=True)
class Rival:
    """Another scanner."""

    name: str
    packages: tuple[str, ...]
    languages: tuple[str, ...]
    command: tuple[str, ...] = ()
    """A program that scans a file and ends with 1 when it found something; ``{}`` stands for the file."""
    service: str = ""
    """Or Python that reads a JSON list of [language, code] from standard input, and prints [seconds, hit] for each."""


_CODESHIELD = """
import asyncio, json, resource, sys
from codeshield.cs import CodeShield, Language
NAMES = {each.value: each for each in Language}
def used():
    both = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return sum(each.ru_utime + each.ru_stime for each in both)
out = []
for language, code in json.load(sys.stdin):
    start = used()
    result = asyncio.run(CodeShield.scan_code(code, NAMES.get(language)))
    out.append([used() - start, bool(result.is_insecure)])
print("RESULT" + json.dumps(out))
"""
_CODESHIELD_LANGUAGES = ("python", "javascript", "java", "csharp", "c", "cpp", "php", "rust")
RIVALS = (
    Rival("bandit 1.9.1", ("bandit==1.9.1",), ("python",), ("bandit", "-q", "-f", "json", "{}")),
    Rival("ruff 0.14.4, S rules", ("ruff==0.14.4",), ("python",),
          ("ruff", "check", "--isolated", "--no-cache", "--select", "S", "--ignore", "S101", "-q", "{}")),
    Rival("codeshield 1.0.1 as installed", ("codeshield==1.0.1",), _CODESHIELD_LANGUAGES, service=_CODESHIELD),
    Rival("codeshield 1.0.1, semgrep 1.100.0", ("codeshield==1.0.1", "semgrep==1.100.0"), _CODESHIELD_LANGUAGES,
          service=_CODESHIELD),
)  # fmt: skip


def install(rival: Rival, folder: Path) -> str:
    """Make an environment with the rival in it; returns why that was not possible, or nothing."""
    try:
        venv.create(folder, with_pip=True)
        command = [
            str(folder / "bin" / "python"),
            "-m",
            "pip",
            "install",
            "-q",
            "--disable-pip-version-check",
        ]
        subprocess.run(
            [*command, *rival.packages, "setuptools<81"], check=True, capture_output=True, timeout=900
        )
    except subprocess.CalledProcessError as error:
        return (error.stderr or b"").decode("utf-8", "replace").strip().rpartition("\n")[2][:160] or str(
            error
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return str(error)[:160]
    return ""


def scanned(rival: Rival, folder: Path, cases: Sequence[tuple[str, str]]) -> list[tuple[float, bool]]:
    """Seconds of processor time and whether it found anything, for each (language, code)."""
    environment = {
        **os.environ,
        "PATH": f"{folder / 'bin'}:{os.environ['PATH']}",
        "SEMGREP_SEND_METRICS": "off",
    }
    if rival.service:
        command = [str(folder / "bin" / "python"), "-c", rival.service]
        done = subprocess.run(
            command,
            input=json.dumps(list(cases)),
            capture_output=True,
            text=True,
            env=environment,
            timeout=3_600,
        )
        if "RESULT" not in done.stdout:
            raise RuntimeError(done.stderr.strip().rpartition("\n")[2][:200])
        return [(seconds, hit) for seconds, hit in json.loads(done.stdout.rpartition("RESULT")[2])]
    return [_run_program(rival, folder, language, code, environment) for language, code in cases]


def _run_program(
    rival: Rival, folder: Path, language: str, code: str, environment: Mapping[str, str]
) -> tuple[float, bool]:
    file = folder / f"case.{SUFFIX[language]}"
    file.write_text(code, "utf-8")
    command = [part.replace("{}", str(file)) for part in rival.command]
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, env=environment, timeout=120)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    if rival.name.startswith("ruff"):
        return spent, done.returncode == 1 and b"S" in done.stdout
    return spent, done.returncode == 1


UNSAFE = "import subprocess\n\n\ndef run(name):\n    return subprocess.run('ls ' + name, shell=True)\n\n\n"


def whole_texts(pools: Pools, lines: int) -> list[str]:
    """Python texts that other scanners can parse, made of whole definitions; every second has an unsafe call in it."""
    source = "\n".join(pools["python"])
    blocks = re.findall(r"^(?:def|class) [^\n]*:\n(?:(?:[ \t][^\n]*)?\n)+", source, re.MULTILINE)
    chance = random.Random(lines)
    found: list[str] = []
    while len(found) < 12:
        text = UNSAFE if len(found) % 2 else ""
        while text.count("\n") < lines:
            block = chance.choice(blocks)
            if _parses(block) and block.count("\n") <= lines:
                text += block
        found.append(text)
    return found


def _parses(block: str) -> bool:
    try:
        ast.parse(block)
    except SyntaxError:
        return False
    return True


def rivals(scanner: Scanner, pools: Pools, cases: Sequence[tuple[str, str]]) -> None:
    """Install each, time it on the same Python texts as ours, and count its hits in the sample."""
    samples = {size: whole_texts(pools, size) for size in SIZES}
    heads = "".join(f"{size:>8} lines: p50  p95" for size in SIZES)
    print(f"\n{'ms of processor time':36}{heads}   (Python, every second text with an unsafe call)")
    print(f"  {'code shield':34}{_cells([timed(scanner, listed, 'python') for listed in samples.values()])}")
    with tempfile.TemporaryDirectory() as made:
        for number, rival in enumerate(RIVALS):
            folder = Path(made) / str(number)
            why = install(rival, folder)
            if why:
                print(f"  {rival.name:34} left out: {why}")
                continue
            try:
                times = [
                    [spent for spent, _ in scanned(rival, folder, [("python", text) for text in each])]
                    for each in samples.values()
                ]
                print(f"  {rival.name:34}{_cells(times)}")
                _rival_hits(rival, folder, cases)
            except (RuntimeError, subprocess.SubprocessError, OSError) as error:
                print(f"  {rival.name:34} left out: {str(error)[:160]}")


def _cells(times: Sequence[Sequence[float]]) -> str:
    return "".join(
        f"{1e3 * statistics.median(each):>19.1f} {1e3 * _quantile(each, 0.95):>4.0f}" for each in times
    )


def _rival_hits(rival: Rival, folder: Path, cases: Sequence[tuple[str, str]]) -> None:
    fitting = [case for case in cases if case[0] in rival.languages]
    if fitting:
        results = scanned(rival, folder, fitting)
        hits = [(language, hit) for (language, _), (_, hit) in zip(fitting, results, strict=True)]
        print(_shares(hits, "    hits in the sample"))


# Hit rate


def _shares(hits: Sequence[tuple[str, bool]], name: str) -> str:
    total, hit = (
        Counter(language for language, _ in hits),
        Counter(language for language, found in hits if found),
    )
    each = " ".join(f"{language} {100 * hit[language] / total[language]:.0f}" for language in sorted(total))
    return f"{name:22} {100 * sum(hit.values()) / max(1, len(hits)):.0f} % of {len(hits)}: {each}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--sources", type=Path, help="a folder with real files in it")
    parser.add_argument("--cases", type=Path, help="labelled snippets")
    parser.add_argument("--sample", type=int, default=25, help="cases a language that rivals get")
    parser.add_argument("--no-rivals", action="store_true")
    given = parser.parse_args()
    scanner = Shield(ShieldSettings(max_seconds=5.0)).scanner
    cases = [(case.language, case.code) for case in read_cases(given.cases)] if given.cases else []
    with tempfile.TemporaryDirectory() as made:
        if given.sources is None:
            fetch(Path(made))
        pools = read_pools(scanner, given.sources or Path(made))
    ours(scanner, pools)
    sample = hit_rate(scanner, cases, given.sample) if cases else []
    if not given.no_rivals:
        rivals(scanner, pools, sample)


def hit_rate(scanner: Scanner, cases: Sequence[tuple[str, str]], size: int) -> list[tuple[str, str]]:
    """Print the share of cases in which anything is found; returns a sample of them."""
    found = [(language, bool(scanner.scan(code, language).issues)) for language, code in cases]
    print("\n" + _shares(found, "hits, code shield"))
    mixed = random.Random(7).sample(list(zip(cases, found, strict=True)), len(cases))
    by_language: dict[str, list[tuple[tuple[str, str], tuple[str, bool]]]] = {}
    for case, hit in mixed:
        by_language.setdefault(case[0], []).append((case, hit))
    chosen = [each for language in sorted(by_language) for each in by_language[language][:size]]
    print(_shares([hit for _, hit in chosen], "  in the sample"))
    return [case for case, _ in chosen]


if __name__ == "__main__":
    main()
