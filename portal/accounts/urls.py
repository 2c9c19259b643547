"""Addresses of people and customers: under a customer, for staff, and for whoever follows an invitation."""

from django.urls import URLPattern

urls: list[URLPattern] = []
customer_urls: list[URLPattern] = []
staff_urls: list[URLPattern] = []
