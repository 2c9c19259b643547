"""The portal's addresses and the floor they are measured against."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path

from deployments.models import Service
from portal.urls import urlpatterns as portal_urls


def floor(request: HttpRequest) -> HttpResponse:
    """What Django costs at least: one query, a table of 50 rows, no layout."""
    return render(request, "floor.html", {"services": Service.objects.all()[:50]})


urlpatterns = [path("bench/floor", floor), *portal_urls]
