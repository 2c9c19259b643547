"""What finance may decide about a customer's VAT."""

from billing import bills
from portal.accounts.models import Customer
from portal.core.rules import Problems


def ruling_problems(customer: Customer, category: str) -> Problems:
    """What is wrong with deciding on this VAT category (UBL) for the customer."""
    problems = Problems()
    choices = bills.vat_choices(customer)
    if not choices:
        problems.add("category", f"The VAT of {customer} follows from its company data: there is nothing to decide.")
    elif category not in choices:
        problems.add("category", f"Choose how the VAT of {customer} is treated.")
    return problems
