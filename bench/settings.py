"""The portal's settings for bench/pages: as in production, but over plain HTTP and with the floor page added."""

import sys

# Development tools bring these, and structlog loads them where they are; production has neither.
sys.modules.update(dict.fromkeys(("rich", "pygments")))  # type: ignore[arg-type]

from portal.settings import *  # noqa: E402, F403

DEBUG = False
ALLOWED_HOSTS = ["127.0.0.1", "testserver"]
ROOT_URLCONF = "bench.urls"
WSGI_APPLICATION = "bench.wsgi.application"
SECURE_SSL_REDIRECT = False
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
TEMPLATES[0]["DIRS"] = [BASE_DIR / "bench" / "templates", *TEMPLATES[0]["DIRS"]]  # type: ignore[misc]  # noqa: F405
