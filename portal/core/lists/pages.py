"""Pages by number, for lists that are not declared yet."""

from typing import Any, TypeVar

from django.conf import settings
from django.core.paginator import Page, Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest

M = TypeVar("M", bound=Model)


def paginate(request: HttpRequest, rows: QuerySet[M, Any]) -> Page[M]:
    """The page the URL asks for (?page=), the nearest one when there is no such page."""
    return Paginator(rows, settings.PAGE_SIZE).get_page(request.GET.get("page"))
