"""Where ECS is stricter than a demonstration wants, as options for tests.

LOCALAWS_STRICT lists them, with commas: `client-tokens`, `draining`, `late-hosts`, `service-linked-role`.
"""

import os


def is_on(option: str) -> bool:
    return option in os.environ.get("LOCALAWS_STRICT", "").split(",")
