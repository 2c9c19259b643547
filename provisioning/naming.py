"""Names of environments: what people type, made fit for the names AWS takes."""

import re

from django.utils.text import slugify

from portal.core.errors import UserError

SLUG_LENGTH = 11  # Environment.slug
STACK_NAME_LENGTH = 28  # the template's limit: AWS takes 32, and names derived from it need room
_STACK_NAME = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")
_OWN_ADDRESSES = frozenset({"new"})  # pages beside those of the environments


class UnfitName(UserError):
    """A name from which no name for AWS can be made."""

    code = "unfit_name"
    status = 422


def slug_of(customer_slug: str, name: str) -> str:
    """The short name for addresses and AWS; raises UnfitName when `name` cannot become one."""
    room = min(SLUG_LENGTH, STACK_NAME_LENGTH - len(customer_slug) - 1)
    slug = re.sub(r"[-_]+", "-", slugify(name))[:room].strip("-")
    if not slug or slug in _OWN_ADDRESSES or not _STACK_NAME.fullmatch(stack_name(customer_slug, slug)):
        raise UnfitName("Choose a name with letters or digits, such as Development, QA or Production.")
    return slug


def stack_name(customer_slug: str, slug: str) -> str:
    """The name that the stack and most of its resources carry at AWS."""
    return f"{customer_slug}-{slug}"
