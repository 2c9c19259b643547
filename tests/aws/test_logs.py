from datetime import UTC, datetime

from provisioning.aws import logs


def test_the_last_lines_come_with_their_time(session, answers):
    said = {"events": [{"timestamp": 1_777_636_800_500, "message": "started"}]}
    wanted = {"logGroupName": "/in4it/acme", "logStreamName": "web/web/1", "limit": 5, "startFromHead": False}
    answers("logs").add_response("get_log_events", said, wanted)

    assert logs.tail(session, "/in4it/acme", "web/web/1", limit=5) == (
        logs.LogLine(datetime(2026, 5, 1, 12, 0, 0, 500_000, tzinfo=UTC), "started"),
    )


def test_a_container_that_never_wrote_has_no_lines(session, answers):
    answers("logs").add_client_error("get_log_events", "ResourceNotFoundException")

    assert logs.tail(session, "/in4it/acme", "web/web/1") == ()


def test_a_tasks_stream_is_named_as_its_log_driver_does():
    arn = "arn:aws:ecs:eu-west-1:111111111111:task/acme-dev/0123abcd"

    assert logs.task_stream("web", "app", arn) == "web/app/0123abcd"
