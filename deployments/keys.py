"""Rules for configuration keys: each service owns the folder `<customer>/<environment>/<service>/` of Consul.

Every client of Consul lets a key with `..` climb out of the key-value store into its other commands, so no
key and no prefix reaches Consul without passing here. What passes needs no escaping in a URL.
"""

import re

from django.utils.translation import gettext as _

MAX_KEY_CHARACTERS = 512  # the whole key, prefix included
# Consul's own limits: kv_max_value_size, the operations of one transaction, and txn_max_req_len.
MAX_VALUE_BYTES = 512 * 1024
MAX_TRANSACTION_OPERATIONS = 64
MAX_TRANSACTION_BYTES = 512 * 1024

_SEGMENT = re.compile(r"[A-Za-z0-9._-]+")
_SLUG = re.compile(r"[A-Za-z0-9_-]+")


class InvalidKey(ValueError):
    """The message is a sentence for whoever typed the key."""


def validate_key(key: str) -> str:
    """The key unchanged, relative to its service, or InvalidKey."""
    if not key:
        raise InvalidKey(_("A key needs a name, for example database/host."))
    if len(key) > MAX_KEY_CHARACTERS:
        raise InvalidKey(_("This key is too long: at most %(most)d characters fit.") % {"most": MAX_KEY_CHARACTERS})
    for segment in key.split("/"):
        _validate_segment(key, segment)
    return key


def _validate_segment(key: str, segment: str) -> None:
    if not segment:
        empty = _("The key %(key)r has an empty part: use single slashes, and none at the start or end.")
        raise InvalidKey(empty % {"key": key})
    if segment in {".", ".."}:
        raise InvalidKey(_("The key %(key)r has a part that is only dots: give every part a name.") % {"key": key})
    if not _SEGMENT.fullmatch(segment):
        strange = _(
            "The key %(key)r has a character that is not allowed: "
            "use letters without accents, digits, dots, hyphens, underscores and slashes."
        )
        raise InvalidKey(strange % {"key": key})


def prefix(customer_slug: str, environment_slug: str, service_slug: str) -> str:
    """The service's folder. The closing slash matters: without it `app1` would also cover `app10`.

    Slugs are made by the portal, so a wrong one is a bug: ValueError.
    """
    slugs = (customer_slug, environment_slug, service_slug)
    for slug in slugs:
        if not _SLUG.fullmatch(slug):
            raise ValueError(f"{slug!r} is not a slug")
    return "/".join(slugs) + "/"


def require_prefix(value: str) -> str:
    """The prefix unchanged; ValueError (a bug) when it is empty, not a folder or could leave the store."""
    if not value.endswith("/"):
        raise ValueError(f"{value!r} is not a folder: a prefix ends in a slash")
    validate_key(value.removesuffix("/"))
    return value


def full_key(prefix: str, key: str) -> str:
    """The key as Consul knows it; InvalidKey unless it stays inside the prefix and within the length."""
    whole = require_prefix(prefix) + validate_key(key)
    if len(whole) > MAX_KEY_CHARACTERS:
        room = max(MAX_KEY_CHARACTERS - len(prefix), 0)
        long = _("The key %(key)r is too long: at most %(room)d characters fit here.")
        raise InvalidKey(long % {"key": key, "room": room})
    return whole
