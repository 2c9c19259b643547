"""Addresses of this app: under a customer, and for staff."""

from django.urls import URLPattern, path

from provisioning import views

customer_urls: list[URLPattern] = [
    path("aws-accounts/", views.aws_accounts, name="aws_accounts"),
    path("aws-accounts/new/", views.aws_account_new, name="aws_account_new"),
    path("aws-accounts/<int:pk>/", views.aws_account, name="aws_account"),
    path("aws-accounts/<int:pk>/edit/", views.aws_account_edit, name="aws_account_edit"),
    path("aws-accounts/<int:pk>/template/", views.aws_account_template, name="aws_account_template"),
    path("aws-accounts/<int:pk>/test/", views.aws_account_test, name="aws_account_test"),
    path("environments/", views.environments, name="environments"),
    path("environments/new/", views.environment_new, name="environment_new"),
    path("environments/<slug:slug>/", views.environment, name="environment"),
    path("environments/<slug:slug>/approve/", views.environment_approve, name="environment_approve"),
    path("environments/<slug:slug>/retry/", views.environment_retry, name="environment_retry"),
    path("environments/<slug:slug>/delete/", views.environment_delete, name="environment_delete"),
]
staff_urls: list[URLPattern] = [path("fleet/", views.fleet, name="fleet")]
