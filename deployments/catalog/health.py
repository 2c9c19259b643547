"""How a service is found healthy: public ones by the load balancer, internal ones by a check inside the container."""

import json
import shlex
from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments.models import Service
from provisioning.aws.ecs import HealthCheck

INTERVAL, RETRIES, ANSWER_SECONDS = 10, 3, 5  # as the load balancer asks: so often, so many failures, so long for one
TIMEOUT = 10  # seconds for the whole check: on a busy host its process alone takes some of them to start
LONGEST_START = 300  # seconds; what AWS takes as the start period of a container
NEITHER = "The image has neither curl nor wget: give the service a health check command of its own."
NO_LIST = gettext_lazy('Write the list as in a Dockerfile: ["program", "first argument"].')


def container_check(service: Service) -> HealthCheck | None:
    """The check of an internal service's container; None when nobody asks, and for public ones.

    Of the start time AWS takes at most 300 s here; the rules refuse more for an internal service.
    """
    command = _command(service)
    if service.exposure != Service.Exposure.INTERNAL or not command:
        return None
    return HealthCheck(command, INTERVAL, TIMEOUT, RETRIES, start_period=min(service.start_seconds, LONGEST_START))


def health_codes(*, redirect_is_healthy: bool) -> str:
    """The status codes by which the load balancer finds a public service healthy, as AWS takes them."""
    return "200-399" if redirect_is_healthy else "200-299"


def in_words(exposure: str, settings: Mapping[str, Any]) -> str:
    """Who asks and what, by the settings of a service or those a deployment wrote down; empty when there are none.

    Deployments from before these were settings lack some: redirects counted then, and nobody asked internal services.
    """
    if "health_path" not in settings:
        return ""
    if exposure == Service.Exposure.PUBLIC:
        codes = health_codes(redirect_is_healthy=settings.get("redirect_is_healthy", True))
        least, most = codes.split("-")
        facts = {"path": settings["health_path"], "least": least, "most": most}
        return _("%(path)s answers %(least)s to %(most)s") % facts
    check = settings.get("health_check", Service.Check.NONE)
    if check == Service.Check.COMMAND:
        return str(settings["health_command"])
    if check == Service.Check.PATH:
        return _("%(path)s answers in the container") % {"path": settings["health_path"]}
    return _("nobody asks")


def _command(service: Service) -> tuple[str, ...]:
    if service.health_check == Service.Check.PATH:
        return ("CMD-SHELL", asking(f"http://127.0.0.1:{service.port}{service.health_path}"))
    return own_command(service.health_command) if service.health_check == Service.Check.COMMAND else ()


def asking(url: str) -> str:
    """For a container's shell: asks with curl or wget, whichever the image has, and says so when it has neither.

    Ends with 0 when the answer, at the end of redirects, is from 200 to 299. A proxy by which the application reaches
    others is not asked. Only options that GNU's and BusyBox's wget share: some builds of BusyBox break on -T.
    """
    quoted = shlex.quote(url)
    return (
        "unset http_proxy all_proxy ALL_PROXY; "
        f"if command -v curl >/dev/null; then curl -fsSL -m {ANSWER_SECONDS} -o /dev/null {quoted}; "
        f"elif command -v wget >/dev/null; then wget -q -t 1 -O /dev/null {quoted}; "
        f"else echo {shlex.quote(NEITHER)} >&2; false; fi || exit 1"
    )


def own_command(text: str) -> tuple[str, ...]:
    """A command as ECS takes it, from what a person wrote; raises ValueError with what is wrong.

    As in a Dockerfile's HEALTHCHECK: a JSON list of texts runs without a shell, anything else is run by it. The shell's
    own tests, `[ -f /tmp/ready ]`, have a blank after the bracket; what has none and is no list was meant to be one.
    """
    words = _json(text)
    if isinstance(words, list):
        if not words or not all(isinstance(word, str) and _fits(word) for word in words) or not words[0]:
            raise ValueError(NO_LIST)
        return ("CMD", *words)
    if text.startswith("[") and not text.lstrip("[")[:1].isspace():
        raise ValueError(NO_LIST)
    return ("CMD-SHELL", text)


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _fits(word: str) -> bool:
    """Whether a program can be given this: JSON can write what no text of a request and no argument can hold."""
    return "\0" not in word and word.encode(errors="ignore").decode() == word
