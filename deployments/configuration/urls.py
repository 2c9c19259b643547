"""Addresses of the configuration pages, under a customer."""

from django.urls import URLPattern, path

from deployments.configuration import views

PLACE = "configuration/<slug:service_name>/<slug:environment_slug>/"

customer_urls: list[URLPattern] = [
    path("configuration/", views.configuration, name="configuration"),
    path(PLACE, views.configuration_keys, name="configuration_keys"),
    path(f"{PLACE}history/", views.configuration_history, name="configuration_history"),
    path(f"{PLACE}review/", views.configuration_review, name="configuration_review"),
    path(f"{PLACE}edit/", views.configuration_edit, name="configuration_edit"),
    path(f"{PLACE}save/", views.configuration_save, name="configuration_save"),
    path(f"{PLACE}resolve/", views.configuration_resolve, name="configuration_resolve"),
    path(f"{PLACE}reveal/", views.configuration_reveal, name="configuration_reveal"),
    path(f"{PLACE}mark/", views.configuration_mark, name="configuration_mark"),
]
