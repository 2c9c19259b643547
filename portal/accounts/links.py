"""Addresses that are sent to people."""

from django.urls import reverse

from portal.core.mail import address


def link(token: str) -> str:
    """The address an invited person opens."""
    return address(reverse("invitation", args=[token]))
