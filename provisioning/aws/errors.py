"""What went wrong at AWS, in words a customer understands and a slug that code can compare."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from types import TracebackType

from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError


@dataclass(frozen=True)
class _Kind:
    sentence: str
    retryable: bool = False


_KINDS = {
    "access_denied": _Kind(
        "AWS does not allow the portal to {operation}. Give the portal's role the permissions of the newest "
        "role template, then try again."
    ),
    "wrong_external_id": _Kind(
        "AWS does not let the portal use the role. Either the role does not exist, or it does not trust the "
        "portal's account, or its ExternalId differs from the one shown here. Create the role again from the "
        "template, then test the connection."
    ),
    "expired_or_wrong_keys": _Kind(
        "AWS does not accept the access key with which the portal tried to {operation}: it is wrong, expired "
        "or switched off. Enter a valid access key."
    ),
    "throttled": _Kind(
        "AWS asked the portal to slow down while it tried to {operation}. "
        "Try again in a minute; work in the background goes on by itself.",
        retryable=True,
    ),
    "not_found": _Kind(
        "AWS could not {operation}, because something it needs does not exist (any more). Check that it was "
        "not removed outside the portal."
    ),
    "unreachable": _Kind(
        "AWS could not be reached to {operation}. Try again in a minute; work in the background goes on by itself.",
        retryable=True,
    ),
    "limit_exceeded": _Kind(
        "AWS could not {operation}, because a limit of this account is reached. Ask AWS for a higher limit "
        "or remove what is not used, then try again."
    ),
    "conflict": _Kind(
        "AWS could not {operation}, because it is in use, or another change is under way. Wait until that is "
        "finished, then try again."
    ),
    "token_used": _Kind("AWS was asked to {operation} before, by the same request. Wait until that is finished."),
    "already_exists": _Kind(
        "AWS could not {operation}, because something of that name exists already. Choose another name, or "
        "remove what is there."
    ),
    "protected": _Kind(
        "AWS could not {operation}, because it is protected against deletion. Switch the protection off, "
        "then try again."
    ),
    "invalid": _Kind("AWS did not accept the request to {operation}. Check the values that were entered."),
    "aws_internal": _Kind(
        "AWS had a fault of its own while the portal tried to {operation}. "
        "Try again in a minute; work in the background goes on by itself.",
        retryable=True,
    ),
}

# Services name the same cause differently: exact names first, then the endings that services agree on.
_CODES = {
    "access_denied": (
        "AccessDenied AccessDeniedException UnauthorizedOperation NotAuthorized OptInRequired UnauthorizedException"
    ),
    "expired_or_wrong_keys": (
        "InvalidClientTokenId UnrecognizedClientException SignatureDoesNotMatch ExpiredToken "
        "ExpiredTokenException RequestExpired AuthFailure InvalidAccessKeyId IncompleteSignature "
        "InvalidSignatureException MissingAuthenticationToken MissingAuthenticationTokenException"
    ),
    "throttled": (
        "Throttling ThrottlingException ThrottledException RequestLimitExceeded RequestThrottled "
        "RequestThrottledException TooManyRequestsException PriorRequestNotComplete SlowDown"
    ),
    "not_found": "NoSuchEntity StackNotFoundException ServiceNotActiveException ParameterNotFound",
    "limit_exceeded": (
        "LimitExceededException LimitExceeded TooManyRules TooManyTargetGroups TooManyLoadBalancers "
        "TooManyTargets ResourceLimitExceeded"
    ),
    "conflict": (
        "OperationInProgressException ResourceInUse ResourceInUseException DependencyViolation "
        "InvalidChangeSetStatus PriorityInUse UpdateInProgressException OperationAbortedException "
        "ConflictException"
    ),
    "token_used": "TokenAlreadyExistsException",
    "aws_internal": (
        "InternalFailure InternalError InternalServerError ServerException ServiceUnavailable "
        "ServiceUnavailableException InternalServiceException"
    ),
}
_SLUGS = {name: slug for slug, names in _CODES.items() for name in names.split()}
_ENDINGS = (
    ("NotFound", "not_found"),
    ("NotFoundException", "not_found"),
    (".NotFound", "not_found"),
    ("AlreadyExists", "already_exists"),
    ("AlreadyExistsException", "already_exists"),
    ("QuotaExceeded", "limit_exceeded"),
    ("LimitExceeded", "limit_exceeded"),
)
# CloudFormation and ECS answer "ValidationError" and the like for causes that only the message tells apart.
_PHRASES = (
    ("does not exist", "not_found"),
    ("not found", "not_found"),
    ("_IN_PROGRESS state", "conflict"),
    ("TerminationProtection", "protected"),
    ("is not ACTIVE", "not_found"),
    ("not idempotent", "conflict"),
)
# botocore's own class names, so that one import of its base class is enough.
_WRONG_KEY_CLASSES = {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"}


class AwsProblem(Exception):
    """AWS said no, or could not be asked.

    `code` is a stable slug, `sentence` is for customers, `detail` is AWS's own wording for engineers.
    """

    def __init__(self, code: str, operation: str, detail: str = "", sentence: str = "") -> None:
        self.code = code
        self.operation = operation
        self.detail = detail
        self.sentence = sentence or _KINDS[code].sentence.format(operation=operation)
        self.retryable = _KINDS[code].retryable
        super().__init__(code, operation, detail, self.sentence)

    def __str__(self) -> str:
        return f"{self.sentence} [{self.code}: {self.detail}]" if self.detail else self.sentence


def translate(error: BotoCoreError | ClientError, operation: str) -> AwsProblem:
    """The domain error for a botocore exception; `operation` continues "the portal tried to ..."."""
    if isinstance(error, ClientError):
        code = _slug(error)
        said = error.response.get("Error", {})
        return AwsProblem(code, operation, f"{said.get('Code', '')}: {said.get('Message', '')}")
    return AwsProblem(_local_slug(error), operation, str(error))


def _slug(error: ClientError) -> str:
    said = error.response.get("Error", {})
    name, message = said.get("Code", ""), said.get("Message", "")
    known = _SLUGS.get(name) or next((slug for end, slug in _ENDINGS if name.endswith(end)), None)
    if known == "access_denied" and error.operation_name == "AssumeRole":
        return "wrong_external_id"
    phrased = known or next((slug for phrase, slug in _PHRASES if phrase in message), None)
    return phrased or _slug_by_status(error)


def _slug_by_status(error: ClientError) -> str:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    return "aws_internal" if status >= 500 else "invalid"


def _local_slug(error: BotoCoreError) -> str:
    if isinstance(error, ParamValidationError):
        return "invalid"
    return "expired_or_wrong_keys" if type(error).__name__ in _WRONG_KEY_CLASSES else "unreachable"


@contextmanager
def asking_aws(operation: str) -> Iterator[None]:
    """Every adapter talks to AWS inside this (as a decorator or a `with`): botocore's errors stop here."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise translate(error, operation) from error


class accepting:  # noqa: N801 - reads as a verb: `with accepting("not_found"):`
    """For idempotent calls: a problem with one of these codes is an answer (already there, already gone)."""

    def __init__(self, *codes: str) -> None:
        self._codes = codes

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> bool:
        return isinstance(error, AwsProblem) and error.code in self._codes
