"""Addresses of this app: under a customer, and for staff."""

from django.urls import URLPattern, path

from provisioning.accounts import views as accounts
from provisioning.environments import people
from provisioning.environments import views as environments

customer_urls: list[URLPattern] = [
    path("aws-accounts/", accounts.aws_accounts, name="aws_accounts"),
    path("aws-accounts/new/", accounts.aws_account_new, name="aws_account_new"),
    path("aws-accounts/<int:pk>/", accounts.aws_account, name="aws_account"),
    path("aws-accounts/<int:pk>/edit/", accounts.aws_account_edit, name="aws_account_edit"),
    path("aws-accounts/<int:pk>/template/", accounts.aws_account_template, name="aws_account_template"),
    path("aws-accounts/<int:pk>/test/", accounts.aws_account_test, name="aws_account_test"),
    path("environments/", environments.environments, name="environments"),
    path("environments/new/", environments.environment_new, name="environment_new"),
    path("environments/<slug:slug>/", environments.environment, name="environment"),
    path("environments/<slug:slug>/approve/", environments.environment_approve, name="environment_approve"),
    path("environments/<slug:slug>/retry/", environments.environment_retry, name="environment_retry"),
    path("environments/<slug:slug>/people/", people.environment_people, name="environment_people"),
    path("environments/<slug:slug>/people/<int:pk>/", people.environment_role, name="environment_role"),
    path("environments/<slug:slug>/delete/", environments.environment_delete, name="environment_delete"),
]
staff_urls: list[URLPattern] = [path("fleet/", environments.fleet, name="fleet")]
