"""Whether an answer is AWS's at all: a proxy may answer 200 with a page of its own, which botocore reads as empty."""

from typing import Any

from botocore.awsrequest import AWSResponse
from botocore.client import BaseClient
from botocore.model import OperationModel
from botocore.parsers import ResponseParserError


def refuse_foreign(client: BaseClient) -> None:
    """Has the client raise ResponseParserError for every such answer, also where nobody reads it."""
    client.meta.events.register("after-call", _refuse)


def _refuse(http_response: AWSResponse, model: OperationModel, **_: Any) -> None:
    if http_response.status_code >= 300 or http_response.raw is None:
        return
    if not _is_answer(http_response.content.strip(), model):
        message = f"{model.name} was answered with something else: {http_response.content[:100]!r}"
        raise ResponseParserError(message)


def _is_answer(body: bytes, model: OperationModel) -> bool:
    if model.service_model.metadata["protocol"] == "json":
        return not body or (body.startswith(b"{") and body.endswith(b"}"))
    return f"<{model.name}Response".encode() in body
