"""Addresses of this app: under a customer, and for staff."""

from django.urls import URLPattern, path

from deployments.availability import views as availability
from deployments.catalog import views as catalog
from deployments.configuration import urls as configuration
from deployments.rollouts import views as rollouts

customer_urls: list[URLPattern] = [
    path("services/", catalog.service_list, name="services"),
    path("services/new/", catalog.service_new, name="service_new"),
    path("services/<slug:name>/", catalog.service, name="service"),
    path("services/<slug:name>/edit/", catalog.service_edit, name="service_edit"),
    path("services/<slug:name>/repository/", catalog.service_repository, name="service_repository"),
    path("services/<slug:name>/pushed/", rollouts.pushed, name="pushed"),
    path("services/<slug:name>/deploy/", rollouts.deploy, name="deploy"),
    path("deployments/", rollouts.deployment_list, name="deployments"),
    path("deployments/<int:pk>/", rollouts.deployment, name="deployment"),
    path("deployments/<int:pk>/cancel/", rollouts.deployment_cancel, name="deployment_cancel"),
    path("deployments/<int:pk>/rollback/", rollouts.deployment_rollback, name="deployment_rollback"),
    path("deployments/<int:pk>/acknowledge/", availability.deployment_acknowledge, name="deployment_acknowledge"),
    path("environments/<slug:slug>/seen/", availability.outage_seen, name="outage_seen"),
    *configuration.customer_urls,
]
staff_urls: list[URLPattern] = []
