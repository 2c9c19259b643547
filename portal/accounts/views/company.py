"""The customer's legal and billing data."""

from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _

from portal.accounts import services
from portal.accounts.access import CustomerRequest, customer_page
from portal.accounts.forms import CompanyForm
from portal.accounts.models import Customer
from portal.accounts.permissions import Can
from portal.accounts.rules import CompanyData
from portal.core.forms import form_page, posted
from portal.core.htmx import go


@customer_page(Can.COMPANY)
def company(request: CustomerRequest) -> HttpResponse:
    """Who the customer is in law, and where its invoices go."""
    # A form of its own row: an invalid one must not leave its values on request.customer, which the page shows.
    form = CompanyForm(posted(request), instance=Customer.objects.get(pk=request.customer.pk))

    def save(form: CompanyForm) -> HttpResponse:
        services.change_company(request.customer, CompanyData(**form.cleaned_data), request.caller)
        messages.success(request, _("Company data saved."))
        return go(request, "company", request.customer.slug)

    return form_page(request, "accounts/company.html", form, save)
