"""Words of one meaning in Chinese and English, so that few examples in one wording reach the others.

The concepts are those of the field (compute, markets, reports, code) and of requests in general.
They belong to no tool: a tool comes by them through the words of its own examples.
"""

from __future__ import annotations

__all__ = ["concepts"]

import re
from functools import cache

# English words match at their beginning where they end in *, else whole; Chinese ones anywhere.
_CONCEPTS = {
    "duration": (
        "how long|how many days|how many weeks|how many months|days|weeks|duration|wall-clock|finish"
        "|多久|几天|多少天|多长时间|几周|几个月|工期|耗时"
    ),
    "cost": (
        "cost*|budget*|spend*|spent|expens*|cheap*|bill|dollars|how much money|price tag|pay|成本"
        "|花费|费用|多少钱|预算|花多少|烧钱|开销|价钱|造价|贵"
    ),
    "rent": "rent*|hire|lease|per hour|hourly|租|租金|租赁|每小时|时租",
    "utilisation": (
        "mfu|hfu|utili?[sz]*|efficien*|of peak|close to peak|well used|wasted|how well|利用率|利用得"
        "|用得充分|效率|峰值的|几成|利用了|跑满|占峰值"
    ),
    "flop": "compute|flops?|petaflop*|exaflop*|pf-days?|operations|算力|计算量|运算量|浮点|运算",
    "accelerator hours": (
        "gpu[- ]?hours?|device[- ]?hours?|card[- ]?hours?|accelerator[- ]?hours?|卡时|机时|gpu 小时"
    ),
    "memory": "memory|vram|gigabytes?|gib|gb|footprint|显存|内存|存储占用|多少 ?g",
    "fit": (
        "fits?|fitting|hold|enough for|squeeze|run on|装得下|装下|放得下|放进|塞进|跑得动|能跑"
        "|能不能跑|够不够|够用|容纳"
    ),
    "weights": "weights?|checkpoint|quanti[sz]*|权重|量化|参数文件",
    "cache": "kv|cache|key-value|context length|缓存|上下文",
    "optimizer": "optimi[sz]er*|adam|gradients?|zero|sharding|优化器|梯度|训练状态",
    "train": "train|trained|training|pre-?train*|fine-?tun*|训练|预训练|微调|训完|训一|训出|炼",
    "serve": "serve|serving|inference|deploy*|host|推理|部署|服务",
    "power": "power|watts?|tdp|draw|功耗|瓦|耗电功率",
    "energy": "energy|electricity|kwh|mwh|carbon|emission*|footprint|电量|耗电|能耗|用电|碳排放|电费",
    "bandwidth": "bandwidth|throughput|interconnect|nvlink|带宽|吞吐|互联",
    "specification": (
        "specs?|specification*|datasheet|data sheet|peak|tflops|capabilit*|规格|参数表|峰值|性能参数"
        "|配置|算力多少|指标"
    ),
    "compare": (
        "compare*|versus|vs|difference|differ|against|relative to|beat|outperform*|比较|对比|区别"
        "|不同|相对|跑赢|差多少|差异"
    ),
    "architecture": "layers?|heads?|hidden|architecture|层数|注意力头|架构|结构",
    "parameters": "parameters?|params?|参数量|参数|多大规模",
    "published": "published|released|disclosed|official|model card|公布|公开|发布|披露|模型卡",
    "report": (
        "reports?|notes?|research|documents?|papers?|pdfs?|broker*|analysts?|passages?|sources?|研报"
        "|报告|券商|分析师|文中|原文|材料|资料|周报|纪要|文档|文献|文件里|报道"
    ),
    "say": (
        "say|says|said|saying|mention*|claim*|writes?|written|state|states|stated|discuss*|quote*"
        "|cite*|according|argue*|describe*|explain*|opinion|view|views|think|cover|covered|put it|说"
        "|提到|提及|写|讲|怎么看|看法|观点|引用|认为|描述|评价|依据|口径|摘录|摘|谈到|论述|原话|说法"
        "|介绍"
    ),
    "search": (
        "search|find|look for|look up|locate|where|which page|anything|查|找|搜|检索|有没有|哪篇|哪份|哪里"
    ),
    "list": "list|all|which|how many|titles|show all|inventory|列出|有哪些|哪些|所有|全部|几篇|清单|一共",
    "library": "library|collection|stored|indexed|my documents|in there|库|收录|已有|入库|库里",
    "import": "import|add|load|ingest|upload|take in|put|导入|加入|添加|收录|读入|加载|加进|导进|上传",
    "file": "file|files|folder|directory|csv|path|文件|目录|文件夹|表格|路径",
    "page": "page|pages|first page|next page|full text|页|全文|首页|翻到",
    "show": "show|display|open|print|read|view|打开|显示|展示|翻到|给我看",
    "stock": (
        "stocks?|tickers?|symbols?|listed|listing|shares?|trades|traded|exchange|securit*|equity|ipo"
        "|股票|个股|股份|证券|上市|交易所|港股|美股|沪市|深市|哪只|股"
    ),
    "company": "company|companies|firm|corporation|issuer|公司|企业|厂商",
    "code number": "stock code|code of|代码|证券代码|股票代码|编号",
    "return": (
        "returns?|gain*|lost|loss|perform*|rise|rose|risen|fell|fall*|drop*|up or down|drawdown|beat"
        "|涨|跌|收益|回报|表现|回撤|走势|超额"
    ),
    "share price": (
        "share price|stock price|trading at|quote|close|closing|last price|one share|股价|最新价|收盘"
        "|行情|现价|市价|一股"
    ),
    "former name": "former*|called before|used to be|renamed|曾用名|以前叫|现在叫|改名|更名",
    "program": (
        "code|snippet|script|function|program|source|python|javascript|java|golang|sql|bash|代码|脚本"
        "|程序|函数|源码|片段"
    ),
    "danger": (
        "safe|unsafe|secure|security|insecure|vulnerab*|risk*|injection|inject*|exploit*|dangerous"
        "|danger|malicious|leak*|hole|holes|xss|audit|安全|漏洞|风险|注入|隐患|危险|恶意|不安全|审计"
        "|泄露"
    ),
    "check": (
        "check|scan|review|inspect|audit|lint|verify|look at|examine|检查|扫描|审查|看看|检测|排查"
        "|审一下|过一遍"
    ),
    "count": "how many|number of|count|几张|多少张|几块|数量|几台|几个",
    "weather": "weather|rain*|snow*|temperature|forecast*|sunny|wind|天气|下雨|下雪|气温|温度|预报",
    "transport": "ship*|freight|deliver*|cargo|parcel|运费|运输|物流|快递|货运",
    "exchange rate": "exchange rate|currency|convert*|forex|汇率|换算|兑换|外汇",
    "write": (
        "write|draft|compose|poem|essay|letter|email|story|joke|写一|起草|诗|作文|邮件|故事|笑话|润色|简历"
    ),
    "translate": "translat*|in french|in spanish|in japanese|翻译|英文怎么说|法语|日语",
    "thanks": "thanks?|thank you|great|helpful|appreciate*|cheers|谢谢|感谢|多谢|辛苦",
    "greeting": "hello|hi|hey|good morning|good evening|你好|您好|早上好|晚上好|嗨|在吗",
    "you": (
        "who are you|what are you|your name|who made you|who built you|what can you do|你是谁"
        "|你叫什么|你是什么|你会什么|谁开发|你能做什么|你能干|你是"
    ),
    "advice": "should i|recommend*|suggest*|worth|buy|sell|该不该|要不要|推荐|建议|值得|买入|卖出|该买|该卖",
    "sport": "game|match|football|soccer|basketball|team|won|score|比赛|球赛|足球|篮球|谁赢",
    "leisure": (
        "movie|film|song|music|cook|dinner|recipe|restaurant|holiday|trip|travel|flight|hotel|电影|歌"
        "|音乐|晚饭|菜|餐厅|旅游|机票|酒店|度假"
    ),
    "arithmetic": "plus|minus|times|divided|equation|sum of|square root|加|减|乘|除以|等于几|方程|平方根",
}


@cache
def _each() -> tuple[tuple[str, re.Pattern[str]], ...]:
    compiled: list[tuple[str, re.Pattern[str]]] = []
    for name, spellings in _CONCEPTS.items():
        words = [
            rf"(?<![a-z0-9]){word[:-1] + '[a-z]*' if word.endswith('*') else word}(?![a-z0-9])"
            if word.isascii()
            else word
            for word in spellings.split("|")
        ]
        compiled.append((name, re.compile("|".join(words))))
    return tuple(compiled)


def concepts(folded: str) -> list[str]:
    """The concepts that a folded text names, each once."""
    return [name for name, pattern in _each() if pattern.search(folded)]
