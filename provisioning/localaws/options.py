"""The launcher's command line, and the environment that MiniStack reads when it is first imported."""

import argparse
import logging
import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Options:
    port: int
    state_dir: Path
    pace: float
    runtime: str
    auth: bool
    account: str
    region: str


def parse(arguments: list[str] | None = None) -> Options:
    parser = argparse.ArgumentParser(
        prog="provisioning.localaws", description="A local AWS for the demo and the tests."
    )
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--state-dir", type=Path, required=True, help="where state is kept between starts")
    parser.add_argument("--pace", type=float, default=0.2, help="seconds a CloudFormation resource takes")
    parser.add_argument("--runtime", choices=("auto", "docker", "process"), default="auto")
    parser.add_argument("--auth", action="store_true", help="enforce signatures, trust and policies")
    parser.add_argument("--account", default="111111111111", help="whose the unsigned traffic is")
    parser.add_argument("--region", default="eu-west-1")
    return Options(**vars(parser.parse_args(arguments)))


def export(options: Options) -> None:
    """Set MiniStack's environment. It must happen before any of its modules is imported."""
    state_dir = options.state_dir.resolve()
    state_dir.mkdir(parents=True, exist_ok=True)
    os.environ.update(
        GATEWAY_PORT=str(options.port),
        BIND_HOST="127.0.0.1",
        MINISTACK_REGION=options.region,
        MINISTACK_ACCOUNT_ID=options.account,
        PERSIST_STATE="1",
        STATE_DIR=str(state_dir),
        IOT_MTLS_ENABLED="0",
        SFTP_ENABLED="0",
        AUTH="true" if options.auth else "false",
    )
    os.environ.setdefault("LOG_LEVEL", "WARNING")
    # MiniStack warns at every start that KMS cannot sign without a package that nothing here needs.
    logging.getLogger("kms").setLevel(logging.ERROR)
