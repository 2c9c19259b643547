"""What an internal service's container is asked, and how a shell asks it with whatever the image has."""

import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.catalog import health
from deployments.catalog.rules import Settings, settings_problems
from deployments.models import Service
from provisioning.aws.ecs import HealthCheck
from tests import factories

WGET, CURL, BUSYBOX = shutil.which("wget"), shutil.which("curl"), shutil.which("busybox")
SHELL = "/bin/sh"


def internal(**chosen) -> Service:
    return factories.ServiceFactory.build(exposure="internal", **chosen)


class TestCheck:
    def test_an_internal_service_is_asked_at_its_health_path(self):
        check = health.container_check(internal(port=3000, health_path="/ready"))

        assert check == HealthCheck(
            ("CMD-SHELL", health.asking("http://127.0.0.1:3000/ready")),
            interval=10,
            timeout=10,
            retries=3,
            start_period=120,
        )

    def test_a_public_service_is_asked_by_the_load_balancer_alone(self):
        assert health.container_check(factories.ServiceFactory.build(exposure="public")) is None

    def test_nobody_asks_where_that_was_chosen(self):
        assert health.container_check(internal(health_check="none", health_command="true")) is None

    @pytest.mark.parametrize(("seconds", "sent"), [(0, 0), (45, 45), (300, 300), (1800, 300)])
    def test_aws_is_sent_at_most_the_start_period_it_takes(self, seconds, sent):
        assert health.container_check(internal(start_seconds=seconds)).start_period == sent

    @pytest.mark.parametrize(
        ("written", "sent"),
        [
            ("curl -f localhost || exit 1", ("CMD-SHELL", "curl -f localhost || exit 1")),
            ("[ -f /tmp/ready ]", ("CMD-SHELL", "[ -f /tmp/ready ]")),
            ("[[ -f /tmp/ready ]]", ("CMD-SHELL", "[[ -f /tmp/ready ]]")),
            ('["/probe", "--port", "80 80"]', ("CMD", "/probe", "--port", "80 80")),
            ('[ "/probe", "" ]', ("CMD", "/probe", "")),
            ('["python3", "-c", "a\\nb \\u00e9"]', ("CMD", "python3", "-c", "a\nb é")),
            ("true", ("CMD-SHELL", "true")),
        ],
    )
    def test_a_command_runs_by_the_shell_and_a_list_without_one(self, written, sent):
        service = internal(health_check="command", health_command=written)

        assert health.container_check(service).command == sent
        chosen = Settings(health_check="command", health_command=written)
        assert settings_problems(Service.Exposure.INTERNAL, chosen) == {}


@pytest.mark.parametrize(
    ("exposure", "chosen", "words"),
    [
        ("public", {}, ""),
        ("public", {"health_path": "/ok"}, "/ok answers 200 to 399"),
        ("public", {"health_path": "/ok", "redirect_is_healthy": True}, "/ok answers 200 to 399"),
        ("public", {"health_path": "/ok", "redirect_is_healthy": False}, "/ok answers 200 to 299"),
        ("internal", {"health_path": "/ok"}, "nobody asks"),
        ("internal", {"health_path": "/ok", "health_check": "none"}, "nobody asks"),
        ("internal", {"health_path": "/ok", "health_check": "path"}, "/ok answers in the container"),
        ("internal", {"health_path": "/ok", "health_check": "command", "health_command": "/probe"}, "/probe"),
    ],
)
def test_what_is_asked_is_said_in_words_of_old_deployments_too(exposure, chosen, words):
    assert health.in_words(exposure, chosen) == words


def test_a_start_time_that_aws_does_not_wait_is_refused_for_an_internal_service():
    slow = Settings(start_seconds=301)

    assert settings_problems(Service.Exposure.PUBLIC, slow) == {}
    assert settings_problems(Service.Exposure.INTERNAL, slow) == {
        "start_seconds": "Choose 300 seconds or less: for an internal service AWS waits no longer."
    }


@pytest.mark.parametrize(
    ("start", "overlap", "least"),
    [(0, 0, 2), (119, 0, 2), (120, 0, 3), (840, 0, 15), (1800, 0, 31), (60, 59, 2), (60, 60, 3), (1800, 600, 41)],
)
def test_a_rollout_has_longer_than_a_task_may_take_to_start_and_run_beside_the_old_ones(start, overlap, least):
    def problems(minutes: int):
        chosen = Settings(start_seconds=start, overlap_seconds=overlap, deadline_minutes=minutes)
        return settings_problems(Service.Exposure.PUBLIC, chosen)

    assert problems(least) == {}
    assert problems(least - 1).keys() == {"deadline_minutes"}


@pytest.mark.parametrize(
    ("overlap", "sentence"),
    [
        (0, "A new task may take 120 s to start: choose 3 minutes or more."),
        (300, "A new task may take 120 s to start, and runs 300 s beside the old ones: choose 8 minutes or more."),
    ],
)
def test_a_deadline_that_is_too_short_names_all_that_takes_so_long(overlap, sentence):
    short = Settings(start_seconds=120, overlap_seconds=overlap, deadline_minutes=2)

    assert settings_problems(Service.Exposure.PUBLIC, short) == {"deadline_minutes": sentence}


@dataclass
class Application:
    """Answers with `status`, and remembers what it was asked."""

    status: int = 200
    moved_to: str = ""
    asked: list[str] = field(default_factory=list)
    port: int = 0


@pytest.fixture(scope="module")
def listening() -> Iterator[Application]:
    application = Application()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            application.asked.append(self.requestline.split()[1])  # the path is tidied up
            moved = self.path == "/moved"
            self.send_response(302 if moved else application.status)
            self.send_header("Content-Length", "0")
            if moved:
                self.send_header("Location", application.moved_to)
            self.end_headers()

        def log_message(self, *_):
            """Nothing: what was asked is remembered."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        application.port = server.server_port
        Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield application
        server.shutdown()


@pytest.fixture
def application(listening) -> Application:
    listening.status, listening.moved_to = 200, ""
    listening.asked.clear()
    return listening


def image(folder: Path, **programs: str | None) -> Path:
    """A folder of programs, as an image's PATH has them. Skips the test where this machine lacks one."""
    folder.mkdir(exist_ok=True)
    for name, program in programs.items():
        if program is None:
            pytest.skip(f"no {name} on this machine")
        (folder / name).symlink_to(program)
    return folder


IMAGES = [{"curl": CURL}, {"wget": WGET}, {"wget": BUSYBOX}, {"curl": CURL, "wget": WGET}]


@pytest.fixture(scope="module", params=IMAGES, ids=["curl", "gnu-wget", "busybox-wget", "both"])
def programs(request, tmp_path_factory) -> Path:
    return image(tmp_path_factory.mktemp("image") / "bin", **request.param)


def run(programs: Path, application: Application, path: str, **variables: str) -> subprocess.CompletedProcess[str]:
    check = health.container_check(internal(port=application.port, health_path=path))
    environment = {"PATH": str(programs), **variables}
    return subprocess.run([SHELL, "-c", check.command[1]], env=environment, capture_output=True, text=True, check=False)


paths = st.from_regex(r"/[A-Za-z0-9_.$/~@:+&?=-]{0,30}", fullmatch=True).filter(
    lambda path: not settings_problems("internal", Settings(health_path=path))
)


@settings(max_examples=30, deadline=None)
@given(path=paths)
def test_any_health_path_is_asked_as_it_is_written(programs, listening, path):
    listening.status, asked = 200, len(listening.asked)

    done = run(programs, listening, path, HOME="/root", id="x")

    assert (done.returncode, listening.asked[asked:]) == (0, [path])
    assert done.stdout == ""


@pytest.mark.parametrize(("status", "code"), [(200, 0), (204, 0), (404, 1), (500, 1), (503, 1)])
def test_what_the_application_answers_decides(programs, application, status, code):
    application.status = status

    assert run(programs, application, "/health").returncode == code


def test_where_a_redirect_leads_to_decides(programs, application):
    application.moved_to, application.status = "/login", 500
    assert run(programs, application, "/moved").returncode == 1

    application.status = 200
    assert 0 in [run(programs, application, "/moved").returncode for _ in range(health.RETRIES)]  # as ECS asks


def test_an_application_that_does_not_listen_is_not_healthy(programs):
    assert run(programs, Application(port=9), "/health").returncode == 1


def test_a_proxy_for_others_is_not_asked_about_the_application(programs, application):
    nobody = "http://127.0.0.1:9"

    done = run(programs, application, "/health", http_proxy=nobody, all_proxy=nobody, ALL_PROXY=nobody)

    assert (done.returncode, application.asked) == (0, ["/health"])


def test_an_image_with_neither_says_so_and_is_not_healthy(tmp_path, application):
    done = run(image(tmp_path / "bin"), application, "/health")

    assert (done.returncode, done.stderr.strip()) == (1, health.NEITHER)
    assert application.asked == []


@pytest.mark.skipif(BUSYBOX is None, reason="no busybox on this machine")
def test_busybox_alone_is_enough(application):
    check = health.container_check(internal(port=application.port))

    done = subprocess.run([str(BUSYBOX), "sh", "-c", check.command[1]], env={"PATH": "/nowhere"}, check=False)

    assert (done.returncode, application.asked) == (0, ["/health"])
