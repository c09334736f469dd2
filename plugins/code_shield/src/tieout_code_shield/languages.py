"""Names of languages, and how their fences and files are called."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["Language", "language_of_file", "language_of_tag"]

Kind = Literal["code", "script", "markup", "data"]
"""code: needs rules for its syntax. script: commands; text rules cover a part without it. markup: holds code between
its tags. data: cannot run."""


@dataclass(frozen=True, slots=True)
class Language:
    """A language as the shield sees it."""

    name: str
    kind: Kind
    rules: str = ""
    """Whose code rules and dialect apply; code in a language whose dialect is not written yet is unknown."""
    grammar: str = ""
    """The tree-sitter grammar that ast-grep ships."""
    comment: str = "#"
    """What starts a comment that ends with the line."""

    def grammar_for(self, code: str) -> str:
        """The grammar that reads ``code``: TypeScript with markup in it needs one of its own."""
        return "tsx" if self.grammar == "typescript" and ("/>" in code or "</" in code) else self.grammar


_LANGUAGES: Final = (
    Language("python", "code", "python", "python"),
    Language("javascript", "code", "javascript", "javascript", "//"),
    Language("typescript", "code", "typescript", "typescript", "//"),
    Language("tsx", "code", "typescript", "tsx", "//"),
    Language("java", "code", "java", "java", "//"),
    Language("go", "code", "go", "go", "//"),
    Language("ruby", "code", "ruby", "ruby"),
    Language("php", "code", "php", "php", "//"),
    Language("c", "code", "c", "c", "//"),
    Language("cpp", "code", "cpp", "cpp", "//"),
    Language("csharp", "code", "csharp", "csharp", "//"),
    Language("rust", "code", "rust", "rust", "//"),
    Language("kotlin", "code", "kotlin", "kotlin", "//"),
    Language("shell", "script", "shell", "bash"),
    Language("swift", "code", "swift", "swift", "//"),
    Language("scala", "code", "scala", "scala", "//"),
    Language("script", "script"),
    Language("html", "markup", comment="//"),
    Language("data", "data"),
)
_WITHOUT_RULES: Final = {
    "#": "powershell fish perl raku r julia elixir nim crystal awk tcl hcl starlark gdscript cmake nix coffeescript",
    "//": "groovy dart zig d objective-c solidity fsharp vala haxe apex verilog actionscript",
    "--": "sql lua haskell ada vhdl elm applescript",
    ";": "clojure lisp assembly autohotkey",
    "%": "erlang matlab prolog",
    "'": "vb",
    "::": "batch",
    "!": "fortran",
    "(*": "ocaml pascal",
    "*>": "cobol",
}
"""Languages that can do harm and that no rules read, by what starts their comments."""
_TAGS: Final = {
    "python": "python py python3 py3 ipython pycon python2 py2 sage",
    "javascript": "javascript js node nodejs mjs cjs es6 ecmascript jsx react",
    "typescript": "typescript ts mts cts deno",
    "tsx": "tsx",
    "java": "java",
    "go": "go golang",
    "ruby": "ruby rb erb irb rails",
    "php": "php php3 php4 php5 php7 php8 phtml",
    "c": "c h",
    "cpp": "cpp c++ cc cxx hpp",
    "csharp": "csharp c# cs",
    "rust": "rust rs",
    "kotlin": "kotlin kt kts",
    "swift": "swift",
    "scala": "scala",
    "shell": "shell sh bash zsh ksh dash console shell-session shellsession terminal",
    "script": "script dockerfile docker makefile make",
    "html": "html htm xhtml vue svelte astro",
    "data": "json jsonl json5 jsonc ndjson ipynb yaml yml toml ini csv xml css scss less svg log diff patch udiff "
    "mermaid latex tex math bibtex "
    "markdown md rst http",
    "powershell": "powershell ps1 psm1 pwsh",
    "batch": "bat cmd batch dosbatch",
    "sql": "sql mysql postgresql postgres sqlite plsql plpgsql tsql pgsql",
    "perl": "perl pl pm perl5 perl6 raku",
    "lua": "lua luau",
    "r": "r rscript",
    "julia": "julia jl",
    "elixir": "elixir ex exs",
    "erlang": "erlang erl",
    "nim": "nim",
    "crystal": "crystal",
    "awk": "awk gawk mawk nawk",
    "tcl": "tcl tclsh expect wish",
    "hcl": "hcl terraform tf",
    "starlark": "starlark bazel bzl",
    "groovy": "groovy gradle jenkinsfile",
    "dart": "dart flutter",
    "zig": "zig",
    "d": "dlang",
    "objective-c": "objective-c objectivec objc obj-c",
    "solidity": "solidity sol",
    "fsharp": "fsharp f# fs fsx",
    "haskell": "haskell hs",
    "ocaml": "ocaml ml",
    "clojure": "clojure clj cljs",
    "lisp": "lisp elisp scheme racket common-lisp",
    "assembly": "assembly asm nasm",
    "vb": "vb vbnet vba vbs vbscript visualbasic",
    "matlab": "matlab octave",
    "pascal": "pascal delphi",
    "coffeescript": "coffeescript coffee",
    "fortran": "fortran f90",
    "verilog": "verilog systemverilog",
    "applescript": "applescript osascript",
}
_SUFFIXES: Final = {
    "python": "py pyw pyi",
    "javascript": "js mjs cjs jsx",
    "typescript": "ts mts cts",
    "tsx": "tsx",
    "java": "java",
    "go": "go",
    "ruby": "rb rake gemspec",
    "php": "php phtml inc",
    "c": "c h",
    "cpp": "cc cpp cxx hpp hh hxx",
    "csharp": "cs",
    "rust": "rs",
    "kotlin": "kt kts",
    "swift": "swift",
    "scala": "scala",
    "shell": "sh bash zsh ksh",
    "script": "mk",
    "html": "html htm xhtml vue svelte astro",
    "data": "json yaml yml toml ini csv xml css scss less svg md rst txt log cfg env ipynb",
    "powershell": "ps1 psm1",
    "batch": "bat cmd",
    "sql": "sql",
    "perl": "pl pm raku",
    "lua": "lua luau",
    "r": "r",
    "julia": "jl",
    "elixir": "ex exs",
    "erlang": "erl",
    "nim": "nim",
    "crystal": "cr",
    "awk": "awk",
    "tcl": "tcl",
    "hcl": "tf hcl",
    "starlark": "bzl star",
    "groovy": "groovy gradle",
    "dart": "dart",
    "zig": "zig",
    "objective-c": "mm",
    "solidity": "sol",
    "fsharp": "fs fsx",
    "haskell": "hs",
    "ocaml": "ml",
    "clojure": "clj cljs",
    "lisp": "lisp el scm rkt",
    "assembly": "asm",
    "vb": "vb vbs bas",
    "fish": "fish",
    "pascal": "pas",
    "coffeescript": "coffee",
    "fortran": "f90",
    "vhdl": "vhd",
    "applescript": "applescript",
}
_BY_NAME: Final = {language.name: language for language in _LANGUAGES} | {
    name: Language(name, "code", comment=comment)
    for comment, names in _WITHOUT_RULES.items()
    for name in names.split()
}
_BY_TAG: Final = {
    # One letter is too little to name a language that is seldom meant by it.
    **{name: language for name, language in _BY_NAME.items() if len(name) > 1},
    **{tag: _BY_NAME[name] for name, tags in _TAGS.items() for tag in tags.split()},
}
_BY_SUFFIX: Final = {
    suffix: _BY_NAME[name] for name, suffixes in _SUFFIXES.items() for suffix in suffixes.split()
}


def language_of_tag(tag: str) -> Language | None:
    """The language of a fence's info string (``python``, ``{.js .numberLines}``); ``None`` for an unknown one."""
    word = re.match(r"[{.\s]*([\w+#-]+)", tag.strip().lower())
    return _BY_TAG.get(word[1]) if word else None


def language_of_file(name: str) -> Language | None:
    """The language of a file, by the end of its name."""
    return _BY_SUFFIX.get(name.rpartition(".")[2].lower()) if "." in name else None
