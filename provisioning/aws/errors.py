"""What went wrong at AWS, in words a customer understands and a slug that code can compare."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from traceback import walk_tb
from types import TracebackType

import structlog
from botocore.exceptions import BotoCoreError, ClientError, ParamValidationError
from botocore.parsers import ResponseParserError

from portal.core.sentences import Fact, Sentence, catalogue
from provisioning.aws.kinds import KINDS, slug_of

log = structlog.get_logger(__name__)

MOST_WORDS = 300  # characters of AWS's own that people are shown
_ADAPTERS = "provisioning.aws."
_NO_ADAPTERS = frozenset({__name__, "provisioning.aws.answers", "provisioning.aws.kinds"})


# botocore's own class names, so that one import of its base class is enough.
_WRONG_KEY_CLASSES = {"NoCredentialsError", "PartialCredentialsError", "CredentialRetrievalError"}


class AwsProblem(Exception):
    """AWS said no, or could not be asked.

    `code` is a stable slug, `sentence` is for customers, `detail` is AWS's own wording for engineers.
    """

    def __init__(self, code: str, operation: str, detail: str = "", sentence: Sentence | None = None) -> None:
        self.code = code
        self.operation = operation
        self.detail = detail
        self.sentence = sentence or _sentence(code, operation, detail)
        self.retryable = KINDS[code].retryable
        super().__init__(code, operation, detail, self.sentence)

    def __str__(self) -> str:
        return f"{self.sentence} [{self.code}: {self.detail}]" if self.detail else str(self.sentence)


def doing(operation: str) -> Fact:
    """What the portal wanted of AWS, as a fact: "make the service" has the code "aws.to.make_the_service"."""
    code = "aws.to." + operation.replace(" ", "_")
    return Sentence(code) if code in catalogue() else operation


def _sentence(code: str, operation: str, detail: str) -> Sentence:
    if code == "refused":
        return Sentence("aws.refused", operation=doing(operation), words=detail)
    return Sentence(f"aws.{code}", operation=doing(operation))


def translate(error: BotoCoreError | ClientError, operation: str) -> AwsProblem:
    """The domain error for a botocore exception; `operation` continues "the portal tried to ..."."""
    if not isinstance(error, ClientError):
        return AwsProblem(_local_slug(error), operation, str(error))
    said = error.response.get("Error", {})
    name, message = said.get("Code", ""), said.get("Message", "")
    slug = slug_of(name, message) or _slug_by_status(error)
    if slug == "access_denied" and error.operation_name == "AssumeRole":
        slug = "wrong_external_id"
    sentence = _sentence(slug, operation, _on_one_line(message)) if slug == "refused" else None
    return AwsProblem(slug, operation, f"{name}: {message}", sentence)


def _on_one_line(message: str) -> str:
    """AWS's words, where we have none of our own."""
    words = " ".join(message.split())[:MOST_WORDS].rstrip(".")
    return f"{words or 'none'}."


def _slug_by_status(error: ClientError) -> str:
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 400)
    return "aws_internal" if status >= 500 else "refused"


def _local_slug(error: BotoCoreError) -> str:
    if isinstance(error, ParamValidationError):
        return "invalid"
    return "expired_or_wrong_keys" if type(error).__name__ in _WRONG_KEY_CLASSES else "unreachable"


@contextmanager
def asking_aws(operation: str) -> Iterator[None]:
    """Every adapter talks to AWS inside this (as a decorator or a `with`): botocore's errors stop here, and so does
    what an answer that cannot be read raises in the adapter."""
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise translate(error, operation) from error
    except ResponseParserError as error:
        raise AwsProblem("aws_internal", operation, f"unreadable answer: {error}") from error
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        if not _is_of_the_answer(error):
            raise
        log.exception("aws.unreadable_answer", operation=operation)  # a bug of ours can look like it: say where
        raise AwsProblem("aws_internal", operation, f"unreadable answer: {error!r}") from error


def _is_of_the_answer(error: Exception) -> bool:
    """Whether it was raised where answers are read: by botocore's parsers, or by a line of an adapter itself."""
    modules = [str(frame.f_globals.get("__name__", "")) for frame, _ in walk_tb(error.__traceback__)]
    modules = [name for name in modules if not name.startswith("json")]  # it reads answers for the adapters
    where = modules[-1]
    return "botocore.parsers" in modules or (where.startswith(_ADAPTERS) and where not in _NO_ADAPTERS)


class accepting:  # noqa: N801 - reads as a verb: `with accepting("not_found"):`
    """For idempotent calls: a problem with one of these codes is an answer (already there, already gone)."""

    def __init__(self, *codes: str) -> None:
        self._codes = codes

    def __enter__(self) -> None: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, where: TracebackType | None
    ) -> bool:
        return isinstance(error, AwsProblem) and error.code in self._codes
