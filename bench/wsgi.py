"""The portal, and beside it the floor: the same view without any middleware."""

from collections.abc import Callable, Iterable
from typing import Any

from django.core.handlers.wsgi import WSGIRequest
from django.core.wsgi import get_wsgi_application

BARE = "/bench/bare"
portal = get_wsgi_application()

from bench.urls import floor  # noqa: E402 - needs the apps


def application(environ: dict[str, Any], start_response: Callable[..., object]) -> Iterable[bytes]:
    """Answers BARE with the view alone, everything else as the portal does."""
    if environ["PATH_INFO"] != BARE:
        return portal(environ, start_response)
    answer = floor(WSGIRequest(environ))
    start_response("200 OK", list(answer.items()))
    return [answer.content]
