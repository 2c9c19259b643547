"""AWS's regions in words."""

from django.conf import settings
from django.utils.translation import gettext_lazy as _

NAMES = {
    "eu-west-1": _("Ireland"),
    "eu-central-1": _("Frankfurt"),
    "eu-west-3": _("Paris"),
    "eu-north-1": _("Stockholm"),
    "eu-west-2": _("London"),
    "eu-south-1": _("Milan"),
}


def region_choices() -> list[tuple[str, str]]:
    """The regions that are offered, e.g. "Ireland (eu-west-1)"."""
    return [(code, f"{NAMES[code]} ({code})" if code in NAMES else code) for code in settings.AWS_REGIONS]
