"""Filters of the configuration lists, kept in the address."""

from django.utils.translation import gettext_lazy as _

from portal.core.lists import Filters, search


class PlaceFilter(Filters):
    """Services by name, and environments where there are many."""

    q = search(_("Service"))
    environment = search(_("Environment"))


class KeyFilter(Filters):
    """Keys by a part of their name."""

    q = search(_("Key"))
