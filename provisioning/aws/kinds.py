"""What AWS's errors mean: the kinds that code tells apart, and which code is of which kind."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """`retryable`: it may pass by itself. The sentence has the code "aws.<kind>" (provisioning/messages/aws.py)."""

    retryable: bool = False


KINDS = {
    "access_denied": Kind(),
    "wrong_external_id": Kind(),
    "expired_or_wrong_keys": Kind(),
    "not_activated": Kind(),
    "clock": Kind(retryable=True),
    "throttled": Kind(retryable=True),
    "not_found": Kind(),
    "unreachable": Kind(retryable=True),
    "limit_exceeded": Kind(),
    "conflict": Kind(),
    "not_yet": Kind(retryable=True),
    "token_used": Kind(),
    "already_exists": Kind(),
    "protected": Kind(),
    "refused": Kind(),
    "invalid": Kind(),
    "aws_internal": Kind(retryable=True),
}

# Services name the same cause differently: exact names first, then the beginnings and endings that they agree on.
# A test holds every error that botocore's models know for what the adapters call against these.
_CODES = {
    "access_denied": (
        "AccessDenied AccessDeniedException UnauthorizedOperation NotAuthorized UnauthorizedException BlockedException"
    ),
    "not_activated": "OptInRequired RegionDisabledException SubscriptionRequiredException",
    "clock": "RequestTimeTooSkewed RequestExpired",
    "expired_or_wrong_keys": (
        "InvalidClientTokenId UnrecognizedClientException SignatureDoesNotMatch ExpiredToken "
        "ExpiredTokenException AuthFailure InvalidAccessKeyId IncompleteSignature "
        "InvalidSignatureException MissingAuthenticationToken MissingAuthenticationTokenException"
    ),
    "throttled": (
        "Throttling ThrottlingException ThrottledException RequestLimitExceeded RequestThrottled "
        "RequestThrottledException TooManyRequestsException PriorRequestNotComplete SlowDown EC2ThrottledException "
        "ProvisionedThroughputExceededException TransactionInProgressException BandwidthLimitExceeded"
    ),
    "not_found": (
        "NoSuchEntity StackNotFoundException ServiceNotActiveException ParameterNotFound "
        "UnableToGetUpstreamImageException"
    ),
    "limit_exceeded": (
        "LimitExceededException LimitExceeded ResourceLimitExceeded ServiceQuotaExceededException "
        "TargetGroupAssociationLimit"
    ),
    "conflict": (
        "OperationInProgressException ResourceInUse ResourceInUseException DependencyViolation "
        "InvalidChangeSetStatus PriorityInUse UpdateInProgressException OperationAbortedException "
        "ConflictException ResourceInUseFault ScalingActivityInProgress"
    ),
    "not_yet": "ResourceContention",
    "token_used": "TokenAlreadyExistsException",
    "already_exists": "DuplicateTargetGroupName DuplicateListener DuplicateLoadBalancerName",
    "refused": (
        "OperationNotPermitted UnsupportedFeatureException KmsException UnsupportedOperation "
        "UnsupportedOperationException UnsupportedProtocol IncompatibleProtocols InsufficientCapabilitiesException "
        "InvalidConfigurationRequest InvalidInput InvalidLoadBalancerAction InvalidNextToken InvalidTarget "
        "InvalidTagParameterException MalformedPolicyDocument PackedPolicyTooLarge PolicyEvaluation "
        "PlatformTaskDefinitionIncompatibilityException PlatformUnknownException"
    ),
    "aws_internal": (
        "InternalFailure InternalError InternalServerError ServerException ServiceUnavailable "
        "ServiceUnavailableException InternalServiceException "
        "HealthUnavailable"
    ),
}
_SLUGS = {name: slug for slug, names in _CODES.items() for name in names.split()}
_BEGINNINGS = (("TooMany", "limit_exceeded"),)
_ENDINGS = (
    ("NotFound", "not_found"),
    ("NotFoundException", "not_found"),
    (".NotFound", "not_found"),
    ("AlreadyExists", "already_exists"),
    ("AlreadyExistsException", "already_exists"),
    ("QuotaExceeded", "limit_exceeded"),
    ("LimitExceeded", "limit_exceeded"),
)
# Codes that services give for several causes, which only the message tells apart: something in the request, as a rule.
_VAGUE = frozenset(
    {
        "ClientException",
        "InvalidParameter",
        "InvalidParameterCombination",
        "InvalidParameterException",
        "InvalidParameterValue",
        "ValidationError",
        "ValidationException",
    }
)
_PHRASES = (
    ("does not exist", "not_found"),
    ("not found", "not_found"),
    ("_IN_PROGRESS state", "conflict"),
    ("TerminationProtection", "protected"),
    ("is not ACTIVE", "not_found"),
    ("not idempotent", "conflict"),
)
# These tell more than any code does: what AWS would take a little later, and clocks that differ.
_PASSING_PHRASES = (
    ("Too many concurrent attempts", "throttled"),
    ("Unable to assume the service linked role", "not_yet"),
    ("Unable to assume the service-linked role", "not_yet"),
    ("still Draining", "not_yet"),
    ("does not have an associated load balancer", "not_yet"),
    ("Signature expired", "clock"),
    ("Signature not yet current", "clock"),
)


def slug_of(code: str, message: str = "") -> str | None:
    """What kind of problem an error of AWS is; None when its code is not known and its message tells nothing."""
    passing = _phrase(message, _PASSING_PHRASES)
    if passing or code in _SLUGS:
        return passing or _SLUGS[code]
    if code in _VAGUE:
        return _phrase(message, _PHRASES) or "invalid"
    beginning = next((slug for start, slug in _BEGINNINGS if code.startswith(start)), None)
    ending = next((slug for end, slug in _ENDINGS if code.endswith(end)), None)
    return beginning or ending or _phrase(message, _PHRASES)


def _phrase(message: str, phrases: Iterable[tuple[str, str]]) -> str | None:
    return next((slug for phrase, slug in phrases if phrase in message), None)
