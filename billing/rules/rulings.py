"""What finance may decide about a customer's VAT."""

from django.utils.translation import gettext as _

from billing import bills
from portal.accounts.models import Customer
from portal.core.rules import Problems


def ruling_problems(customer: Customer, category: str) -> Problems:
    """What is wrong with deciding on this VAT category (UBL) for the customer."""
    problems = Problems()
    choices = bills.vat_choices(customer)
    if not choices:
        problems.add(
            "category",
            _("The VAT of %(customer)s follows from its company data: there is nothing to decide.")
            % {"customer": customer},
        )
    elif category not in choices:
        problems.add("category", _("Choose how the VAT of %(customer)s is treated.") % {"customer": customer})
    return problems
