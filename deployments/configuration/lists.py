"""The lists of configuration: the places where keys live, and what was changed in one."""

from collections.abc import Sequence
from dataclasses import replace

from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from deployments import keys
from deployments.configuration.selectors import Past, past
from deployments.models import ConfigurationChange, Service
from portal.accounts.models import Customer
from portal.core.lists import Column, Listing, moment, text
from portal.core.templatetags import ui
from provisioning.models import Environment

PLACES: Listing[Service] = Listing(
    "configuration",
    _("Services and environments"),
    (text("service", _("Service"), lambda row: row.name, sort="name", first=True),),
    order=("name",),
)


def across(customer: Customer, environments: Sequence[Environment]) -> list[Column[Service]]:
    """A way to the keys in each of these environments; exported is the folder in which they are."""
    return [*PLACES.columns, *(_column(customer, each) for each in environments)]


def _column(customer: Customer, environment: Environment) -> Column[Service]:
    def link(service: Service) -> SafeString:
        url = reverse("configuration_keys", args=[customer.slug, service.name, environment.slug])
        label = gettext("Keys of %(service)s in %(environment)s") % {
            "service": service.name,
            "environment": environment.name,
        }
        return format_html('<a href="{}" aria-label="{}">{} {}</a>', url, label, ui.icon("key"), gettext("Keys"))

    def folder(service: Service) -> str:
        return keys.prefix(customer.slug, environment.slug, service.name)

    return text(f"in-{environment.slug}", environment.name, folder, html=link)


CELLS = "configuration/cells.html"
CHANGES: Listing[Past] = Listing(
    "configuration-changes",
    _("Changes"),
    (
        text("key", _("Key"), lambda row: row.change.key, template=f"{CELLS}#key", sort="key", first=True),
        text("before", _("Before"), lambda row: row.before, template=f"{CELLS}#before"),
        text("after", _("After"), lambda row: row.after, template=f"{CELLS}#after"),
        text("reason", _("Reason"), lambda row: row.save.reason),
        text("by", _("By"), lambda row: str(row.save.author), sort="configuration_save__author__name"),
        moment("at", _("When"), lambda row: row.save.at, sort="configuration_save__at"),
    ),
)
LAST_CHANGES = replace(CHANGES, prefix="changes-")


def pasts(changes: Sequence[ConfigurationChange]) -> list[Past]:
    """Rows of `selectors.history` as people may see them."""
    return [past(change) for change in changes]
