"""Write tieout/text/_simplified_table.py from OpenCC's single-character dictionary.

Needs the development dependency opencc-python-reimplemented (Apache-2.0). Run from the repository root:

    python agent_core/scripts/make_simplified_table.py            # rewrite the module
    python agent_core/scripts/make_simplified_table.py --check    # exit 1 when the module is stale
"""

import argparse
import importlib.util
import sys
from pathlib import Path

TARGET = Path(__file__).resolve().parents[1] / "src" / "tieout" / "text" / "_simplified_table.py"
# ruff counts a Chinese character as two columns, so 48 of them keep a line under 110.
PER_LINE = 48

HEADER = '''"""Traditional and simplified characters, position by position. Written by make_simplified_table.py.

Source: TSCharacters.txt of OpenCC (Apache-2.0), first choice of each line, through opencc-python-reimplemented.
Kept: pairs of one character of the basic plane each that the Big5-HKSCS character set holds, that is, what printed
Chinese really uses.
"""

'''


def pairs() -> list[tuple[str, str]]:
    """The (traditional, simplified) pairs to ship, sorted by the traditional character."""
    spec = importlib.util.find_spec("opencc")
    if spec is None or spec.origin is None:
        sys.exit("opencc-python-reimplemented is not installed: install the development dependencies")
    source = Path(spec.origin).parent / "dictionary" / "TSCharacters.txt"
    first: dict[str, str] = {}
    for line in source.read_text(encoding="utf-8").splitlines():
        traditional, _, choices = line.partition("\t")
        if choices:
            first[traditional] = choices.split()[0]
    kept: list[tuple[str, str]] = []
    for traditional, simplified in first.items():
        seen = {traditional}
        while simplified in first and simplified not in seen:  # one pass must reach a fixed point
            seen.add(simplified)
            simplified = first[simplified]
        if traditional != simplified and _common(traditional) and ord(simplified) < 0x10000:
            kept.append((traditional, simplified))
    return sorted(kept)


def _common(character: str) -> bool:
    try:
        character.encode("big5hkscs")
    except UnicodeEncodeError:
        return False
    return len(character) == 1 and ord(character) < 0x10000


def render() -> str:
    """The text of the module."""
    table = pairs()
    blocks = []
    for name, characters in (
        ("TRADITIONAL", "".join(pair[0] for pair in table)),
        ("SIMPLIFIED", "".join(pair[1] for pair in table)),
    ):
        rows = [characters[i : i + PER_LINE] for i in range(0, len(characters), PER_LINE)]
        blocks.append(f"{name} = (\n" + "".join(f'    "{row}"\n' for row in rows) + ")\n")
    return HEADER + "\n".join(blocks)


def main() -> int:
    """Write the module, or with --check only compare it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; exit 1 when the module is stale")
    if parser.parse_args().check:
        return 0 if TARGET.read_text(encoding="utf-8") == render() else 1
    TARGET.write_text(render(), encoding="utf-8")
    print(f"{TARGET.name}: {len(pairs())} characters")
    return 0


if __name__ == "__main__":
    sys.exit(main())
