"""Every error that botocore's models know for what the adapters ask has a kind that somebody chose."""

import ast
from collections.abc import Iterator
from pathlib import Path

import botocore.session
import pytest
from botocore import xform_name

from provisioning import aws
from provisioning.aws.kinds import slug_of

TABLE = {
    "access_denied": "AccessDeniedException",
    "already_exists": "AlreadyExistsException DuplicateTargetGroupName RepositoryAlreadyExistsException",
    "aws_internal": "HealthUnavailable ServerException ServiceUnavailableException",
    "conflict": "ConflictException InvalidChangeSetStatus PriorityInUse ResourceInUse",
    "expired_or_wrong_keys": "ExpiredTokenException",
    "invalid": "ClientException InvalidParameterException",
    "limit_exceeded": (
        "LimitExceededException TargetGroupAssociationLimit TooManyActions TooManyRegistrationsForTargetId "
        "TooManyRules TooManyTags TooManyTagsException TooManyTargetGroups TooManyTargets "
        " TooManyUniqueTargetGroupsPerLoadBalancer"
    ),
    "not_activated": "RegionDisabledException",
    "not_found": (
        "ChangeSetNotFound ClusterNotFoundException ImageNotFoundException ListenerNotFound LoadBalancerNotFound "
        "NamespaceNotFoundException NoSuchEntity RepositoryNotFoundException ResourceNotFoundException RuleNotFound "
        "ServiceDeploymentNotFoundException ServiceNotActiveException ServiceNotFoundException TargetGroupNotFound "
        "UnableToGetUpstreamImageException"
    ),
    "not_yet": "ResourceContention",
    "refused": (
        "IncompatibleProtocols InsufficientCapabilitiesException InvalidConfigurationRequest InvalidInput "
        "InvalidLoadBalancerAction InvalidNextToken InvalidTagParameterException InvalidTarget KmsException "
        "MalformedPolicyDocument OperationNotPermitted PackedPolicyTooLarge "
        "PlatformTaskDefinitionIncompatibilityException PlatformUnknownException PolicyEvaluation "
        "UnsupportedFeatureException UnsupportedProtocol"
    ),
    "throttled": "",
    "token_used": "TokenAlreadyExistsException",
}
CHOSEN = {code: kind for kind, codes in TABLE.items() for code in codes.split()}
MODELS = botocore.session.get_session()


def operations() -> Iterator[tuple[str, str]]:
    """(service, operation) of every call that an adapter makes, read from its source."""
    for path in Path(aws.__file__).parent.rglob("*.py"):
        calls = [node for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.Call)]
        named = [(call.func.attr, call.args) for call in calls if isinstance(call.func, ast.Attribute)]
        asked = {arguments[0].value for name, arguments in named if name == "client" and literal(arguments)}
        paged = {arguments[0].value for name, arguments in named if name == "get_paginator" and literal(arguments)}
        for service in asked | ({"sts"} if path.name == "session.py" else set()):
            wanted = paged | {name for name, _ in named}
            found = MODELS.get_service_model(service).operation_names
            yield from ((service, name) for name in found if xform_name(name) in wanted)


def literal(arguments: list[ast.expr]) -> bool:
    return bool(arguments) and isinstance(arguments[0], ast.Constant)


def modelled() -> set[str]:
    shapes = (
        shape
        for service, name in operations()
        for shape in MODELS.get_service_model(service).operation_model(name).error_shapes
    )
    return {shape.metadata.get("error", {}).get("code", shape.name) for shape in shapes}


def test_the_walk_finds_what_the_adapters_ask():
    found = set(operations())

    assert {
        ("ecs", "UpdateService"),
        ("elbv2", "SetRulePriorities"),
        ("elbv2", "DescribeRules"),
        ("cloudformation", "ListStackResources"),
        ("sts", "AssumeRole"),
    } <= found
    assert len(found) > 40


def test_every_error_has_a_kind_on_purpose():
    assert modelled() - CHOSEN.keys() == set()


@pytest.mark.parametrize("code", sorted(CHOSEN))
def test_an_error_is_of_the_kind_that_was_chosen(code):
    assert slug_of(code) == CHOSEN[code]
