"""Addresses of this app: under a customer, and for staff."""

from django.urls import URLPattern

customer_urls: list[URLPattern] = []
staff_urls: list[URLPattern] = []
