"""Every address of the portal. Customers' pages live under /c/<customer>/, staff's under /staff/."""

from django.urls import URLPattern, URLResolver, include, path

from billing import urls as billing
from deployments import urls as deployments
from portal.accounts import urls as accounts
from portal.accounts.access import public
from portal.core.health import healthz
from portal.dashboard import urls as dashboard
from portal.support import urls as support
from provisioning import urls as provisioning

APPS = (dashboard, accounts, provisioning, deployments, billing, support)
customer_urls: list[URLPattern | URLResolver] = [url for app in APPS for url in app.customer_urls]
staff_urls: list[URLPattern | URLResolver] = [url for app in APPS for url in app.staff_urls]

urlpatterns: list[URLPattern | URLResolver] = [
    path("healthz", public(healthz), name="healthz"),
    path("", include(dashboard.urls)),
    path("", include(accounts.urls)),
    path("account/", include("allauth.urls")),
    path("c/<slug:customer_slug>/", include(customer_urls)),
    path("staff/", include(staff_urls)),
]
handler403 = "portal.core.views.forbidden"
