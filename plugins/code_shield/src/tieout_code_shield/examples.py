"""Utterances that the shield's tools answer; they train the router of the offline mode.

The first of each is what that mode shows as an example: its code is harmless, or the guard would warn about it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

__all__ = ["EXPLAIN_EXAMPLES", "RULES_EXAMPLES", "SCAN_EXAMPLES"]

SCAN_EXAMPLES: Final[Mapping[str, Sequence[str]]] = {
    "zh": (
        "帮我检查这段代码安不安全:json.loads(text)",
        "帮我检查这段代码安不安全:subprocess.call(cmd, shell=True)",
        "这几行 Python 有没有安全漏洞?yaml.load(text)",
        "审查一下 element.innerHTML = data 有什么风险",
        "下面的代码会不会被注入:cursor.execute('select * from t where a=' + b)",
        "扫描代码 pickle.loads(body) 里的安全问题",
        "看看这段 JavaScript 里有没有硬编码的密钥",
        "这个函数能放心用吗?hashlib.md5(pwd)",
        "代码安全检查 requests.get(url, verify=False)",
    ),
    "en": (
        "does this snippet have a security hole: json.loads(text)",
        "does this snippet have a security hole: subprocess.call(cmd, shell=True)",
        "check this code for vulnerabilities yaml.load(text)",
        "review element.innerHTML = data for security",
        "can this be injected? cursor.execute('select * from t where a=' + b)",
        "scan pickle.loads(body) for unsafe code",
        "look for hard-coded keys in this JavaScript",
        "is it OK to write hashlib.md5(pwd) here",
        "security review of requests.get(url, verify=False)",
    ),
}

RULES_EXAMPLES: Final[Mapping[str, Sequence[str]]] = {
    "zh": (
        "代码防护有哪些规则",
        "列出 python 的安全规则",
        "你们的安全检查规则清单",
        "有没有针对 SQL 注入的规则",
        "显示严重级别为 high 的全部规则",
        "javascript 的检测规则都有什么",
        "代码盾支持检测哪些弱点",
    ),
    "en": (
        "which rules does the code shield have",
        "list the security rules for python",
        "show all rules of severity high",
        "what weaknesses can the shield detect",
        "rules about CWE-78",
        "what do you check javascript for",
        "give me the rule catalogue",
    ),
}

EXPLAIN_EXAMPLES: Final[Mapping[str, Sequence[str]]] = {
    "zh": (
        "解释规则 py-pickle",
        "js-inner-html 这条规则是什么意思",
        "CWE-502 怎么修",
        "为什么会报 py-weak-hash",
        "规则 secret-aws-key 说明一下",
        "py-tls-verify 该怎么改才对",
        "说说 js-child-process 规则查什么",
    ),
    "en": (
        "explain rule py-pickle",
        "what does js-inner-html mean",
        "how do I fix CWE-502",
        "why was py-weak-hash reported",
        "tell me about the rule secret-aws-key",
        "what should I write instead for py-tls-verify",
        "what does the js-child-process rule look for",
    ),
}
