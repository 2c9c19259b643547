"""Queries of a page, counted in this process."""

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from bench.answers import Asked, Counted
from portal.accounts.models import User


def logged_in(user: User) -> Client:
    """A browser in which somebody has logged in."""
    client = Client()
    client.force_login(user)
    return client


def counted(page: Asked, client: Client) -> Counted:
    """The page with the queries of its second look: the first may fill a cache."""
    client.get(page.path)
    with CaptureQueriesContext(connection) as queries:
        client.get(page.path)
    return Counted(page, len(queries))
