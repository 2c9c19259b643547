"""Errors as AWS writes them, for each protocol, and pages of proxies that are no answer of AWS at all."""

import html
import json
from dataclasses import dataclass

from provisioning.localaws.gateway.asgi import Headers
from provisioning.localaws.gateway.asked import Asked, Protocol

REQUEST_ID = "00000000-0000-4000-8000-000000000000"


@dataclass(frozen=True)
class Refusal:
    """One kind of error: `codes` and `statuses` where a protocol differs from the JSON ones."""

    code: str
    message: str
    status: int
    codes: dict[Protocol, str]
    statuses: dict[Protocol, int]


THROTTLED = Refusal(
    "ThrottlingException",
    "Rate exceeded",
    400,
    {Protocol.QUERY: "Throttling", Protocol.EC2: "RequestLimitExceeded", Protocol.REST_XML: "SlowDown"},
    {Protocol.EC2: 503, Protocol.REST_XML: 503, Protocol.REST_JSON: 429},
)
FAILED = Refusal(
    "InternalFailure",
    "The request processing has failed because of an unknown error, exception or failure.",
    500,
    {Protocol.EC2: "InternalError", Protocol.REST_XML: "InternalError"},
    {},
)
DENIED = Refusal(
    "AccessDeniedException",
    "User: arn:aws:sts::{account}:assumed-role/faults/test is not authorized to perform: {service}:{operation}"
    " because no identity-based policy allows the {service}:{operation} action",
    400,
    {
        Protocol.QUERY: "AccessDenied",
        Protocol.EC2: "UnauthorizedOperation",
        Protocol.REST_XML: "AccessDenied",
    },
    {Protocol.QUERY: 403, Protocol.EC2: 403, Protocol.REST_JSON: 403, Protocol.REST_XML: 403},
)

Written = tuple[int, bytes, Headers]

WHOLE_PAGE = b"<html><head><title>503</title></head><body><h1>503 Service Unavailable</h1></body></html>"
CUT_PAGE = b"<html><head><title>503<body><h1>Service &nbsp; Unavailable <p>upstream"


def written(refusal: Refusal, asked: Asked, **facts: str) -> Written:
    """Status, body and headers of the error, as the client that asked expects them; `facts` fill its message."""
    protocol = asked.protocol
    code, status = refusal.codes.get(protocol, refusal.code), refusal.statuses.get(protocol, refusal.status)
    message = refusal.message.format(account=asked.account, service=asked.service, operation=asked.operation, **facts)
    if protocol in {Protocol.JSON, Protocol.REST_JSON}:
        kind = "application/x-amz-json-1.1" if protocol is Protocol.JSON else "application/json"
        body = json.dumps({"__type": code, "message": message}).encode()
        return status, body, {"content-type": kind, "x-amzn-errortype": code, "x-amzn-requestid": REQUEST_ID}
    return status, _xml(protocol, code, message).encode(), {"content-type": "text/xml"}


def _xml(protocol: Protocol, code: str, message: str) -> str:
    error = f"<Code>{code}</Code><Message>{html.escape(message)}</Message>"
    if protocol is Protocol.EC2:
        inner = f"<Errors><Error>{error}</Error></Errors><RequestID>{REQUEST_ID}</RequestID>"
        return f'<?xml version="1.0" encoding="UTF-8"?><Response>{inner}</Response>'
    if protocol is Protocol.REST_XML:
        return f"<Error>{error}<RequestId>{REQUEST_ID}</RequestId></Error>"
    inner = f"<Error><Type>Sender</Type>{error}</Error><RequestId>{REQUEST_ID}</RequestId>"
    return f"<ErrorResponse>{inner}</ErrorResponse>"
