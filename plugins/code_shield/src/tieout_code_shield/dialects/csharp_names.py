"""Names that C# programs are told by: where input comes from, who handles requests, which namespaces there are."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["ANSWERS", "FRAMEWORK", "HANDLERS", "INJECTED", "MAPS", "NAMESPACES", "ROOTS", "SOURCE_CALLS"]

SOURCE_CALLS: Final = re.compile(
    r"(?:^|\.)(?:\w*Request|req|request|HttpRequestBase|HttpRequestData)(?:\.\(\))?\.(?:Query(?:String)?|Form|Params|Cookies|"
    r"Headers|Body|Path|PathInfo|RawUrl|Url|UserAgent|UrlReferrer|InputStream|Files|ServerVariables|RouteValues|"
    r"Unvalidated|\[\w*\]|Item|ReadFormAsync|GetDisplayUrl|GetEncodedUrl|QueryStringParameters)(?:\.|$)"
    r"|^(?:Console\.(?:ReadLine|In\.ReadLine|Read|In\.ReadToEnd)|Environment\.(?:GetEnvironmentVariable|GetCommandLineArgs))$"
    r"|(?:^|\.)(?:txt\w+|tb[A-Z]\w*|\w*[tT]ext[bB]ox\w*|\w*[iI]nput\w*Box)\.Text$"
    r"|(?:^|\.)(?:StreamReader|sr|\w*[sS]treamReader|\w*[nN]etworkReader)(?:\.\(\))?\.Read(?:Line|ToEnd)(?:Async)?$"
    r"|(?:^|\.)(?:SqlDataReader|\w*DataReader|dr|rdr)\.GetString$"
    r"|(?:^|\.)(?:HttpCookie|\w*[cC]ookie)\.Value$|(?:^|\.)(?:I?FormFile|\w*[fF]ormFile|HttpPostedFile\w*)\.FileName$"
    r"|(?:^|\.)(?:WebClient|\w*[wW]ebClient)\.DownloadString$"
)
INJECTED: Final = re.compile(r"\bFrom(?:Query|Route|Body|Form|Header|Uri)\b")
HANDLERS: Final = re.compile(
    r"@(?:Http(?:Get|Post|Put|Delete|Patch)|Route|AcceptVerbs|WebMethod|OperationContract|FunctionName)\b"
)
ANSWERS: Final = re.compile(
    r"\b(?:\w*ActionResult|JsonResult|ViewResult|ContentResult|FileResult|RedirectResult|PartialViewResult|"
    r"HttpResponseMessage|IResult|FileStreamResult)\b"
)
FRAMEWORK: Final = re.compile(
    r"^(?:I[A-Z]\w+|CancellationToken|Http(?:Request|Response|Context)\w*|ClaimsPrincipal)$"
)
MAPS: Final = re.compile(r"\.Map(?:Get|Post|Put|Delete|Patch|Methods)\s*\(")
NAMESPACES: Final = frozenset(
    {"System", "Diagnostics", "IO", "Net", "Http", "Web", "Data", "SqlClient", "Security", "Cryptography", "Text",
     "RegularExpressions", "Xml", "XPath", "Linq", "Runtime", "Serialization", "Formatters", "Binary", "Collections",
     "Generic", "Threading", "Tasks", "Reflection", "Configuration", "DirectoryServices", "Microsoft",
     "EntityFrameworkCore", "AspNetCore", "Mvc", "Win32", "Newtonsoft", "Json", "MySql", "MySqlClient", "Npgsql",
     "Oracle", "SQLite", "X509Certificates", "UI", "Script", "Compression", "Mail", "Sockets", "OleDb", "Odbc",
     "CodeDom", "Compiler", "Schema", "Xsl", "Messaging", "Management", "Automation", "CSharp"}
)  # fmt: skip
ROOTS: Final = frozenset({"System", "Microsoft", "Newtonsoft", "MySql", "Npgsql", "Oracle"})
