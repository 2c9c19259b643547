"""Addresses of this app: under a customer, and for staff."""

from django.urls import URLPattern

from deployments.configuration import urls as configuration

customer_urls: list[URLPattern] = [*configuration.customer_urls]
staff_urls: list[URLPattern] = []
