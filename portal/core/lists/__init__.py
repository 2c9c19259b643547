"""Lists, declared once: what their columns are, how they are sorted, filtered, paged and exported.

A page declares a Listing of columns, and shows it with `listing.show(request, rows, filters)`; templates draw the
answer with {% table %}.
"""

from portal.core.lists.columns import Column, actions, day, moment, money, number, state, text
from portal.core.lists.filters import Filters, search
from portal.core.lists.table import Listing, Table
from portal.core.lists.window import Window

__all__ = [
    "Column",
    "Filters",
    "Listing",
    "Table",
    "Window",
    "actions",
    "day",
    "moment",
    "money",
    "number",
    "search",
    "state",
    "text",
]
