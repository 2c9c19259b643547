"""The AWS query protocol: flat parameters into nested records, and records into XML. Pure."""

import uuid
from collections.abc import Mapping
from typing import Any
from xml.sax.saxutils import escape

NAMESPACE = "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/"
HEADERS = {"Content-Type": "text/xml"}

Answer = tuple[int, dict[str, str], bytes]
Record = dict[str, Any]


class Refusal(Exception):
    """An error answer of the API: AWS's code and a message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def nested(parameters: Mapping[str, Any]) -> Record:
    """`A.member.1.B=x` as {"A": [{"B": "x"}]}; a value may come as a list of one."""
    root: Record = {}
    for name, value in parameters.items():
        *path, last = name.split(".")
        place = root
        for part in path:
            inner = place.setdefault(part, {})
            place = inner if isinstance(inner, dict) else place
        place[last] = value[0] if isinstance(value, list) and value else value
    return {name: _listed(value) for name, value in root.items()}


def _listed(value: Any) -> Any:
    if not isinstance(value, dict):
        return value
    members = value.get("member")
    if isinstance(members, dict):
        numbered = sorted((int(number), each) for number, each in members.items() if number.isdecimal())
        return [_listed(each) for _, each in numbered]
    return {name: _listed(each) for name, each in value.items()}


def answer(action: str, result: Record | None = None) -> Answer:
    body = (
        f'<{action}Response xmlns="{NAMESPACE}"><{action}Result>{_xml(result or {})}</{action}Result>'
        f"<ResponseMetadata><RequestId>{uuid.uuid4()}</RequestId></ResponseMetadata></{action}Response>"
    )
    return 200, dict(HEADERS), body.encode()


def refusal(refused: Refusal) -> Answer:
    error = _xml({"Type": "Sender", "Code": refused.code, "Message": refused.message})
    told = f"<Error>{error}</Error><RequestId>{uuid.uuid4()}</RequestId>"
    return 400, dict(HEADERS), f'<ErrorResponse xmlns="{NAMESPACE}">{told}</ErrorResponse>'.encode()


def _xml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "".join(f"<{name}>{_xml(each)}</{name}>" for name, each in value.items() if each is not None)
    if isinstance(value, list | tuple):
        return "".join(f"<member>{_xml(each)}</member>" for each in value)
    if isinstance(value, bool):
        return str(value).lower()
    return escape(str(value))
