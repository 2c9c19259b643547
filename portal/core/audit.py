"""Writing the audit log: one event for every change, in the same transaction as the change."""

from collections.abc import Mapping

import structlog
from django.db import models

from portal.core.caller import SYSTEM, Caller
from portal.core.models import AuditEvent
from portal.core.redaction import redact


def kind_of(row: models.Model) -> str:
    """The name a row's kind goes under in the audit log and in steps, e.g. "deployments.deployment"."""
    return row._meta.label_lower


def request_id() -> str:
    """The id of the request, or of the task, that this runs in; empty outside of both."""
    return str(structlog.contextvars.get_contextvars().get("request_id", ""))


def record(
    action: str,
    target: models.Model,
    *,
    caller: Caller = SYSTEM,
    customer: models.Model | None = None,
    before: Mapping[str, object] | None = None,
    after: Mapping[str, object] | None = None,
) -> None:
    """Appends an event. Before and after are redacted here."""
    AuditEvent.objects.create(
        actor_id=caller.person_id,
        actor_name=caller.name,
        customer_id=customer.pk if customer else getattr(target, "customer_id", None),
        action=action,
        target_kind=kind_of(target),
        target_id=str(target.pk),
        target_name=redact(str(target))[:200],
        before=redact(dict(before or {})),
        after=redact(dict(after or {})),
        request_id=(caller.request_id or request_id())[:64],
    )
