"""What beat sends is known to the workers: nothing else would pick up the work of one that was killed."""

from django.conf import settings

from portal.celery import app


def test_every_scheduled_task_exists_under_the_name_it_is_sent_by():
    app.loader.import_default_modules()

    wanted = {entry["task"] for entry in settings.CELERY_BEAT_SCHEDULE.values()}

    assert wanted - set(app.tasks) == set()


def test_a_tick_that_was_not_run_until_the_next_one_is_dropped():
    for entry in settings.CELERY_BEAT_SCHEDULE.values():
        assert entry["options"]["expires"] == entry["schedule"]
