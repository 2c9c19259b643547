"""The demo's services and rollouts, asked for as the pages ask."""

import json
from urllib.parse import urljoin

from django.conf import settings

from deployments import states
from deployments.catalog import services as catalog
from deployments.catalog.rules import Identity, Settings
from deployments.models import Application, Deployment, Placement, Service
from deployments.rollouts import services as rollouts
from portal.accounts.models import Customer
from portal.core.caller import Caller
from portal.demo.report import NotSeen, wait_until
from portal.demo.role import REGION
from provisioning.facts import load_balancer_url
from provisioning.localaws.sample.images import health_command, push_sample
from provisioning.models import AwsAccount, Environment

# name, public or internal, the paths the load balancer sends to it
SERVICES = (("shop", "public", "/*"), ("api", "public", "/api/*"), ("orders", "internal", "/orders/*"))
SECONDS = 120


def application(customer: Customer, owner: Caller) -> Application:
    """The web shop."""
    found = Application.objects.for_customer(customer).first()
    if isinstance(found, Application):
        return found
    return catalog.create_application(customer, "Webshop", owner, "https://git.acme.example/webshop")


def registered(app: Application, aws: AwsAccount, owner: Caller) -> list[Service]:
    """Three services with their image repositories."""
    services = [_service(app, aws, owner, row) for row in SERVICES]
    wait_until(lambda: all(map(_has_repository, services)), 60, "Making the image repositories")
    return services


def _service(app: Application, aws: AwsAccount, owner: Caller, row: tuple[str, str, str]) -> Service:
    name, exposure, path = row
    found = Service.objects.for_customer(app.customer).filter(name=name).first()
    if isinstance(found, Service):
        return found
    identity = Identity(name, aws, REGION, exposure=exposure)
    chosen = Settings(
        path=path,
        health_check=Service.Check.COMMAND,  # counts for the internal one alone
        health_command=json.dumps(health_command(settings.DEMO)),
        start_seconds=30,  # a small machine starts many at once
        cpu=64,
        memory=128,
        variables={"APP_NAME": name},
    )
    return catalog.register(app.customer, app, identity, chosen, owner)


def _has_repository(service: Service) -> bool:
    service.repository.refresh_from_db()
    return service.repository.is_ready


def push(service: Service, version: str, fault: str = "") -> str:
    """What the customer's CI does: pushes an image of the sample application; returns its digest."""
    host, _, name = service.repository.uri.partition("/")
    return push_sample(host, name, version, version=version, fault=fault, runtime=settings.DEMO)


def deploy(service: Service, environment: Environment, digest: str, caller: Caller, note: str) -> Deployment:
    """Asks for a rollout, as the deploy page does."""
    return rollouts.deploy_image(service, environment, digest, caller, note=note)


def wait(deployment: Deployment, wanted: str) -> None:
    """Until the rollout has ended; NotSeen when it ended otherwise."""

    def ended() -> bool:
        deployment.refresh_from_db()
        return deployment.state in states.ENDED

    wait_until(ended, SECONDS, f"The end of {deployment}")
    if deployment.state != wanted:
        raise NotSeen(f"{deployment} ended {deployment.state}: {deployment.reason} {deployment.traceback}")


def serves(service: Service, environment: Environment) -> str:
    """The tag of what serves there now, or an empty string."""
    placement = Placement.objects.filter(service=service, environment=environment).select_related("release").first()
    return placement.release.tag if placement and placement.release else ""


def address(service: Service, environment: Environment) -> str:
    """Where the service answers through the load balancer."""
    return urljoin(load_balancer_url(environment), service.path.strip("/").removesuffix("*"))
