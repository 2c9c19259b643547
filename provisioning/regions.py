"""AWS's regions in words."""

from django.conf import settings

NAMES = {
    "eu-west-1": "Ireland",
    "eu-central-1": "Frankfurt",
    "eu-west-3": "Paris",
    "eu-north-1": "Stockholm",
    "eu-west-2": "London",
    "eu-south-1": "Milan",
}


def region_choices() -> list[tuple[str, str]]:
    """The regions that are offered, e.g. "Ireland (eu-west-1)"."""
    return [(code, f"{NAMES[code]} ({code})" if code in NAMES else code) for code in settings.AWS_REGIONS]
