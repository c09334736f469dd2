"""How each language goes through the members of an archive."""

from __future__ import annotations

import re
from typing import Final

from tieout_code_shield.dialects.archives import Archives

__all__ = ["CSHARP", "GO", "JAVA", "JAVASCRIPT", "KOTLIN", "PHP", "PYTHON", "RUBY", "RUST"]

PYTHON: Final = Archives(
    sign=re.compile(
        r"\b(?:tarfile|zipfile|TarFile|ZipFile|py7zr|rarfile)\b|\.(?:namelist|infolist|getmembers|getnames)\("
    ),
    members=(
        (
            re.compile(r"\bfor (?:\w+, )?\(?(\w+)\)? in [^\n:]{0,80}\.(?:namelist|getnames)\(\)"),
            r"%s\b",
        ),
        (
            re.compile(r"\bfor (?:\w+, )?\(?(\w+)\)? in [^\n:]{0,80}\.(?:infolist|getmembers)\(\)"),
            r"%s\.(?:file)?name\b",
        ),
        (re.compile(r"\bfor (\w+) in (?:t|tf|tar\w*|archive)\s*:"), r"%s\.name\b"),
    ),
    on=frozenset({"write_bytes", "write_text", "open"}),
)
JAVASCRIPT: Final = Archives(
    sign=re.compile(
        r"(?i)adm-?zip|yauzl|unzipper|tar-?stream|jszip|stream-?zip|\btar\.|decompress|unzip|yazl|fflate"
    ),
    members=(
        (
            re.compile(r"\.on\(\s*['\"]entry['\"]\s*,\s*(?:async\s*)?(?:function\s*\w*\s*)?\(?\s*(\w+)"),
            r"%s\.(?:fileName|path|name|filename|entryName)\b",
        ),
        (
            re.compile(r"\bfor\s*(?:await\s*)?\(\s*(?:const|let|var)\s+(\w+)\s+of\s"),
            r"%s\.(?:entryName|fileName|path|name|filename)\b",
        ),
        (
            re.compile(r"\.(?:forEach|map)\(\s*(?:async\s*)?(?:function\s*)?\(?\s*(\w+)"),
            r"%s\.(?:entryName|fileName|path|name|filename)\b",
        ),
        (re.compile(r"\[\s*(\w+)\s*(?:,\s*\w+\s*)?\]\s+of\s+Object\.entries\("), r"%s\b"),
        (re.compile(r"\b(?:const|let)\s+(\w+)\s+(?:of\s+Object\.keys\(|in\s+)\w+\.files\b"), r"%s\b"),
    ),
)
GO: Final = Archives(
    sign=re.compile(
        r"\b(?:zip|tar)\.(?:OpenReader|NewReader|Reader|ReadCloser|File|Header)\b|\.Next\(\)|\.File\b"
    ),
    members=(
        (re.compile(r"\bfor\s+\w+\s*,\s*(\w+)\s*:=\s*range\s+[\w.]{1,60}\.File\b"), r"%s\.Name\b"),
        (re.compile(r"\b(\w+)\s*,\s*\w+\s*:?=\s*\w+\.Next\(\)"), r"%s\.Name\b"),
        (re.compile(r"\b(\w+)\s+\*?(?:zip\.File|tar\.Header)\b"), r"%s\.Name\b"),
    ),
)
_ENTRIES: Final = r"(?:Zip|Jar|TarArchive|ZipArchive|JarArchive|SevenZArchive|Archive)Entry"
JAVA: Final = Archives(
    sign=re.compile(_ENTRIES),
    members=((re.compile(_ENTRIES + r"\s+(\w+)"), r"%s\.getName\(\)"),),
    second=frozenset({"copy", "copyInputStreamToFile"}),
)
KOTLIN: Final = Archives(
    sign=re.compile(
        r"ZipFile|ZipInputStream|JarFile|JarInputStream|TarArchiveInputStream|ArchiveEntry|ZipEntry"
    ),
    members=(
        (
            re.compile(
                r"\bva[rl]\s+(\w+)\s*(?::\s*[\w?.]{1,40}\s*)?=\s*[\w.]{1,60}\.(?:next\w*Entry|getNext\w*\(\))"
            ),
            r"%s!{0,2}\??\.name\b",
        ),
        (re.compile(r"(?:entries\(\)|next\w*Entry\s*\})[^\n]{0,80}\{\s*(\w+)\s*->"), r"%s\.name\b"),
        (
            re.compile(r"\bfor\s*\(\s*(\w+)\s*(?::\s*\w+\s*)?in\s+[^\n]{0,60}\bentries(?:\(\)|\b)"),
            r"%s\.name\b",
        ),
        (
            re.compile(r"(?:entries\(\)|next\w*Entry\s*\})[^\n]{0,80}forEach\s*\{(?!\s*\w+\s*->)"),
            r"\bit\.name\b",
        ),
    ),
    second=frozenset({"copy"}),
    on=frozenset({"outputStream", "writeBytes", "writeText", "bufferedWriter", "writer"}),
)
CSHARP: Final = Archives(
    sign=re.compile(r"ZipArchive|ZipFile|TarReader|IArchive|SharpCompress|\.Entries\b"),
    members=(
        (
            re.compile(r"\bforeach\s*\(\s*\w+\s+(\w+)\s+in\s+[^\n]{1,60}\bEntries\b"),
            r"%s\.(?:FullName|Key)\b",
        ),
        (re.compile(r"\bis\s+(?:not\s+null\s+and\s+)?(?:\w*TarEntry|\{\s*\})\s+(\w+)"), r"%s\.Name\b"),
        (re.compile(r"\b(\w+)\s*=\s*(?:await\s+)?\w+\.GetNextEntry\w*\("), r"%s!?\.Name\b"),
    ),
)
RUBY: Final = Archives(
    sign=re.compile(r"\bZip::|TarReader|Zip\.|Minitar|Archive::"),
    members=((re.compile(r"\.each(?:_entry)?\s*(?:do|\{)\s*\|(\w+)\|"), r"%s\.(?:full_name|name)\b"),),
)
PHP: Final = Archives(
    sign=re.compile(r"ZipArchive|PharData|->(?:getNameIndex|statIndex)\("),
    members=(
        (re.compile(r"->getNameIndex\("), r"->getNameIndex\("),
        (re.compile(r"(\$\w+)\s*=\s*\$\w+->statIndex\("), r"%s\[['\"]name['\"]\]"),
    ),
    second=frozenset({"copy", "rename"}),
)
RUST: Final = Archives(
    sign=re.compile(r"ZipArchive|tar::Archive|Archive::new"),
    members=(
        (re.compile(r"\b(\w+)\s*=\s*\w+\.by_(?:index|name)\w*\("), r"%s\.name\(\)"),
        (re.compile(r"\bfor\s+(\w+)\s+in\s+\w+\.entries\(\)"), r"%s\.path\(\)"),
        (re.compile(r"\blet\s+mut\s+(\w+)\s*=\s*\w+\?;"), r"%s\.path\(\)"),
    ),
)
