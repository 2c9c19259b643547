"""Traffic that nobody signs names its account in the path: each account has its own registry and load balancers."""

import urllib.error
import urllib.request

import pytest

from provisioning.localaws.ecr.registry import ImagePushError
from provisioning.localaws.sample import images
from tests.localaws.site import LocalAws, client

pytestmark = pytest.mark.localaws

OWN, OTHER = "111111111111", "222222222222"


def get(aws: LocalAws, path: str, method: str = "GET") -> tuple[int, str, str]:
    """Status, body and the Location header."""
    request = urllib.request.Request(f"http://{aws.registry}{path}", method=method)
    try:
        with urllib.request.urlopen(request) as answer:
            return answer.status, answer.read().decode(), answer.headers.get("Location", "")
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode(), ""


def push(aws: LocalAws, repository: str, version: str) -> str:
    return images.push_sample(aws.registry, repository, version, version=version, runtime="process")


def pushed(aws: LocalAws, account: str, repository: str) -> list[str]:
    """The digests that the account's owner sees in their repository."""
    found = client(aws.port, "ecr", account).describe_images(repositoryName=repository)["imageDetails"]
    return [each["imageDigest"] for each in found]


@pytest.mark.parametrize("name", ["bakery", "acme/shop"])
def test_each_account_has_a_repository_of_that_name_of_its_own(process_aws: LocalAws, name: str):
    for account in (OWN, OTHER):
        client(process_aws.port, "ecr", account).create_repository(repositoryName=name)

    theirs, ours = push(process_aws, f"{OTHER}/{name}", "1"), push(process_aws, name, "2")

    assert (pushed(process_aws, OTHER, name), pushed(process_aws, OWN, name)) == ([theirs], [ours])
    assert theirs != ours
    assert get(process_aws, f"/v2/{OTHER}/{name}/manifests/{theirs}")[0] == 200
    assert get(process_aws, f"/v2/{OWN}/{name}/manifests/{ours}")[0] == 200
    assert get(process_aws, f"/v2/{name}/manifests/{theirs}")[0] == 404


def test_an_upload_goes_on_in_the_account_where_it_began(process_aws: LocalAws):
    client(process_aws.port, "ecr", OTHER).create_repository(repositoryName="rolls")

    status, _, location = get(process_aws, f"/v2/{OTHER}/rolls/blobs/uploads/", "POST")

    assert (status, location.startswith(f"/v2/{OTHER}/rolls/blobs/uploads/")) == (202, True)
    assert get(process_aws, location)[0] == 204


def test_a_repository_that_another_account_has_is_unknown(process_aws: LocalAws):
    client(process_aws.port, "ecr", OTHER).create_repository(repositoryName="secret")

    with pytest.raises(ImagePushError, match="repository name not known to registry"):
        push(process_aws, "333333333333/secret", "1")


@pytest.mark.parametrize("region", ["eu-west-1", "eu-central-1"])
def test_a_repository_is_found_in_whatever_region_it_is(process_aws: LocalAws, region: str):
    ecr = client(process_aws.port, "ecr", OTHER, region=region)
    ecr.create_repository(repositoryName=f"cakes-{region}")

    digest = push(process_aws, f"{OTHER}/cakes-{region}", "1")

    assert ecr.describe_images(repositoryName=f"cakes-{region}")["imageDetails"][0]["imageDigest"] == digest


def test_each_account_has_load_balancers_of_its_own(process_aws: LocalAws):
    elb = client(process_aws.port, "elbv2", OTHER)
    balancer = elb.create_load_balancer(Name="front", Subnets=["subnet-1", "subnet-2"])["LoadBalancers"][0]
    page = {"StatusCode": "200", "ContentType": "text/plain", "MessageBody": "the other account"}
    elb.create_listener(
        LoadBalancerArn=balancer["LoadBalancerArn"],
        Protocol="HTTP",
        Port=80,
        DefaultActions=[{"Type": "fixed-response", "FixedResponseConfig": page}],
    )

    assert get(process_aws, f"/_alb/{OTHER}/front/")[:2] == (200, "the other account")
    assert get(process_aws, "/_alb/front/")[0] == 404
    assert get(process_aws, f"/_alb/{OWN}/front/")[0] == 404
