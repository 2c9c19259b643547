"""Addresses of this app: under a customer, and for finance."""

from django.urls import URLPattern, path

from billing.views import customer, finance, month

customer_urls: list[URLPattern] = [
    path("billing/", customer.billing, name="billing"),
    path("billing/invoices/<int:pk>/", customer.invoice, name="invoice"),
    path("billing/invoices/<int:pk>/pdf/", customer.invoice_pdf, name="invoice_pdf"),
]
staff_urls: list[URLPattern] = [
    path("finance/", month.finance_month, name="finance_month"),
    path("finance/drafts/", month.finance_drafts, name="finance_drafts"),
    path("finance/issue/", month.finance_issue, name="finance_issue"),
    path("finance/invoices/", finance.finance_invoices, name="finance_invoices"),
    path("finance/invoices/<int:pk>/", finance.finance_invoice, name="finance_invoice"),
    path("finance/invoices/<int:pk>/pdf/", finance.finance_invoice_pdf, name="finance_invoice_pdf"),
    path("finance/customers/", finance.finance_customers, name="finance_customers"),
    path("finance/subscribe/", finance.finance_subscribe, name="finance_subscribe"),
    path("finance/customers/<slug:customer_slug>/vat/", month.finance_vat, name="finance_vat"),
]
