"""A program for the tests: what a worker's connections to the database wait for at most."""

import json
import sys

import django

django.setup()

from django.db import connection  # noqa: E402

from portal.celery import bounded_database_waits  # noqa: E402


def main() -> None:
    bounded_database_waits()
    found = {}
    with connection.cursor() as cursor:
        for name in ("statement_timeout", "lock_timeout", "application_name"):
            cursor.execute(f"SHOW {name}")
            found[name] = cursor.fetchone()[0]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
