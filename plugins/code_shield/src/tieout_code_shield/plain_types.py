"""Types whose values can carry no text of anybody's choice: numbers, truths, identifiers, addresses, points in time."""

from __future__ import annotations

import re
from typing import Final

__all__ = ["carries_no_text"]

_WRAPPED: Final = re.compile(
    r"^(?:Option|Optional|Nullable|Box|Arc|Rc)\s*<(.+)>$|^(?:typing\.)?Optional\[(.+)\]$|^(.+?)\s*\|\s*(?:None|null)$|^\?(.+)$|^\*(.+)$|^(.+)\?$"
)
_PLAIN: Final = re.compile(
    r"^(?:[iu](?:8|16|32|64|128|size)|f(?:32|64)|bool|char|u?int(?:8|16|32|64)?|float(?:32|64)?|uintptr|rune|byte|sbyte"
    r"|u?short|u?long|double|decimal|boolean|Integer|Long|Short|Byte|Float|Double|Boolean|Int|Char|UInt|ULong|BigInteger"
    r"|BigDecimal|Decimal|Ip(?:v[46])?Addr|IpNet|SocketAddr|NonZero\w+|U[uU][iI][dD]|Guid|DateTime|DateTimeOffset|DateOnly"
    r"|TimeSpan|Duration|Instant|LocalDate|LocalDateTime|NaiveDate|InetAddress|IPAddress|Addr"
    r"|IPv[46](?:Address|Network)|date|datetime|timedelta|(?:Positive|Negative|NonNegative|NonPositive|Strict)(?:Int|Float)"
    r"|Literal\[.+\])$"
)


def carries_no_text(kind: str) -> bool:
    """Whether a type, as it is written, is one of those; modules and packages in front of it do not count."""
    kind = kind.strip()
    for _ in range(3):
        inner = _WRAPPED.match(kind)
        if inner is None:
            break
        kind = next(part for part in inner.groups() if part).strip()
    return _PLAIN.match(re.split(r"::|\.", kind)[-1].partition("<")[0]) is not None
