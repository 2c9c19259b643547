"""What containers write, in CloudWatch Logs: in the group and the stream that the awslogs driver would take."""

import asyncio
import json
import logging
import time
from dataclasses import dataclass
from typing import Any

from ministack.core.responses import request_scope
from ministack.services import cloudwatch_logs

from provisioning.localaws.ecs.names import Scope
from provisioning.localaws.ecs.records import Record

log = logging.getLogger("localaws.ecs")


@dataclass
class LogStream:
    """One container's stream; without a group nothing is kept."""

    scope: Scope
    group: str
    name: str
    makes_group: bool = False
    exists: bool = False

    @classmethod
    def of(cls, scope: Scope, definition: Record, task: str) -> "LogStream":
        configured = definition.get("logConfiguration") or {}
        options = configured.get("options") or {}
        group = options.get("awslogs-group", "") if configured.get("logDriver") == "awslogs" else ""
        prefix = options.get("awslogs-stream-prefix", "")
        name = f"{prefix}/{definition['name']}/{task}" if prefix else task
        region = options.get("awslogs-region") or scope.region
        creates = str(options.get("awslogs-create-group", "")).lower() == "true"
        return cls(Scope(scope.account, region), group, name, creates)

    def write(self, lines: bytes) -> None:
        """Add one or more whole lines."""
        if not self.group:
            return
        if not self.exists:
            self._make()
        now = int(time.time() * 1000)
        said = lines.decode(errors="replace").splitlines()
        self._call("PutLogEvents", logEvents=[{"timestamp": now, "message": line} for line in said])

    def _make(self) -> None:
        if self.makes_group:
            self._call("CreateLogGroup")
        self._call("CreateLogStream")
        self.exists = True

    def _call(self, action: str, **members: Any) -> None:
        """Through MiniStack's own door, as a caller of this account."""
        names = {"logGroupName": self.group, **({} if action == "CreateLogGroup" else {"logStreamName": self.name})}
        headers = {"x-amz-target": f"Logs_20140328.{action}"}
        body = json.dumps({**names, **members}).encode()
        with request_scope(*self.scope):
            status, _, answer = asyncio.run(cloudwatch_logs.handle_request("POST", "/", headers, body, {}))
        if status >= 400 and b"ResourceAlreadyExists" not in answer:
            log.warning("%s for %s %s: %s", action, self.group, self.name, answer[:200])
