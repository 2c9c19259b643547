"""What AWS is asked for, and what it looks like when something is wrong, as each of its protocols writes it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

READS = ("Describe", "List", "Get", "BatchGet", "Filter")


class Fault(StrEnum):
    """What may be wrong with an answer."""

    SLOW = "slow"
    SERVER_ERROR = "server error"
    THROTTLED = "throttled"
    TOO_MANY = "too many"  # the same with status 429
    RESET = "reset"
    HTML_200 = "HTML 200"  # a proxy's page, as a hotel's or a company's
    BROKEN_HTML_200 = "broken HTML 200"
    HTML_503 = "HTML 503"
    BROKEN_HTML_503 = "broken HTML 503"
    LOST = "lost"  # AWS did it; the answer does not arrive
    DENIED = "denied"


@dataclass(frozen=True)
class Call:
    """One request to AWS: its operation, its arguments, and whether it speaks JSON or the query protocol."""

    operation: str
    arguments: dict[str, Any]
    is_json: bool

    @property
    def is_read(self) -> bool:
        return self.operation.startswith(READS)


@dataclass(frozen=True)
class Answer:
    status: int
    content_type: str
    body: str

    def encode(self) -> bytes:
        """As it goes over the wire; the connection is not used again."""
        content = self.body.encode()
        head = f"HTTP/1.1 {self.status} .\r\nContent-Type: {self.content_type}\r\nContent-Length: {len(content)}\r\n"
        return head.encode() + b"Connection: close\r\n\r\n" + content


def call_of(headers: Mapping[str, str], body: bytes) -> Call:
    """`headers` by lower-case name."""
    target = headers.get("x-amz-target", "")
    if target:
        return Call(target.rpartition(".")[2], json.loads(body or b"{}"), is_json=True)
    arguments = dict(parse_qsl(body.decode(errors="replace")))
    return Call(arguments.get("Action", ""), arguments, is_json=False)


PAGE = "<html><body><h1>{title}</h1><p>Ask your network's administrator.</p></body></html>"
BROKEN_PAGE = "<!doctype html><html lang=en><title>{title}</title><p>Ask your network's administrator.<br>"
PAGES = {
    Fault.HTML_200: (200, PAGE, "Sign in"),
    Fault.BROKEN_HTML_200: (200, BROKEN_PAGE, "Sign in"),
    Fault.HTML_503: (503, PAGE, "Out of service"),
    Fault.BROKEN_HTML_503: (503, BROKEN_PAGE, "Out of service"),
}
# Status and code, in JSON and in the query protocol.
ERRORS = {
    Fault.SERVER_ERROR: ((500, "ServerException"), (500, "InternalFailure")),
    Fault.THROTTLED: ((400, "ThrottlingException"), (400, "Throttling")),
    Fault.TOO_MANY: ((429, "TooManyRequestsException"), (429, "Throttling")),
    Fault.DENIED: ((400, "AccessDeniedException"), (403, "AccessDenied")),
}


def wrong_answer(fault: Fault, call: Call) -> Answer:
    """The answer instead of AWS's own, for a fault of PAGES or ERRORS."""
    if fault in PAGES:
        status, page, title = PAGES[fault]
        return Answer(status, "text/html", page.format(title=title))
    status, code = ERRORS[fault][0 if call.is_json else 1]
    message = f"not authorized to perform: {call.operation}" if fault is Fault.DENIED else "Rate exceeded"
    if call.is_json:
        return Answer(status, "application/x-amz-json-1.1", json.dumps({"__type": code, "message": message}))
    error = f"<Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>"
    return Answer(status, "text/xml", f"<ErrorResponse>{error}<RequestId>1</RequestId></ErrorResponse>")
