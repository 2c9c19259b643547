"""Structured logs: one line an event, secrets taken out of every one of them."""

from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from portal.core.redaction import redact, shortened

# Characters of what a stranger can fill: what a request says of itself, and what libraries say about it.
LENGTHS = {"user_agent": 200, "request": 500, "event": 4_000}


def shorten_event(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """The processor that cuts what strangers can make long."""
    for name, length in LENGTHS.items():
        if isinstance(said := event.get(name), str):
            event[name] = shortened(said, length)
    return event


def redact_event(_logger: WrappedLogger, _name: str, event: EventDict) -> EventDict:
    """The processor that masks secrets (portal/core/redaction.py)."""
    return {key: redact(value, key) for key, value in event.items()}


def configure(json: bool, level: str) -> dict[str, Any]:
    """Sets structlog up; returns the LOGGING setting that sends the standard library's records the same way."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso"),
        structlog.processors.format_exc_info,
        shorten_event,
        redact_event,
    ]
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    renderer: Processor = structlog.processors.JSONRenderer() if json else structlog.dev.ConsoleRenderer(colors=False)
    formatter = {"()": structlog.stdlib.ProcessorFormatter, "processor": renderer, "foreign_pre_chain": shared}
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": formatter},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["out"], "level": level},
        "loggers": {
            **{name: {"level": "WARNING"} for name in ("botocore", "urllib3", "kombu", "celery.worker.strategy")},
            # Naming them takes away Django's own handlers, which would write past the redaction.
            **{name: {"level": "INFO", "propagate": True} for name in ("django", "django.server")},
        },
    }
