"""Which language a text is in when nobody says, or when what is said may be wrong."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Final

from tieout_code_shield.languages import Language, language_of_tag

__all__ = ["CLEARLY", "guess", "looks_like_code", "related", "scores", "tried"]

GUESS_CHARACTERS: Final = 6_000
GRAMMAR_CHARACTERS: Final = 600
CLEARLY: Final = 5
"""How much more a text must look like another language than like the one it is said to be, to be scanned as both."""
MAX_TRIED: Final = 3
"""Languages that a text is scanned in when nothing tells which one it is."""

_CODE: Final = re.compile(
    r"\w[\w.:>$-]{0,60}\(|[\w\])'\"][ \t]{0,9}[:.+]?=[ \t]{0,9}\S|^[ \t]*\$[ \t]|[;{}][ \t]*$", re.M
)
_FAMILIES: Final = (frozenset({"c", "cpp"}), frozenset({"javascript", "typescript", "tsx"}))

# Signals by language: (words of which one must occur; a regular expression or nothing; how much it counts). The words
# come first because looking for one costs a tenth of a microsecond; every expression is linear in the text.
_TABLE: Final[Mapping[str, Iterable[tuple[str, str, int]]]] = {
    "python": (
        ("def ", r"^[ \t]*(?:async )?def \w+\([^\n]{0,200}:[ \t]*(?:#.*)?$", 5),
        ("def ", r"^[ \t]*(?:async )?def \w+\([^\n;{]{0,200},[ \t]*$", 3),
        ("import ", r"^[ \t]*(?:from [\w.]+ import [\w*(]|import [\w.]+(?:, ?[\w.]+)*(?: as \w+)?[ \t]*(?:#.*)?$)", 4),
        ("if |el|for |while |with |try:|except|class ",
         r"^[ \t]*(?:if|elif|else|for|while|with|try|except|finally|class)\b[^\n{;]{0,200}:[ \t]*(?:#|$)", 4),
        ("self.|None|True|False|__|elif |lambda |not in |is None", r"\b(?:self\.\w|None\b|True\b|False\b|__\w+__|elif |lambda \w|not in )", 3),
        ("#|@|print(|print ", r"^[ \t]*(?:#[^!{\n]|@\w+|print\(|print ['\"])", 1),
        ("os.|subprocess.|pickle.|hashlib.|requests.|f'|f\"|r'|r\"|yaml.|np.|re.",
         r"\b(?:os\.(?:system|path|environ|popen)|subprocess\.|pickle\.|hashlib\.|requests\.\w|yaml\.\w|np\.\w|re\.(?:match|sub|compile|search)|[fru]['\"])", 2),
        ('"""', "", 2), ("'''", "", 2), ("exec |raise |yield |with open(", r"^[ \t]*(?:exec|raise|yield|with open\() ?\w", 2),
        (" %|.format(", r"['\"] %[ \t]*[\w(]|['\"]\.format\(", 2),
        ("% (|[:|:]", r"['\"] % \(|\[-?\d*:-?\d*\]", 2),
    ),
    "javascript": (
        ("const |let |var ", r"\b(?:const|let|var) [\w${\[][^\n=:]{0,100}=", 4),
        ("=>", r"\) ?=> ?[{(\w]|\w => [{(\w]", 2), ("function", r"\bfunction\b[^\n($]{0,80}\([^$\n)]{0,100}\) ?\{", 3),
        ("===|!==", r"[!=]==", 2),
        ("require(|import |export |module.exports",
         r"\brequire\(['\"`]|^[ \t]*(?:import\b[^\n]{0,200} from ['\"]|import ['\"]|export )|module\.exports", 5),
        ("document.|window.|console.|process.|module.|JSON.|Math.|exports.", r"\b(?:document|window|console|process|module|JSON|exports)\.\w", 3),
        (".innerHTML|.addEventListener|.then(|.forEach(|jQuery|$(|async function|await ",
         r"\.(?:innerHTML|addEventListener|then|forEach)\b|\bjQuery\b|\$\(['\"#.]|async function|\bawait \w", 3),
        ("`", r"`[^`\n]{0,200}\$\{", 3), ("undefined|typeof ", r"\bundefined\b|\btypeof \w", 3),
        ("req.|res.", r"\breq\.(?:body|query|params)|\bres\.(?:send|json|render|redirect|status|end)\(", 3),
        ("/>|</", r"return \(?\s{0,20}<\w|<[A-Z]\w* ", 2),
    ),
    "typescript": (
        (": ", r"[\w)\]?]\??: ?(?:string|number|boolean|any|void|unknown|never|Promise<|Array<|Record<)\b", 5),
        ("interface |type |enum |readonly |import type|declare |namespace ",
         r"^[ \t]*(?:export )?(?:interface \w+(?: extends [^\n{]{1,60})? ?\{|type \w+(?:<[^\n>]{1,40}>)? =|declare \w)|\breadonly \w+:|^import type ", 3),
        (" as ", r"[\w)\]] as (?:any|string|number|unknown|const|[A-Z]\w*)\b", 3),
        ("private |public |protected ", r"^[ \t]*(?:private|public|protected) (?:readonly |async |static )*\w+(?:\(|\??:)|constructor\((?:private|public)", 3),
    ),
    "java": (
        ("import ", r"^[ \t]*import (?:static )?(?:java|javax|org|com|jakarta|io|net)\.[\w.*]+;", 6),
        ("package ", r"^[ \t]*package [\w.]+;", 5),
        ("@Override|@RequestMapping|@GetMapping|@PostMapping|@Test|@Autowired|@WebServlet|@RequestParam|@Controller|@Service|@RestController|@Bean|@Deprecated|@SuppressWarnings", "", 5),
        ("System.out.|System.err.|System.getProperty|Runtime.getRuntime|HttpServletRequest|PreparedStatement|MessageDigest.|throws |DriverManager", "", 5),
        ("String |Integer |Boolean |Object |List<|Map<|byte[]|boolean ",
         r"\b(?:String|Integer|Boolean|Object|Long|boolean|List<[\w<>, ?]{1,40}>|Map<[\w<>, ?]{1,60}>|byte\[\])(?:\[\])? \w+ ?[=;,)]", 4),
        ("final |private |public |protected ",
         r"\b(?:public|private|protected) (?:static )?(?:final )?(?:synchronized )?(?:void|boolean|String|int|[A-Z]\w*(?:<[^\n>]{1,40}>)?)(?:\[\])? \w+ ?[(=;]|\bfinal [A-Za-z<>\[\]]+ \w+ ?[=;,)]", 3),
        ("catch (", r"catch ?\((?:final )?[A-Z]\w+(?: ?\| ?[A-Z]\w+)* \w+\)", 2),
        ("new ", r"=? ?new [A-Z]\w*(?:<[^\n>]{0,40}>)?\(", 1), (".class|.length()|.equals(|.append(|instanceof ", "", 2),
        ("/**", r"^[ \t]*\* @(?:param|return|throws|since|author)", 1),
    ),
    "csharp": (
        ("using ", r"^[ \t]*(?:global )?using (?:static )?[A-Z][\w.]*(?: ?= ?[\w.]+)?;", 6),
        ("namespace ", r"^[ \t]*namespace [A-Z][\w.]+[ \t]*[;{]?[ \t]*$", 4),
        ("get;|set;|{ get|get {|get =>", r"\bget;|\bset;|\bget[ \t]*(?:\{|=>|$)", 5),
        ("string |bool |var |int |byte[] |object ", r"\b(?:string|bool|object|decimal|byte\[\])(?:\[\]|\?)? \w+ ?[=;,){]", 4),
        ("public |private |protected |internal ",
         r"\b(?:public|private|protected|internal) (?:static |override |virtual |async |readonly |sealed |partial |abstract |const )*(?:void|bool|string|int|object|Task|IActionResult|ActionResult|class|[A-Z]\w*(?:<[^\n>]{1,40}>)?)(?:\[\]|\?)? [A-Z]\w*[ \t]*(?:[(={;<:]|$)", 4),
        ("foreach", r"\bforeach ?\((?:var|[\w<>\[\]]+) \w+ in ", 4),
        ("Console.|Process.Start|Request.|SqlCommand|HttpContext|.ToString(|String.Format|string.Format|Encoding.UTF8|Assert.|Convert.", "", 3),
        ('$"|@"', r"[=(,+ ][$@]{1,2}\"", 3), ("[", r"^[ \t]*\[(?:Http\w+|Route|Test\w*|Fact|Serializable|Authorize|DllImport|Obsolete|ApiController|assembly:)", 4),
        ("var ", r"\bvar \w+ = (?:new|await|[A-Z_]\w*)[ .(]", 2), ("out |ref |params |#region|#endregion|typeof(|nameof(", r"[(,] ?(?:out|ref|params) \w|#(?:end)?region|\b(?:typeof|nameof)\(", 3),
        ("new ", r"\bnew [A-Z]\w*(?:<[^\n>]{0,40}>)?[ \t]*[({]", 1), ("base.|is null|?? throw|using (|lock (", r"\bbase\.|is (?:not )?null\b|\?\? throw|\busing ?\(|\block ?\(", 2),
        (".", r"\.[A-Z]\w+\(", 1), ("///", r"^[ \t]*/// <", 3),
    ),
    "go": (
        ("func ", r"^[ \t]*func (?:\(\w+ \*?\w+(?:\[\w+\])?\) )?\w+(?:\[[^\n\]]{1,60}\])?\([^\n]{0,200}\{[ \t]*$", 6),
        ("package ", r"^package \w+[ \t]*$", 5), (":=", r"\w(?:, ?\w+)* := ", 4), ("import (", r"^import \($", 4),
        ("err != nil|err == nil|nil, err|, err :", "", 5), ("fmt.|http.Handle|ioutil.|exec.Command|os.Open", r"\b(?:fmt\.[A-Z]|http\.Handle|ioutil\.|exec\.Command|os\.Open)", 3),
        ("defer |go func|chan |select {", r"^[ \t]*(?:defer |go )\w|\bchan \w|\bselect \{", 4),
        ("[]string|[]byte|map[string]|interface{}|struct {", r"\[\](?:string|byte|int)\b|map\[\w+\]\w|interface\{\}|^[ \t]*type \w+ (?:struct|interface) ?\{", 4),
        ("for ", r"^[ \t]*for (?:\w+(?:, ?\w+)? := range |[^\n(;]{1,80}\{[ \t]*$)|^[ \t]*if [^(\n]{1,120}\{[ \t]*$", 2),
        ("import \"", r"^import \"[\w./-]+\"$", 4),
    ),
    "ruby": (
        ("def ", r"^[ \t]*def (?:self\.)?\w+[?!=]?(?:[ \t]*\([^\n]{0,120}\)|[ \t]+\w[^\n:{]{0,100})?[ \t]*$", 5),
        ("end", r"^[ \t]*end[ \t]*$", 4), (" do", r"\bdo(?: \|[^\n|]{1,60}\|)?[ \t]*$", 3), ("|", r"[{] ?\|[\w, ()*]{1,60}\|", 3),
        ("require |require_relative ", r"^[ \t]*require(?:_relative)? ['\"]", 5), ("puts |attr_|before_action|belongs_to|has_many|validates|unless |elsif |.nil?|.each|.present?|.blank?|private\n|raise ",
         r"^[ \t]*(?:puts|attr_\w+|before_action|belongs_to|has_many|validates|raise) |\bunless |\belsif |\.(?:nil|present|blank|empty)\?|\.each(?:_\w+)?(?: do| \{|\()", 3),
        ("#{", r"\"[^\"\n]{0,200}#\{", 3), ("params[|cookies[|session[", r"\b(?:params|cookies|session)\[:", 5),
        ("@", r"(?<![\w@])@{1,2}[a-z]\w* ?(?:\|\|)?=|(?<![\w@.])@[a-z]\w*\.\w", 3), (":", r"[\s(\[,]:[a-z]\w* ?=>|[(,] ?:[a-z]\w*[,)\s]|^[ \t]*\w+ :[a-z]\w*", 2),
        ("class |module ", r"^[ \t]*(?:class [A-Z]\w*(?:::\w+)*(?: < [A-Z][\w:]*)?|module [A-Z]\w*)[ \t]*$", 5),
        ("ENV[|File.|YAML.|Marshal.|Digest::|OpenSSL::|Net::HTTP|IO.popen|ActiveRecord|Kernel.|%x|`", r"\b(?:ENV\[|YAML\.(?:load|safe)|Marshal\.|Digest::|OpenSSL::|Net::HTTP|IO\.popen|ActiveRecord|Kernel\.|Open3\.)|%x[({\[]|^[ \t]*(?:\w+ = )?`[^`\n]{1,200}`[ \t]*$", 3),
        (".html_safe|.constantize|.where(|find_by|redirect_to|render ", r"\.html_safe\b|\.constantize\b|\.where\(|\bfind_by|\bredirect_to[ (]|\brender[ (](?::|\w+:)", 3),
        ("then|system |exec |eval ", r"^[ \t]*(?:system|exec|eval) ['\"]", 2),
    ),
    "php": (
        ("<?php|<?=", "", 12), ("$this->|$_GET|$_POST|$_REQUEST|$_SERVER|$_COOKIE|$_SESSION|$_FILES", "", 6),
        ("$", r"(?:^|[\s(,;{!])\$[a-z_]\w*(?:\[[^\n\]]{0,60}\])* ?\.?= ?[^=~]", 4), ("->", r"\$\w+(?:->\w+|\[[^\n\]]{1,40}\])+", 3),
        ("echo |array(|isset(|mysql_|mysqli_|empty(|=> $|die(|strlen($|include |require_once",
         r"\becho [$\"'\w]|\b(?:isset|empty)\(\$|\bmysqli?_\w+\(|\bdie\(|\b(?:include|require)(?:_once)?[ (]", 3),
        ("function ", r"\bfunction \w*\(\s{0,9}(?:[?\w\\]+ )?&?\$\w", 5), ("foreach", r"\bforeach ?\(\$?[^\n]{1,80} as \$", 6),
        ("$", r"\b\w+\((?:[^\n()]{0,60}, ?)?\$\w+[,)\[]", 3), (" . ", r"['\"] \. ?\$|\$\w+ \. ['\"]", 3), ("use ", r"^use [A-Z]\w*(?:\\\w+)+", 5),
    ),
    "c": (
        ("#include", r"^[ \t]*#[ \t]*include [<\"][\w/.-]+\.h[>\"]", 5), ("#define|#ifdef|#ifndef|#endif", r"^[ \t]*#[ \t]*(?:define|ifdef|ifndef|endif|undef|elif)\b", 3),
        ("printf(|malloc(|free(|strcpy(|strcat(|strlen(|memcpy(|memset(|sizeof|strncpy(|fopen(|fgets(|atoi(|strcmp(|scanf(|strdup(|fclose(|snprintf(",
         r"\b(?:[fs]?n?v?s?printf|malloc|calloc|free|str(?:n?cpy|n?cat|len|n?cmp|dup|tok)|mem(?:cpy|set|cmp|move)|sizeof|fopen|fgets|atoi|s?scanf|fclose)[ \t]*\(", 4),
        ("char |int |void |unsigned |struct |size_t |uint|long |double |float ",
         r"^[ \t]*(?:static |const |extern |register |volatile |inline )*(?:unsigned |signed )?(?:char|int|void|long|short|float|double|size_t|ssize_t|u?int\d+_t|u\d+|FILE|struct \w+)[ \t]+\*{0,3}[ \t]?\w+[ \t]*(?:\[|=|;|,|\()", 4),
        ("->", r"[a-z_\])]\w*->\w", 2), ("NULL", r"\bNULL\b", 3), ("char *|char*|void *|void*", r"\b(?:char|void|int) ?\* ?\w", 4),
        ("(", r"^\w+[ \t]*\([^\n;{]{0,150}\)[ \t]*$", 1), ("&", r"[(,] ?&[a-z]\w*(?:->\w+|\.\w+)*[,)\[]", 2), ("goto |#if |typedef ", r"\bgoto \w+;|^#if \w|\btypedef ", 3),
        ("/*", r"^[ \t]*/\*", 1),
    ),
    "cpp": (
        ("#include <", r"^[ \t]*#[ \t]*include <\w+>", 6), ("std::|boost::|QString|cout|cerr|endl|wxString", r"\b(?:std|boost)::\w|\bQString\b|\b(?:cout|cerr)[ \t]*<<|<< ?endl", 6),
        ("::", r"\b[A-Za-z_]\w*::~?[A-Za-z_]\w*[ \t]*(?:[(;,)&*]|$)", 4), ("template", r"\btemplate[ \t]*<", 5), ("nullptr|static_cast<|reinterpret_cast<|dynamic_cast<|const_cast<|constexpr|noexcept", "", 6),
        ("public:|private:|protected:", r"^[ \t]*(?:public|private|protected)[ \t]*:", 5), ("namespace ", r"^[ \t]*(?:using )?namespace [a-z]\w*(?:::\w+)*[ \t]*(?:\{|;|$)", 5),
        ("class ", r"^[ \t]*class \w+(?:[ \t]*:[ \t]*(?:public|private) \w+)?[ \t]*[{;]?[ \t]*$", 1), ("virtual |delete |new |override;|bool |auto ", r"\bvirtual \w|\bdelete(?:\[\])? \w+;|\bbool \w+ ?[=;(]|\bauto[ &*]+\w+ ?=|\)(?: const)? override", 3),
        ("&", r"\bconst [\w:]+(?:<[^\n>]{1,40}>)? ?& ?\w", 4), ("string ", r"^[ \t]*(?:const )?(?:std::)?(?:string|vector<\w+>|map<\w+, ?\w+>) \w+ ?[;=(]", 3), ("catch (", r"catch ?\((?:const )?[\w:]+ ?&", 4),
    ),
    "rust": (
        ("fn ", r"^[ \t]*(?:pub(?:\([\w ]+\))? )?(?:const |async |unsafe |extern \"C\" )*fn \w+(?:<[^\n>]{1,80}>)?\(", 6), ("let ", r"^[ \t]*let (?:mut )?[\w(][^\n=;]{0,80}(?:=|;)", 3), ("let mut |&mut |&self|&str", "", 5),
        ("impl", r"^[ \t]*(?:unsafe )?impl(?:<[^\n>]{1,80}>)? \w", 5), ("use ", r"^[ \t]*(?:pub )?use (?:\w+::)+[\w{*]", 5), ("match ", r"\bmatch [^\n;({]{1,80} ?\{[ \t]*$|^[ \t]*[\w:(){}, ]{1,60} => ", 2),
        ("!", r"\b(?:println|format|vec|panic|assert|assert_eq|write|debug|info|warn|error|eprintln|macro_rules|try|unreachable)!", 4), (".unwrap()|Option<|Result<|Some(|Ok(|.to_string()|.iter()|.into()|::new(", "", 3),
        ("unsafe", r"\bunsafe (?:\{|fn|impl)", 4), ("#[|#![", r"^[ \t]*#!?\[\w", 5), ("-> ", r"\) -> [\w&<(]", 1), ("c_int|*const |*mut |mem::|ptr::|libc::", r"\*(?:const|mut) \w|\b(?:mem|ptr|libc)::\w", 4),
        ("|", r"\|[\w&, ]{1,40}\| [{\w]", 1), ("///|//!", r"^[ \t]*//[/!] [^<]", 1), ("'", r"&'(?:a|static) ", 3),
    ),
    "kotlin": (
        ("fun ", r"^[ \t]*(?:(?:override|private|public|internal|suspend|inline|open|protected) )*fun (?:<\w+> )?[\w.<>?]+\(", 6),
        ("val |var ", r"^[ \t]*(?:(?:private|override|internal|const|lateinit) )*va[lr] \w+(?:: ?[\w<>?, ]{1,60})?(?: =| by|[ \t]*$)", 4),
        ("?.|?:|!!", r"\w\?\.\w|\?: ?\w|\w!!", 3), ("when (|when {|companion object|data class |object :|listOf(|mapOf(|println(", r"\bwhen(?: ?\([^\n]{1,80}\))? \{|companion object|\bdata class |\bobject :|\b(?:listOf|mapOf|println|arrayOf)\(", 3),
        ("import ", r"^import [\w.]+[ \t]*$", 2), (": ", r"\b\w+: (?:String|Int|Boolean|Long|Any|List<|Map<)\??", 4), ("$", r"\"[^\"\n]{0,100}\$\{?\w", 2),
    ),
    "shell": (
        ("#!", r"\A#!.{0,40}\b(?:ba|z|da|k)?sh\b", 9), ("then|done|fi|esac", r"(?:^|;)[ \t]*(?:then|done|fi|esac)\b[ \t]*(?:$|;|[|>&<])|; then\b|; do[ \t]*$", 5),
        ("if [|[[ |while [|if test", r"\b(?:if|while|until|elif) (?:!? ?\[{1,2} |test )|&& \[|^[ \t]*\[\[? ", 5),
        ("$", r"\"\$(?:\{|\w|@|\*|\()|(?:^|[\s=])\$(?:\(|\{\w+[}:#%/-])|\s\$[\dA-Z@#*?]", 4),
        ("=", r"^[ \t]*(?:export |local |readonly )?[A-Za-z_]\w*=(?:[\"'$`/\w]|$)", 2), ("export |local |echo |source |set -|read -|eval |trap ", r"^[ \t]*(?:export \w+=?|local \w|echo [-\"'$\w]|source [\w./$\"]|set -[euxo]|read -|eval [\"$']|trap ['\"])", 4),
        ("sudo |apt|cd |rm |mkdir |chmod |grep |curl |wget |docker |git |pip |npm |chown |tar |ssh |scp |mysql |openssl |kubectl |find |cp |mv |cat |ls|sed |awk ",
         r"^[ \t]*(?:\$ |# )?(?:sudo(?: -\w+)? )?(?:apt(?:-get)?|cd|rm|mkdir|chmod|grep|curl|wget|docker|git|pip3?|npm|chown|tar|ssh|scp|mysql|openssl|kubectl|find|cp|mv|cat|ls|sed|awk|unzip|psql|systemctl|yum|make|python3?|bash|sh|nc|dd|kill|xargs)(?: +[-./~\w\"'$*{]|[ \t]*$)", 4),
        ("|", r"\w[^\n]{0,200} \| (?:grep|sh|bash|sudo|awk|sed|xargs|head|tail|sort|wc|tee|jq|cut|tr|base64)\b", 5),
        ("2>|>/dev/null|<<EOF|>> ", r"2>(?:&1|/dev/null)|>[ \t]?/dev/null|<<-?['\"]?EOF", 4), ("()", r"^[ \t]*(?:function )?[\w-]+ ?\(\) ?\{?[ \t]*$", 3),
    ),
    "powershell": (("$", r"^[ \t]*\$\w+ = (?:Get|New|Invoke)-|\b(?:Write-Host|Invoke-\w+|Get-\w+|New-Object)\b", 6),),
    "swift": (("let |func |guard |import ", r"^[ \t]*(?:func \w+\([^\n]{0,100}\) ?(?:->|throws|\{)|guard let |if let |import (?:Foundation|UIKit|SwiftUI))", 5),),
    "scala": (("def |val |object ", r"^[ \t]*(?:def \w+(?:\[\w+\])?\([^\n]{0,100}\): \w+[^\n]{0,40} =|object \w+ (?:extends|\{)|case class )", 5),),
    "sql": (("select |insert |create |update |delete |SELECT |INSERT |CREATE |UPDATE |DELETE ", r"\A\s*(?:(?i:select\s[^\n]{1,200}\sfrom|insert\s+into|create\s+table|update\s+\w+\s+set|delete\s+from)\b)", 8),),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Signal:
    language: str
    words: tuple[str, ...]
    pattern: re.Pattern[str] | None
    weight: int


@cache
def _signals() -> tuple[_Signal, ...]:
    """The table, compiled on first use (10 ms)."""
    return tuple(
        _Signal(language, _words(words), re.compile(pattern, re.M) if pattern else None, weight)
        for language, rows in _TABLE.items()
        for words, pattern, weight in rows
    )


def _words(listed: str) -> tuple[str, ...]:
    return ("|",) if listed == "|" else tuple(word for word in listed.split("|") if word)


def scores(code: str) -> dict[str, int]:
    """How much a text looks like each language; languages that nothing speaks for are left out."""
    text = code[:GUESS_CHARACTERS]
    found: dict[str, int] = {}
    for signal in _signals():
        if not any(word in text for word in signal.words):
            continue
        if signal.pattern is None or signal.pattern.search(text):
            found[signal.language] = found.get(signal.language, 0) + signal.weight
    # What only a dialect of a language adds speaks for that language's whole as well.
    for whole, part in (("cpp", "c"), ("typescript", "javascript")):
        if found.get(whole, 0) >= 3:
            found[whole] += found.get(part, 0)
    return found


def guess(code: str) -> Language | None:
    """The language of a text nobody named; ``None`` when it does not look like code.

    Signals decide; where they are even, the grammar that makes more sense of the text does.
    """
    return tried(code)[0] if looks_like_code(code) else None


def looks_like_code(code: str) -> bool:
    """Whether anything in a text speaks for code."""
    text = code[:GUESS_CHARACTERS]
    return bool(_CODE.search(text) or max(scores(text).values(), default=0) > 1)


def related(first: str, second: str) -> bool:
    """Whether two languages share so much that one's rules read the other's code."""
    return first == second or any(first in family and second in family for family in _FAMILIES)


def tried(code: str) -> list[Language]:
    """The languages to scan a text in that nobody named, likeliest first; one where it is clear."""
    found = scores(code)
    best = max(found.values(), default=0)
    if best >= 3:
        even = [name for name, score in found.items() if score >= best - (best >= 8) - 1]
        names = _by_grammar(code, even)[:1] if len(even) > 1 else even
    else:
        likely = sorted(found, key=lambda name: -found[name])[:2]
        names = _by_grammar(code, list(dict.fromkeys((*likely, *_USUAL))))[:MAX_TRIED]
    return [language for name in names if (language := language_of_tag(name)) is not None]


_USUAL: Final = ("python", "javascript", "shell", "php", "java", "ruby")


def _by_grammar(code: str, names: list[str]) -> list[str]:
    """Languages in the order in which their grammars make sense of a text."""
    from tieout_code_shield.syntax import error_share

    text = code[:GRAMMAR_CHARACTERS]
    share: dict[str, float] = {}
    for name in names:
        language = language_of_tag(name)
        share[name] = (
            error_share(text, language.grammar) if language is not None and language.grammar else 0.5
        )
    return sorted(names, key=lambda name: share[name])
