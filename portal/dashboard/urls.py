"""Home pages."""

from django.urls import URLPattern, path

from portal.dashboard import views

urls: list[URLPattern] = [path("", views.home, name="home")]
customer_urls: list[URLPattern] = [path("", views.overview, name="overview")]
staff_urls: list[URLPattern] = []
