"""Expected failures: what a person did or must do. Everything else is a bug of ours and shows as a 500."""

from collections.abc import Callable, Mapping
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render

from portal.core.words import Words


class UserError(Exception):
    """A failure a person can act on. `str(error)` is a sentence: what happened, why, what to do.

    `code` is stable and goes into logs; `status` is the HTTP status when it reaches a page.
    """

    code = "refused"
    status = 409

    def __init__(self, sentence: Words, *, code: str = "", status: int = 0) -> None:
        super().__init__(str(sentence))
        self.code = code or self.code
        self.status = status or self.status


class Invalid(UserError):
    """What was given will not do: `problems` has a sentence for each field; "" stands for the whole."""

    code = "invalid"
    status = 422

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(" ".join(dict.fromkeys(problems.values())))
        self.problems = dict(problems)


class Forbidden(UserError):
    """Whoever asks may look, but not do this."""

    code = "forbidden"
    status = 403


class Busy(UserError):
    """Something else is already at work on the same thing."""

    code = "busy"


class IllegalMove(UserError):
    """The thing is not in a state in which this can be done."""

    code = "illegal_move"


class LostRace(UserError):
    """Somebody else changed the row between reading and writing it."""

    code = "lost_race"


class UserErrorMiddleware:
    """Turns a UserError that no view caught into a page that says it (or problem details for JSON: RFC 9457)."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, UserError):
            return None
        if request.headers.get("Accept", "").startswith("application/json"):
            return JsonResponse(problem_details(error), status=error.status, content_type="application/problem+json")
        return render(request, "errors/refused.html", {"error": error}, status=error.status)


def problem_details(error: UserError) -> dict[str, object]:
    """The refusal for programs: RFC 9457, with the members `code`, and `errors` for the fields it is about."""
    details: dict[str, object] = {
        "type": f"/problems/{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "detail": str(error),
        "code": error.code,
    }
    if isinstance(error, Invalid):
        details["errors"] = [{"field": field, "detail": sentence} for field, sentence in error.problems.items()]
    return details
