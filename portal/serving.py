"""How gunicorn serves the site: `gunicorn portal.wsgi --config python:portal.serving`.

The site is loaded once, before the workers are forked, and they share the memory it takes.
"""

import gc

from django.urls import get_resolver

preload_app = True


def when_ready(_server: object) -> None:
    """Loads the pages as well, and keeps the collector from writing to what the workers share."""
    _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
