"""Starting and stopping the launcher: what survives, what ends with it, and what it refuses."""

import json
import os
import signal
import subprocess
import urllib.request
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from provisioning.localaws import control
from tests.localaws.conftest import free_port, start
from tests.localaws.site import Site, client, until

pytestmark = pytest.mark.localaws


def loopback_port(site: Site) -> int:
    """Where the service's only task listens."""
    found = site.elb.describe_target_health(TargetGroupArn=site.group)["TargetHealthDescriptions"]
    return int(found[0]["Target"]["Port"])


def answers(port: int) -> bool:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


@pytest.mark.parametrize("runtime", ["process", pytest.param("docker", marks=pytest.mark.docker)])
def test_services_come_back_after_a_restart(tmp_path: Path, runtime: str):
    first = start(tmp_path, runtime)
    site = Site(first).build()
    site.launch(site.image("1"), desired=1)
    site.settled()
    first.stop()

    second = start(tmp_path, runtime, port=first.port)
    try:
        assert until(lambda: site.get()[0] == 200)
        assert site.service()["runningCount"] == 1
    finally:
        second.stop()


def images_of(registry: str) -> list[str]:
    """What the engine has from there."""
    command = ["docker", "images", "--digests", "--format", "{{.Repository}}"]
    found = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
    return [each for each in found if each.startswith(f"{registry}/")]


@pytest.mark.docker
def test_containers_and_images_end_with_the_launcher(tmp_path: Path):
    aws = start(tmp_path, "docker")
    site = Site(aws).build()
    site.launch(site.image("1"))
    site.settled()
    port = loopback_port(site)
    assert answers(port)
    assert images_of(aws.registry)

    aws.stop()

    assert images_of(aws.registry) == []
    mine = [
        "docker",
        "ps",
        "--all",
        "--quiet",
        "--filter",
        f"label=com.amazonaws.ecs.task-definition-family={site.name}",
    ]
    assert subprocess.run(mine, capture_output=True, text=True, check=True).stdout == ""
    assert not answers(port)


@pytest.mark.parametrize("end", [signal.SIGTERM, signal.SIGKILL])
def test_processes_end_with_the_launcher_however_it_ends(tmp_path: Path, end: signal.Signals):
    aws = start(tmp_path, "process")
    site = Site(aws).build()
    site.launch(site.image("1"), desired=1)
    site.settled()
    port = loopback_port(site)
    assert answers(port)

    aws.process.send_signal(end)
    aws.process.wait(30)

    assert until(lambda: not answers(port))


def test_an_image_that_is_not_ours_is_simulated_without_a_docker_engine(process_aws):
    site = Site(process_aws).build()
    site.launch("docker.io/library/nginx:1.27", desired=1)

    assert site.settled()["rolloutState"] == "COMPLETED"
    assert site.target_states() == ["healthy"]
    status, body = site.get()
    assert status == 503
    assert "simulated" in body


def test_it_says_which_runtime_it_has(process_aws):
    with urllib.request.urlopen(f"http://{process_aws.registry}/_localaws") as answer:
        assert json.load(answer) == {"runtime": "process", "version": "1.5.33"}


def test_asking_for_docker_without_an_engine_is_refused_with_a_reason(tmp_path: Path):
    command = [control.python(), "-m", "provisioning.localaws", "--port", str(free_port())]
    command += ["--state-dir", str(tmp_path), "--runtime", "docker"]
    nowhere = os.environ | {"DOCKER_HOST": f"unix://{tmp_path}/no.sock"}

    done = subprocess.run(
        command, cwd=control.ROOT, env=nowhere, capture_output=True, text=True, timeout=30, check=False
    )

    assert done.returncode == 2
    assert "no Docker engine answers" in done.stderr
    assert "use --runtime process" in done.stderr


def test_a_launcher_that_never_answers_is_reported(tmp_path: Path):
    with pytest.raises(control.NotReadyError, match="did not answer on port"):
        control.wait_ready(free_port(), seconds=0.3)


TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": "acme-7f3a"}},
        }
    ],
}


def test_with_auth_a_role_is_given_only_to_who_knows_its_external_id(tmp_path: Path):
    aws = start(tmp_path, "process", auth=True)
    try:
        iam = client(aws.port, "iam")
        role = iam.create_role(RoleName="portal", AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        sts = client(aws.port, "sts")

        given = sts.assume_role(RoleArn=role, RoleSessionName="portal", ExternalId="acme-7f3a")
        with pytest.raises(ClientError) as refused:
            sts.assume_role(RoleArn=role, RoleSessionName="portal", ExternalId="guessed")
    finally:
        aws.stop()

    assert given["Credentials"]["AccessKeyId"].startswith("ASIA")
    assert refused.value.response["Error"]["Code"] == "AccessDenied"
