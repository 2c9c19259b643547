import re
from pathlib import Path

import pytest
import yaml
from cfnlint.api import lint_file

from provisioning import stacks

FOLDER = Path(stacks.__file__).parent
NAMES = sorted(path.stem for path in FOLDER.glob("*.yaml"))


def parsed(name: str) -> dict:
    return yaml.load(stacks.load(name).body, Loader=stacks._Loader)


@pytest.mark.parametrize("name", NAMES)
def test_cfn_lint_finds_nothing(name):
    assert lint_file(FOLDER / f"{name}.yaml") == []


@pytest.mark.parametrize("name", NAMES)
def test_every_resource_says_in_one_sentence_what_it_is_for(name):
    purposes = stacks.load(name).purposes

    assert purposes.keys() == parsed(name)["Resources"].keys()
    assert all(re.fullmatch(r"[A-Z].+\.", each) and len(each) < 120 for each in purposes.values())


def test_the_environment_gives_back_what_the_portal_works_with():
    assert list(parsed("environment")["Outputs"]) == [
        "VpcId",
        "PublicSubnetIds",
        "PrivateSubnetIds",
        "ClusterName",
        "ClusterArn",
        "CapacityProviderName",
        "LoadBalancerArn",
        "LoadBalancerName",
        "LoadBalancerDnsName",
        "ListenerArn",
        "LogGroupName",
        "TaskExecutionRoleArn",
        "TaskRoleArn",
        "PlatformRepositoryUri",
    ]


def test_only_production_pays_for_a_second_outgoing_gateway():
    resources = parsed("environment")["Resources"]

    conditional = {name for name, each in resources.items() if each.get("Condition") == "GatewayPerZone"}

    assert conditional == {"NatAddressB", "NatGatewayB"}


@pytest.mark.parametrize("name", ["acme-production", "a1b", "a" * 28])
def test_names_that_fit_every_aws_limit_are_accepted(name):
    assert accepts(name)


@pytest.mark.parametrize("name", ["Acme", "acme--dev", "acme-", "-acme", "1acme", "ab", "a" * 29, "acme dev"])
def test_names_that_some_aws_service_would_refuse_are_not(name):
    assert not accepts(name)


def accepts(name: str) -> bool:
    rule = parsed("environment")["Parameters"]["EnvironmentName"]
    fits = rule["MinLength"] <= len(name) <= rule["MaxLength"]
    return fits and bool(re.fullmatch(rule["AllowedPattern"], name))
