"""Every address of the portal, and those that only the demo has."""

from django.urls import URLPattern, URLResolver, path

from portal import urls as portal
from portal.demo import views

urlpatterns: list[URLPattern | URLResolver] = [
    path("c/<slug:customer_slug>/aws-accounts/<int:pk>/role/", views.demo_role, name="demo_role"),
    *portal.urlpatterns,
]
handler403 = portal.handler403
