"""What stands in the way of a deployment: the page shows it before the click, the service refuses with it after."""

from dataclasses import dataclass

from django.utils.translation import gettext as _

from deployments.catalog import states as catalog
from deployments.models import Release, Service
from deployments.rollouts import images, rules, selectors
from portal.core.errors import Busy, UserError
from provisioning.aws import ecr
from provisioning.aws.ecr import PushedImage
from provisioning.aws.errors import AwsProblem
from provisioning.aws.session import AwsSession
from provisioning.models import Environment
from provisioning.sessions import PAGE, session_for


@dataclass(frozen=True)
class Check:
    """One thing that may stand in the way. `problem` says what does, `warning` what will probably not do, `fine` that
    nothing does; all may be empty."""

    fine: str = ""
    problem: str = ""
    warning: str = ""
    url: str = ""  # where to look at the problem
    refusal: type[UserError] = UserError

    def refuse(self) -> None:
        if self.problem:
            raise self.refusal(self.problem)


def checks(service: Service, environment: Environment) -> tuple[Check, ...]:
    """What the portal knows itself, without asking AWS."""
    return (repository(service), readiness(environment), account(service, environment), others(service, environment))


@dataclass(frozen=True)
class Sight:
    """One look at the repository: the image, or None when it is not there or `problem` says why that is not known."""

    image: PushedImage | None = None
    problem: AwsProblem | None = None

    @property
    def is_there(self) -> bool | None:
        """None when AWS could not be asked."""
        return None if self.problem else self.image is not None


def look(service: Service, digest: str) -> Sight:
    """Asks once for what both a new release and the preflight want to know."""
    try:
        return Sight(ecr.image_detail(looking(service), service.repository.name, digest))
    except AwsProblem as problem:
        return Sight(problem=problem)


def refuse(service: Service, environment: Environment, release: Release, sight: Sight | None = None) -> bool:
    """Raises UserError for the first thing that stands in the way, Busy when that is another rollout. `sight` saves the
    look at the image where somebody has just looked. Returns whether the image was seen."""
    for check in checks(service, environment):
        check.refuse()
    there = sight.is_there if sight else is_there(service, release.digest)
    image(service, release.name, is_there=there).refuse()
    return bool(there)


def repository(service: Service) -> Check:
    """Where the image comes from."""
    if service.repository.is_ready:
        return Check()
    if service.repository.state == catalog.ERRORED:
        problem = _("The image repository of %(service)s could not be made. Start it again on the page of the service.")
        return Check(problem=problem % {"service": service}, url=service.get_absolute_url())
    missing = _("The image repository of %(service)s does not exist yet. Try again in a moment.")
    return Check(problem=missing % {"service": service})


def image(service: Service, name: str, *, is_there: bool | None) -> Check:
    """The image itself; nothing is said while AWS cannot be asked."""
    if is_there is None:
        return Check()
    if not is_there:
        return Check(problem=str(rules.image_gone(name, service.repository.name)))
    return Check(_("The image is in the repository."))


def platform(digest: str) -> Check:
    """Whether the image runs on the hosts; nothing is said of one that was built for one platform alone."""
    built_for = images.platforms(digest)
    if not built_for:
        return Check()
    facts = {"platforms": ", ".join(built_for), "hosts": images.HOSTS}
    if images.HOSTS in built_for:
        return Check(_("It runs on %(platforms)s.") % facts)
    other = _("It was built for %(platforms)s, but the hosts are %(hosts)s: build it for that, too.")
    return Check(warning=other % facts)


def is_there(service: Service, digest: str) -> bool | None:
    """Whether the image is in the repository; None when AWS cannot be asked now."""
    return look(service, digest).is_there if service.repository.is_ready else None


def looking(service: Service) -> AwsSession:
    """A session for looking at the service's images while somebody waits."""
    return session_for(service.account, service.region, PAGE)


def readiness(environment: Environment) -> Check:
    """Where it is to run."""
    if environment.is_ready:
        return Check(_("%(environment)s is ready.") % {"environment": environment.name})
    problem = _("%(environment)s is not ready. Wait until it is, or look at what went wrong there.")
    return Check(problem=problem % {"environment": environment.name}, url=environment.get_absolute_url())


def account(service: Service, environment: Environment) -> Check:
    """Hosts pull images of their own account only."""
    if environment.account_id == service.account_id:
        return Check()
    elsewhere = _(
        "The images of %(service)s are in another AWS account than %(environment)s. "
        "Choose an environment in the same account."
    )
    return Check(problem=elsewhere % {"service": service, "environment": environment.name})


def others(service: Service, environment: Environment) -> Check:
    """One rollout at a time."""
    running = selectors.going_on(service, environment)
    if running is None:
        return Check(_("No other deployment of this service is under way there."))
    return under_way(service, environment, running.get_absolute_url())


def under_way(service: Service, environment: Environment, url: str = "") -> Check:
    """Another rollout runs."""
    problem = _("%(service)s is already being deployed to %(environment)s. Wait until that ends, or cancel it first.")
    return Check(problem=problem % {"service": service, "environment": environment.name}, url=url, refusal=Busy)
