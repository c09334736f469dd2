"""Names of brokers and research houses, to recognise the publisher of a report.

Company names are public facts; the list covers the members of the Securities Association of China that publish
research, and international houses. It is a help, not a limit: :mod:`tieout_report_search.metadata` also recognises
names by their form.
"""

from __future__ import annotations

from functools import cache

__all__ = ["brokers"]

_CHINESE = """
中信证券 中信建投证券 中信建投 国泰君安证券 国泰君安 国泰海通证券 国泰海通 海通证券 华泰证券 广发证券 招商证券
申万宏源证券 申万宏源 中国银河证券 银河证券 中金公司 国信证券 东方证券 光大证券 兴业证券 安信证券 国投证券
平安证券 中泰证券 天风证券 东吴证券 国金证券 长江证券 浙商证券 方正证券 华西证券 民生证券 国联证券 国联民生证券
西部证券 开源证券 华创证券 信达证券 财通证券 东北证券 东兴证券 国海证券 国元证券 华安证券 山西证券 首创证券
太平洋证券 万联证券 西南证券 湘财证券 中原证券 华鑫证券 德邦证券 国盛证券 华福证券 华金证券 江海证券 南京证券
世纪证券 五矿证券 诚通证券 甬兴证券 粤开证券 长城证券 中航证券 中银证券 中邮证券 渤海证券 财信证券 财达证券
第一上海证券 东莞证券 东海证券 红塔证券 华龙证券 华源证券 联储证券 上海证券 爱建证券 国新证券 瑞银证券
高盛高华证券 野村东方国际证券 摩根大通证券 中信里昂证券 交银国际 建银国际 工银国际 农银国际 招银国际
中国信息通信研究院 赛迪研究院 艾瑞咨询 甲子光年 头豹研究院 亿欧智库 量子位智库 中国人工智能产业发展联盟
"""
_ENGLISH = """
Goldman Sachs|Morgan Stanley|J.P. Morgan|JPMorgan|BofA Securities|Bank of America|Citi Research|Citigroup|UBS
Barclays|Deutsche Bank|HSBC|Jefferies|Bernstein|Evercore ISI|Wells Fargo|Nomura|Mizuho|Macquarie|Daiwa|CLSA
BNP Paribas|Societe Generale|RBC Capital Markets|TD Cowen|Piper Sandler|KeyBanc|Needham|Oppenheimer
Raymond James|Stifel|Truist|Wedbush|William Blair|Rosenblatt|Susquehanna|Cantor Fitzgerald|Redburn Atlantic
New Street Research|MoffettNathanson|Melius Research|Gartner|IDC|TrendForce|SemiAnalysis|Omdia
Counterpoint Research|Epoch AI
"""


@cache
def brokers() -> tuple[str, ...]:
    """Every name, longest first, so that the fuller name of a house wins over its short form."""
    names = [*_CHINESE.split(), *_ENGLISH.strip().replace("\n", "|").split("|")]
    return tuple(sorted(names, key=len, reverse=True))
