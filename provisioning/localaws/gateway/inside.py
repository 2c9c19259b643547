"""MiniStack's services asked from inside this process, by the door that requests from outside take.

Call these from a worker thread; the account and region are those of whatever the thread does (`request_scope`).
"""

import json
from collections.abc import Mapping
from types import ModuleType
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

from ministack.app import call_service_handler_sync

from provisioning.localaws.checks import Reaches

REACHES = (Reaches("ministack.app", ("call_service_handler_sync",)),)

SECONDS = 60  # an answer later than this will not come: the server is going down


def ask_json(service: ModuleType, operation: str, data: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of a service that speaks JSON. Raises ValueError with the service's words when it refuses."""
    headers = {"x-amz-target": f"local.{operation}"}
    status, _, body = call_service_handler_sync(
        service.handle_request, "POST", "/", headers, json.dumps(data).encode(), {}, SECONDS
    )
    answer: dict[str, Any] = json.loads(body)
    if status >= 400:
        raise ValueError(answer.get("message") or f"{operation} failed with status {status}")
    return answer


def ask_query(service: ModuleType, operation: str, params: Mapping[str, str]) -> ElementTree.Element:
    """The answer of a service that speaks XML, EC2 for one. Raises ValueError as above."""
    form = urlencode({"Action": operation, **params}).encode()
    status, _, body = call_service_handler_sync(service.handle_request, "POST", "/", {}, form, {}, SECONDS)
    answer = ElementTree.fromstring(body)  # noqa: S314 - our own process wrote it
    if status >= 400:
        raise ValueError(text(answer, "Message") or f"{operation} failed with status {status}")
    return answer


def text(answer: ElementTree.Element, tag: str) -> str:
    """The text of the first element of that name, whatever its namespace; empty without one."""
    return answer.findtext(f".//{{*}}{tag}") or ""
