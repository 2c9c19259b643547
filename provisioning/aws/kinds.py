"""What AWS's errors mean: the kinds that code tells apart, each with its sentence, and which code is of which kind."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    sentence: str
    retryable: bool = False


KINDS = {
    "access_denied": Kind(
        "AWS does not allow the portal to {operation}. Give the portal's role, or the user of its access key, the "
        "permissions of the newest role template, then try again."
    ),
    "wrong_external_id": Kind(
        "AWS does not let the portal use the role. Either the role does not exist, or it does not trust the "
        "portal's account, or its ExternalId differs from the one shown here. Create the role again from the "
        "template, then test the connection."
    ),
    "expired_or_wrong_keys": Kind(
        "AWS does not accept the credentials with which the portal tried to {operation}. If they are an access key, "
        "it is wrong, expired or switched off: enter a valid one. If they are a role, check that the region is "
        "switched on in this account."
    ),
    "not_activated": Kind(
        "AWS could not {operation}, because this account, or this region in it, is not activated. "
        "Switch it on in the AWS console, then try again."
    ),
    "clock": Kind(
        "AWS did not accept the request to {operation}, because the portal's clock is wrong. "
        "Work in the background goes on by itself once it is right; if this stays, open a ticket.",
        retryable=True,
    ),
    "throttled": Kind(
        "AWS asked the portal to slow down while it tried to {operation}. "
        "Try again in a minute; work in the background goes on by itself.",
        retryable=True,
    ),
    "not_found": Kind(
        "AWS could not {operation}, because something it needs does not exist (any more). Check that it was "
        "not removed outside the portal."
    ),
    "unreachable": Kind(
        "AWS could not be reached to {operation}. Try again in a minute; work in the background goes on by itself.",
        retryable=True,
    ),
    "limit_exceeded": Kind(
        "AWS could not {operation}, because a limit of this account is reached. Ask AWS for a higher limit "
        "or remove what is not used, then try again."
    ),
    "conflict": Kind(
        "AWS could not {operation}, because it is in use, or another change is under way. Wait until that is "
        "finished, then try again."
    ),
    "not_yet": Kind(
        "AWS cannot {operation} yet, because something that it needs is still being prepared, changed or removed. "
        "Try again in a minute; work in the background goes on by itself.",
        retryable=True,
    ),
    "token_used": Kind("AWS was asked to {operation} before, by the same request. Wait until that is finished."),
    "already_exists": Kind(
        "AWS could not {operation}, because something of that name exists already. Choose another name, or "
        "remove what is there."
    ),
    "protected": Kind(
        "AWS could not {operation}, because it is protected against deletion. Switch the protection off, "
        "then try again."
    ),
    "refused": Kind("AWS refused to {operation}. In its own words: {detail}"),
    "invalid": Kind("AWS did not accept the request to {operation}. Check the values that were entered."),
    "aws_internal": Kind(
        "AWS had a fault of its own while the portal tried to {operation}. "
        "Try again in a minute; work in the background goes on by itself.",
        retryable=True,
    ),
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
