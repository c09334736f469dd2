"""How people ask for each tool: utterances that train the offline router."""

from __future__ import annotations

__all__ = ["ADD", "LIST", "SEARCH", "SHOW"]

SEARCH = {
    "zh": [
        "研报里是怎么评价国产算力芯片的？",
        "券商报告对推理成本有什么看法",
        "帮我在报告里找一下训练数据规模的说法",
        "有没有哪篇报告提到寒武纪",
        "报告原文对显存带宽怎么描述",
        "搜索研报：数据中心的电力消耗",
        "哪份报告讲了模型开源的影响，引用原话",
        "文中关于算力需求增长的依据是什么，给出页码",
        "分析师对科大讯飞写了什么",
        "查一下资料里对大模型收费模式的描述",
        "周报里对光模块是怎么讲的",
    ],
    "en": [
        "what do the reports say about inference cost?",
        "find the passage on GPU rental prices in the broker notes",
        "quote the report on energy use of data centres",
        "search the research notes for mixture of experts",
        "is there anything in the documents about export controls?",
        "which page talks about memory bandwidth limits",
        "what does the analyst write about domestic accelerators",
        "look up how the note explains the utilisation gap",
        "cite the source for the emissions of training runs",
        "does any report mention iFlytek, and in which words?",
        "what does the weekly make of optical modules?",
    ],
}
LIST = {
    "zh": [
        "现在有哪些研报",
        "列出已收录的报告",
        "报告库里有什么",
        "我加过哪些文件",
        "显示所有研究报告的标题和日期",
        "库里一共几篇报告",
    ],
    "en": [
        "which reports are in the library?",
        "list my documents",
        "show all indexed research notes",
        "how many reports do I have",
        "what files have been added so far",
        "give me the titles and dates of the stored reports",
    ],
}
ADD = {
    "zh": [
        "把这个文件夹里的研报加进来",
        "导入一份 PDF 报告",
        "收录 ~/研报 目录",
        "添加报告文件到库里",
        "把下载的报告建立索引",
        "加入新的研究报告",
    ],
    "en": [
        "add the PDF files in this folder",
        "import a report into the library",
        "index the folder ~/reports",
        "load a new research note",
        "take in the downloaded broker reports",
        "put this file into the report library",
    ],
}
SHOW = {
    "zh": [
        "打开这份报告的第二页",
        "显示报告某一页的全文",
        "看一下那篇周报的第 1 页",
        "把研报第三页原文给我",
        "翻到这份文件的最后一页看看",
        "显示这篇报告的首页",
    ],
    "en": [
        "open page two of this report",
        "show me the full text of a page",
        "display the first page of the weekly note",
        "let me read page 3 of that document",
        "print the page of the report",
        "turn to the next page of the PDF report",
    ],
}
