"""Every address of the site, and whom it says it is for."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from portal.accounts.access import Access

# Views of libraries cannot carry our decorators: whom they are for, by how their name begins (the longest counts).
LIBRARIES = {
    "account_": Access("signed_in"),
    "account_login": Access("public"),
    "account_logout": Access("public"),
    "account_inactive": Access("public"),
    "account_signup": Access("public"),
    "account_confirm_email": Access("public"),
    "account_email_verification_sent": Access("public"),
    "account_reset_password": Access("public"),
    "mfa_": Access("signed_in"),
}


@dataclass(frozen=True)
class Address:
    """A pattern of the resolver. `name` has its namespace; `parameters` are those of the whole path."""

    name: str
    route: str
    parameters: tuple[str, ...]
    view: Callable[..., Any]

    @property
    def is_ours(self) -> bool:
        return hasattr(self.view, "access")

    @property
    def access(self) -> Access:
        """Whom it is for. LookupError says what to do about one that does not say."""
        if self.is_ours:
            return self.view.access
        beginnings = [beginning for beginning in LIBRARIES if self.name.startswith(beginning)]
        if not beginnings:
            raise LookupError(
                f"The view of /{self.route} ({self.view.__module__}.{self.view.__qualname__}) does not say whom it is"
                " for: give it @customer_page, @staff_page, @signed_in or @public of portal/accounts/access.py;"
                " if it is a library's, add its name to LIBRARIES in tests/access/addresses.py."
            )
        return LIBRARIES[max(beginnings, key=len)]


def addresses(
    resolver: URLResolver | None = None, route: str = "", namespace: str = "", parameters: tuple[str, ...] = ()
) -> Iterator[Address]:
    """All of them, however deep they are included."""
    for entry in (resolver or get_resolver()).url_patterns:
        path = route + str(entry.pattern)
        names = (*parameters, *entry.pattern.regex.groupindex)
        if isinstance(entry, URLPattern):
            yield Address(f"{namespace}{entry.name or ''}", path, names, entry.callback)
        else:
            inner = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from addresses(entry, path, inner, names)
