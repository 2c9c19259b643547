"""The main job from end to end, performed through the same services the pages use."""

from datetime import timedelta

from django.utils import timezone

from billing import services as billing
from billing.models import Invoice, Subscription
from billing.rules.terms import Month
from deployments import states
from deployments.configuration import services as configuration
from deployments.configuration.drafts import Draft, Line
from deployments.configuration.selectors import Place
from deployments.models import Application, Deployment, Service
from portal.accounts.models import Customer
from portal.core.caller import Caller
from portal.demo import infrastructure, people, rollouts
from portal.demo.report import NotSeen, Report, wait_until
from portal.demo.traffic import Traffic, look
from portal.support import services as support
from portal.support.models import Ticket
from provisioning.consul import consul_of
from provisioning.models import Environment

GREETING = "Welcome to the Acme web shop"


def perform(report: Report) -> None:
    """Everything, or what is not there yet; raises NotSeen where something did not happen."""
    customer, owner = people.acme()
    tulp, engineer, finance = people.tulp(), people.engineer(), people.finance()
    with report.step("AWS account connected by a role of the customer's own"):
        aws = infrastructure.account(customer, owner)
    with report.step("dev, QA and production planned, approved and created"):
        places = infrastructure.environments(customer, owner, aws)
    report.saw(f"environments ready: {', '.join(place.name for place in places)}")
    application = rollouts.application(customer, owner)
    with report.step("three services registered, with image repositories"):
        services = rollouts.registered(application, aws, owner)
    with report.step("v1 pushed and deployed"):
        _first_versions(report, services, places, owner)
    shop, production = services[0], places[-1]
    _configure(report, Place(customer, shop, production), owner)
    _second_version(report, shop, production, owner)
    failed = _broken_version(report, shop, production, owner)
    _ticket(report, failed, owner, engineer)
    with report.step("last month invoiced"):
        _invoice(report, [application, _dutch_application(tulp)], finance)


def _first_versions(report: Report, services: list[Service], places: list[Environment], owner: Caller) -> None:
    digests = {service.name: rollouts.push(service, "v1") for service in services}
    for place in places:  # one after the other: a small machine cannot start all containers within their grace period
        wanted = [service for service in services if not rollouts.serves(service, place)]
        running = [rollouts.deploy(s, place, digests[s.name], owner, "First version") for s in wanted]
        for deployment in running:
            rollouts.wait(deployment, states.SUCCEEDED)
    url = rollouts.address(services[0], places[-1])
    wait_until(lambda: _answers(url), 30, f"An answer from {url}")
    report.saw(f"v1 of {', '.join(s.name for s in services)} deployed to {len(places)} environments")


def _answers(url: str) -> bool:
    try:
        return bool(look(url))
    except OSError:
        return False


def _configure(report: Report, place: Place, owner: Caller) -> None:
    """A key of the shop in production; the running tasks read it at their next start."""
    if consul_of(place.environment) is None:
        report.saw("configuration: no Consul was found on this machine, so no key was changed")
        return
    with report.step("a configuration key changed"):
        reading = configuration.read(place)
        if reading.snapshot is None:
            raise NotSeen(f"Consul does not answer: {reading.problem}")
        entry = reading.snapshot.get("greeting")
        base, index = (entry.value, entry.modify_index) if entry else (None, 0)
        line = Line("greeting", base, index, secret=False, wish=GREETING)
        if line.changed:
            configuration.save(place, owner, Draft((line,)), "Greet customers")
    report.saw(f"configuration key {place.prefix}greeting set")


def _second_version(report: Report, shop: Service, production: Environment, owner: Caller) -> None:
    url = rollouts.address(shop, production)
    if rollouts.serves(shop, production) != "v2":
        with report.step("v2 rolled out under traffic"), Traffic(url) as traffic:
            digest = rollouts.push(shop, "v2")
            rollouts.wait(rollouts.deploy(shop, production, digest, owner, "New checkout"), states.SUCCEEDED)
        report.count("rollout of v2", traffic)
    else:
        report.saw("v2 of the shop serves Production since an earlier start")
    said = look(url)
    if said["version"] != "v2" or (consul_of(production) and said["greeting"] != GREETING):
        raise NotSeen(f"{url} answers {said}")


def _broken_version(report: Report, shop: Service, production: Environment, owner: Caller) -> Deployment:
    known = Deployment.objects.for_customer(shop.customer).filter(state=states.ROLLED_BACK, release__tag="v3").first()
    if isinstance(known, Deployment):
        report.saw("v3 was rolled back at an earlier start")
        return known
    with report.step("broken v3 rolled back under traffic"), Traffic(rollouts.address(shop, production)) as traffic:
        digest = rollouts.push(shop, "v3", fault="unhealthy")
        deployment = rollouts.deploy(shop, production, digest, owner, "Faster search")
        rollouts.wait(deployment, states.ROLLED_BACK)
    report.count("rollback of v3", traffic)
    if traffic.answered["v3"]:
        raise NotSeen(f"{traffic.answered['v3']} requests reached the broken version.")
    report.saw(f"why, as the customer reads it: {deployment.reason}")
    return deployment


def _ticket(report: Report, failed: Deployment, owner: Caller, engineer: Caller) -> None:
    if not Ticket.objects.filter(deployment=failed).exists():
        body = "Our new search did not become healthy in production. Do you see why?"
        opened = support.open_ticket(failed.customer, owner, subject="v3 was rolled back", body=body, deployment=failed)
        answer = "Its health path answers 500; the last log lines are above. Shall we look at it together?"
        support.reply(opened.ticket, engineer, answer, from_staff=True)
    report.saw("ticket opened from the failed rollout, and answered")


def _dutch_application(tulp: Customer) -> Application:
    return Application.objects.get_or_create(customer=tulp, slug="planner", defaults={"name": "Planner"})[0]


def _invoice(report: Report, applications: list[Application], finance: Caller) -> None:
    today = timezone.localdate()
    month = Month.of(today.replace(day=1) - timedelta(days=1))
    for application in applications:
        if not Subscription.objects.filter(application=application).exists():
            billing.subscribe(application, month.first_day, finance)
    billing.make_drafts(month, finance)
    result = billing.issue_all(month, finance, today)
    if result.failed:
        raise NotSeen(f"{result.failed[0].customer} could not be invoiced: {result.failed[0].reason}")
    invoices = Invoice.objects.filter(period=month.first_day).select_related("customer")
    wait_until(lambda: all(i.pdf for i in invoices.all()), 60, "The invoices' PDF")
    lines = ", ".join(f"{i.number} to {i.customer} EUR {i.gross} ({i.category})" for i in invoices)
    report.saw(f"{month.label} invoiced: {lines}")
