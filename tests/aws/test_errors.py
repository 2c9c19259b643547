import pytest
from botocore.exceptions import (
    ClientError,
    ConnectTimeoutError,
    EndpointConnectionError,
    NoCredentialsError,
    ParamValidationError,
    ReadTimeoutError,
)

from provisioning.aws.errors import AwsProblem, accepting, asking_aws, translate


def client_error(code: str, message: str = "", operation: str = "DoIt", status: int = 400) -> ClientError:
    response = {"Error": {"Code": code, "Message": message}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(response, operation)


@pytest.mark.parametrize(
    ("code", "message", "slug"),
    [
        ("AccessDenied", "", "access_denied"),
        ("AccessDeniedException", "", "access_denied"),
        ("UnauthorizedOperation", "", "access_denied"),
        ("InvalidClientTokenId", "", "expired_or_wrong_keys"),
        ("ExpiredToken", "", "expired_or_wrong_keys"),
        ("SignatureDoesNotMatch", "", "expired_or_wrong_keys"),
        ("AuthFailure", "", "expired_or_wrong_keys"),
        ("Throttling", "", "throttled"),
        ("ThrottlingException", "", "throttled"),
        ("RequestLimitExceeded", "", "throttled"),
        ("RepositoryNotFoundException", "", "not_found"),
        ("ClusterNotFoundException", "", "not_found"),
        ("ChangeSetNotFound", "", "not_found"),
        ("InvalidVpcID.NotFound", "", "not_found"),
        ("ServiceNotActiveException", "", "not_found"),
        ("ValidationError", "Stack with id acme does not exist", "not_found"),
        ("ValidationError", "Stack is in UPDATE_IN_PROGRESS state and can not be updated", "conflict"),
        ("ValidationError", "Stack cannot be deleted while TerminationProtection is enabled", "protected"),
        ("ValidationError", "Template format error", "invalid"),
        ("RepositoryAlreadyExistsException", "", "already_exists"),
        ("PriorityInUse", "", "conflict"),
        ("AddressLimitExceeded", "", "limit_exceeded"),
        ("VpcLimitExceeded", "", "limit_exceeded"),
        ("TooManyRules", "", "limit_exceeded"),
        ("ServerException", "", "aws_internal"),
        (
            "ClientException",
            "Too many concurrent attempts to create a new revision of the specified family.",
            "throttled",
        ),
        ("InvalidParameterException", "Unable to assume the service linked role. Please verify …", "not_yet"),
        ("InvalidParameterException", "Unable to Start a service that is still Draining.", "not_yet"),
        ("InvalidParameterException", "The target group x does not have an associated load balancer.", "not_yet"),
        ("InvalidSignatureException", "Signature expired: 20260101T000000Z is now earlier than …", "clock"),
        ("EC2ThrottledException", "", "throttled"),
        ("ProvisionedThroughputExceededException", "", "throttled"),
        ("TransactionInProgressException", "", "throttled"),
        ("ServiceQuotaExceededException", "", "limit_exceeded"),
        ("RequestTimeTooSkewed", "", "clock"),
        ("OptInRequired", "", "not_activated"),
        ("SomethingNobodyHasSeen", "", "refused"),
    ],
)
def test_an_aws_error_code_gets_its_slug(code, message, slug):
    assert translate(client_error(code, message), "do it").code == slug


def test_an_unknown_fault_of_aws_is_told_from_an_unknown_fault_of_ours_by_its_status():
    assert translate(client_error("Strange", status=503), "do it").code == "aws_internal"
    assert translate(client_error("Strange", status=400), "do it").code == "refused"


def test_a_refused_role_names_its_three_possible_causes():
    problem = translate(client_error("AccessDenied", operation="AssumeRole"), "use the role")

    assert problem.code == "wrong_external_id"
    assert "role does not exist" in str(problem.sentence)
    assert "does not trust" in str(problem.sentence)
    assert "ExternalId differs" in str(problem.sentence)


@pytest.mark.parametrize(
    ("error", "slug"),
    [
        (EndpointConnectionError(endpoint_url="http://x"), "unreachable"),
        (ConnectTimeoutError(endpoint_url="http://x"), "unreachable"),
        (ReadTimeoutError(endpoint_url="http://x"), "unreachable"),
        (NoCredentialsError(), "expired_or_wrong_keys"),
        (ParamValidationError(report="bad"), "invalid"),
    ],
)
def test_what_goes_wrong_before_aws_answers_gets_its_slug(error, slug):
    assert translate(error, "do it").code == slug


@pytest.mark.parametrize(
    ("code", "retryable"),
    [("Throttling", True), ("InternalFailure", True), ("AccessDenied", False), ("ValidationError", False)],
)
def test_only_what_may_pass_by_itself_is_retryable(code, retryable):
    assert translate(client_error(code), "do it").retryable is retryable


def test_the_sentence_is_for_customers_and_the_detail_for_engineers():
    problem = translate(client_error("AccessDeniedException", "User arn:x may not"), "list the pushed images")

    assert str(problem.sentence) == (
        "AWS does not allow the portal to list the pushed images. Give the portal's role, or the user of its access "
        "key, the permissions of the newest role template, then try again."
    )
    assert problem.detail == "AccessDeniedException: User arn:x may not"


def test_asking_aws_turns_botocore_errors_into_problems_and_lets_bugs_through():
    with pytest.raises(AwsProblem) as caught, asking_aws("do it"):
        raise client_error("Throttling")
    assert caught.value.operation == "do it"
    with pytest.raises(ZeroDivisionError), asking_aws("do it"):
        raise ZeroDivisionError


def test_accepting_swallows_only_the_named_problems():
    with accepting("not_found"):
        raise AwsProblem("not_found", "do it")
    with pytest.raises(AwsProblem), accepting("not_found"):
        raise AwsProblem("access_denied", "do it")


def test_an_unknown_refusal_blames_nobody_and_says_what_aws_says_on_one_line():
    problem = translate(client_error("Strange", "Not\n  today.  "), "do it")

    assert str(problem.sentence) == "AWS refused to do it. In its own words: Not today."
    assert not problem.retryable
