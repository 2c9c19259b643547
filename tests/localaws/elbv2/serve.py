"""A MiniStack with our load balancing engine and nothing else of ours, for the tests. Usage: serve.py PORT DIRECTORY"""

import asyncio
import os
import sys
from typing import Any

PORT, DIRECTORY = sys.argv[1:3]
os.environ.update(
    MINISTACK_REGION="eu-west-1",
    MINISTACK_ACCOUNT_ID="111111111111",
    STATE_DIR=DIRECTORY,
    GATEWAY_PORT=PORT,
    IOT_MTLS_ENABLED="0",
    SFTP_ENABLED="0",
    LOG_LEVEL="WARNING",
)

from hypercorn.asyncio import serve  # noqa: E402 - after the environment that MiniStack reads
from hypercorn.config import Config  # noqa: E402
from ministack import app as ministack_app  # noqa: E402

from provisioning.localaws.checks import check  # noqa: E402
from provisioning.localaws.elbv2 import engine, traffic  # noqa: E402


async def front(scope: Any, receive: Any, send: Any) -> None:
    serving = traffic.app if scope.get("path", "").startswith(traffic.PREFIX) else ministack_app.app
    await serving(scope, receive, send)


check(engine.REACHES)
engine.install(longest_drain=1.5)
config = Config()
config.bind = [f"127.0.0.1:{PORT}"]
config.graceful_timeout = 0.5
asyncio.run(serve(front, config))
