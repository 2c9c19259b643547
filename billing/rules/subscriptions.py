"""From which day an application may be billed."""

from datetime import date, datetime

from django.forms import DateField
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from billing import selectors
from billing.rules.terms import earliest, latest, long_date
from deployments.models import Application
from portal.core.rules import REQUIRED, Problems

NO_START = gettext_lazy("Say from which day the application is billed.")
_NO_DATE = str(DateField.default_error_messages["invalid"])


def start_problems(application: Application | None, starts_on: date | None, today: date) -> Problems:
    """What is wrong with a start, whatever is billed already."""
    problems = Problems()
    if application is None:
        problems.add("application", REQUIRED)
    if not starts_on:
        problems.add("starts_on", NO_START)
    elif not isinstance(starts_on, date) or isinstance(starts_on, datetime):
        problems.add("starts_on", _NO_DATE)
    else:
        _check_bounds(problems, starts_on, today)
    return problems


def start_conflicts(application: Application, starts_on: date) -> Problems:
    """What is billed already and stands in the way. It stays so only while the customer's lock is held."""
    problems = Problems()
    if selectors.is_billed(application):
        problems.add(
            "application",
            _("%(application)s is billed already. Reload the page to see since when.") % {"application": application},
        )
    _check_month(problems, application, starts_on)
    return problems


def _check_bounds(problems: Problems, starts_on: date, today: date) -> None:
    first, last = earliest(today).first_day, latest(today).last_day
    if not first <= starts_on <= last:
        problems.add(
            "starts_on",
            _("Let the application start between %(long_date)s and %(long_date_2)s.")
            % {"long_date": long_date(first), "long_date_2": long_date(last)},
        )


def _check_month(problems: Problems, application: Application, starts_on: date) -> None:
    """A month that is invoiced takes no more charges: what starts in it would never be billed."""
    customer = application.customer
    month = selectors.last_invoiced(customer)
    if month and starts_on <= month.last_day:
        first = long_date(month.next().first_day)
        problems.add(
            "starts_on",
            _("%(month)s is already invoiced to %(customer)s. Let the application start on %(first)s or later.")
            % {"month": month.label, "customer": customer, "first": first},
        )
