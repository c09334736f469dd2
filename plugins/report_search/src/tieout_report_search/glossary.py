"""Terms of the field that mean the same in Chinese and English, so that a question finds reports in the other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from tieout.text import fold, tokens

__all__ = ["abbreviations", "counterparts"]

_TERMS = """
memory bandwidth = mem bw = hbm bandwidth = 显存带宽 = 内存带宽
bandwidth = bw = 带宽
memory = mem = vram = 显存 = 内存
memory capacity = 显存容量
interconnect = 互联 = 互连
utilisation = utilization = 利用率
training efficiency = 训练效率
training = 训练
pre-training = pretraining = 预训练
inference = serving = 推理
inference cost = serving cost = 推理成本
training cost = 训练成本
cost = 成本 = 费用
price = pricing = 价格 = 单价
rent = rental = rental price = 租金 = 租赁 = 租价
gpu hours = gpu-hours = gpu hrs = 卡时 = gpu 小时
compute = computing power = 算力
training compute = 训练算力 = 训练计算量
power = power draw = tdp = 功耗
energy = electricity = 能耗 = 电力 = 用电
electricity bill = power bill = 电费
data centre = data center = datacentre = datacenter = 数据中心
emissions = carbon = 碳排放
weights = 权重
parameters = params = 参数
parameter count = 参数量
context length = context window = 上下文长度 = 上下文
throughput = 吞吐 = 吞吐量
latency = 延迟 = 时延
batch = batch size = 批量 = 批大小
quantisation = quantization = 量化
mixture of experts = moe = 混合专家
dense = 稠密
sparse = 稀疏
peak = 峰值
cluster = 集群
node = server = 服务器 = 节点
chip = chips = 芯片
accelerator = accelerators = 加速卡 = 加速器
domestic = home-grown = 国产
open source = open-source = open weights = 开源
training data = 训练数据
corpus = 语料
dataset = 数据集
revenue = 收入 = 营收
profit = 利润
gross margin = 毛利率
market share = 市场份额 = 份额
growth = 增长 = 增速
forecast = 预测 = 预计
capital expenditure = capex = 资本开支
depreciation = 折旧
budget = 预算
risk = risks = 风险
export controls = export restrictions = 出口管制
licence = license = 许可
supply chain = 供应链
demand = 需求
supply = 供给
shortage = 短缺
downtime = 停机 = 宕机
failure = failures = 故障
checkpoint = 检查点 = 断点
scaling law = scaling laws = 缩放定律 = 规模定律
compute-optimal = 计算最优
cooling = 散热
liquid cooling = 液冷
optical module = optical modules = transceiver = 光模块
advanced packaging = 先进封装
process node = 制程
yield = 良率
shipments = 出货量
subscription = 订阅
users = 用户
daily active users = dau = 日活
office software = 办公软件
speech recognition = 语音识别
agent = agents = 智能体
fine-tuning = finetuning = 微调
benchmark = benchmarks = 评测 = 基准测试
attention = 注意力
layers = 层数
optimizer = 优化器
communication = 通信
tensor parallel = tensor parallelism = 张量并行
pipeline parallel = pipeline parallelism = 流水线并行
"""


@cache
def _terms() -> tuple[tuple[str, ...], ...]:
    return tuple(
        tuple(fold(term.strip()).text for term in line.split("=")) for line in _TERMS.splitlines() if line
    )


@cache
def _pattern() -> re.Pattern[str]:
    """Every term; the longest first, so that 显存带宽 is not found as 显存."""
    every = sorted({term for terms in _terms() for term in terms}, key=len, reverse=True)
    return re.compile("|".join(_bounded(term) for term in every))


def _bounded(term: str) -> str:
    escaped = re.escape(term)
    return rf"(?<![a-z0-9-]){escaped}(?![a-z0-9-])" if term.isascii() else escaped


@cache
def _meanings() -> dict[str, list[str]]:
    return {term: [other for other in terms if other != term] for terms in _terms() for term in terms}


@cache
def abbreviations() -> frozenset[str]:
    """Folded terms that look like names but are none: BW, TDP, MOE."""
    return frozenset(term for terms in _terms() for term in terms if re.fullmatch("[a-z]{2,4}", term))


def counterparts(text: str) -> Iterator[tuple[str, str]]:
    """(token of another term of the same meaning, token of the term in ``text``), for every term in a folded text.

    The tokens of a term stand for those of the other in order: 显存带宽 and memory bandwidth.
    """
    for found in _pattern().finditer(text):
        own = tokens(found[0], query=True)
        for other in _meanings()[found[0]]:
            theirs = tokens(other, query=True)
            for index, token in enumerate(theirs):
                yield token, own[index * len(own) // len(theirs)]
