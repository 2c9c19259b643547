"""What deployments may know of an environment at AWS."""

from dataclasses import asdict, fields

import pytest

from provisioning.facts import OUTPUTS, EnvironmentFacts, IncompleteStack, cluster_of, facts_of, load_balancer_url, read
from provisioning.stacks import load
from tests import factories


def test_every_fact_is_an_output_of_the_template():
    written = load("environment").body

    assert OUTPUTS.keys() == {each.name for each in fields(EnvironmentFacts)}
    for output in OUTPUTS.values():
        assert f"\n  {output}: {{Value:" in written


def test_the_facts_of_a_ready_environment_are_its_stacks_outputs(db):
    environment = factories.EnvironmentFactory()

    facts = facts_of(environment)

    assert asdict(facts) == {fact: factories.OUTPUTS[output] for fact, output in OUTPUTS.items()}


def test_a_stack_that_lacks_outputs_is_told_with_their_names(db):
    outputs = {name: value for name, value in factories.OUTPUTS.items() if name not in {"VpcId", "LogGroupName"}}
    environment = factories.EnvironmentFactory(aws_facts=read(outputs))

    with pytest.raises(IncompleteStack, match="lack the outputs LogGroupName, VpcId"):
        facts_of(environment)


def test_before_the_stack_is_made_there_is_no_cluster_and_no_address(db):
    environment = factories.EnvironmentFactory(aws_facts={})

    assert (cluster_of(environment), load_balancer_url(environment)) == ("", "")


@pytest.mark.parametrize(
    ("shape", "url"),
    [
        ("http://{dns_name}/", "http://acme-lb-1.eu-west-1.elb.amazonaws.com/"),
        ("http://127.0.0.1:4566/_alb/{name}/", "http://127.0.0.1:4566/_alb/acme-lb/"),
        ("http://127.0.0.1:4566/_alb/{account}/{name}/", "http://127.0.0.1:4566/_alb/222222222222/acme-lb/"),
    ],
)
def test_an_address_is_of_the_shape_that_is_set(db, settings, shape, url):
    settings.LOAD_BALANCER_URL = shape
    facts = {"load_balancer": "acme-lb", "load_balancer_dns": "acme-lb-1.eu-west-1.elb.amazonaws.com"}
    environment = factories.EnvironmentFactory(account__account_id="222222222222", aws_facts=facts)

    assert load_balancer_url(environment) == url
