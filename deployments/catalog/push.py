"""Commands that bring an image into a service's repository, as they can be pasted into a shell. Pure."""

from django.conf import settings

from deployments.models import Service


def instructions(service: Service, tag: str = "v1") -> list[tuple[str, str]]:
    """(what it does, command) pairs; none as long as the repository does not exist."""
    uri = service.repository.uri
    if not uri:
        return []
    registry = uri.partition("/")[0]
    image = f"{uri}:{tag}"
    return [
        *_login(service.region, registry),
        ("Build the image, in the folder with the Dockerfile", f"docker build --tag {image} ."),
        ("Push it", f"docker push {image}"),
    ]


def _login(region: str, registry: str) -> list[tuple[str, str]]:
    """The registry of AWS wants a login, good for 12 hours; a local one does not."""
    if settings.ECR_REGISTRY:
        return []
    command = f"aws ecr get-login-password --region {region} | docker login --username AWS --password-stdin {registry}"
    return [("Log in to the registry", command)]
