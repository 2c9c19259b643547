"""Commands that bring an image into a service's repository, as they can be pasted into a shell. Pure."""

from django.conf import settings
from django.utils.translation import gettext as _

from deployments.models import Service

# A tag names one image for ever, so each push needs another: the commit, or the time where there is none.
TAG = "TAG=$(git rev-parse --short HEAD 2>/dev/null || date +%Y%m%d-%H%M%S)"


def instructions(service: Service) -> list[tuple[str, str]]:
    """(what it does, command) pairs; none as long as the repository does not exist."""
    uri = service.repository.uri
    if not uri:
        return []
    registry = uri.partition("/")[0]
    image = f"{uri}:$TAG"
    return [
        *_login(service.region, registry),
        (_("Name the image after the commit, in the folder with the Dockerfile"), TAG),
        (_("Build the image there"), f"docker build --tag {image} ."),
        (_("Push it"), f"docker push {image}"),
    ]


def _login(region: str, registry: str) -> list[tuple[str, str]]:
    """The registry of AWS wants a login, good for 12 hours; a local one does not."""
    if settings.ECR_REGISTRY:
        return []
    command = f"aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin {registry}"
    return [(_("Log in to the registry"), command)]
