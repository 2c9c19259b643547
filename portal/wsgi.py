"""The WSGI entry point gunicorn serves; it does not start on open tables."""

import os

from django.core.wsgi import get_wsgi_application

from portal.core.protected.starting import refuse_open_tables

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")
application = get_wsgi_application()
refuse_open_tables()
