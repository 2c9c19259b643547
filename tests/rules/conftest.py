"""What services and forms refuse, they refuse without asking anybody else."""

import pytest


@pytest.fixture(autouse=True)
def _no_aws(settings) -> None:
    settings.AWS_ENDPOINT_URL = "http://127.0.0.1:9"
