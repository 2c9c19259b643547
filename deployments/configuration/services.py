"""Reading and changing a service's keys. Consul holds the truth; the history of it is ours.

A save is written down first ("being saved"), then Consul is asked, then it is marked as saved with its audit event. A
crash or a silence in between leaves rows that `settle` decides later by what stands in Consul, and says so honestly
where that cannot be told any more.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from deployments.configuration import selectors
from deployments.configuration.drafts import Clash, Draft, Line
from deployments.configuration.selectors import Place
from deployments.consul import ConsulAddress, ConsulConflict, ConsulFailure, ConsulStore, ConsulUnavailable, Snapshot
from deployments.keys import InvalidKey, full_key
from deployments.models import ConfigurationChange, SecretKey
from portal.accounts.models import User
from portal.core import audit
from portal.core.errors import UserError

TIMEOUT = 2.5  # seconds a page waits for Consul
SETTLE_AFTER = timedelta(
    seconds=30
)  # a save takes at most TIMEOUT; after this its request cannot be under way any more
NO_CONSUL = (
    "This portal is not connected to a Consul yet, so there is no place to keep configuration. "
    "An in4it engineer sets CONSUL_URL (and CONSUL_TOKEN) of the portal to change that."
)
AWAY = "Nothing can be read or saved until it answers again. Services that run keep running."
State = ConfigurationChange.State


class SaveRefused(UserError):
    """Nothing was saved, or it is not known yet: the sentence says which."""

    code = "configuration_refused"
    status = 422


class Clashed(SaveRefused):
    """Somebody else changed some of the keys; `draft` carries their values beside ours."""

    code = "configuration_conflict"

    def __init__(self, sentence: str, draft: Draft) -> None:
        super().__init__(sentence)
        self.draft = draft


@dataclass(frozen=True)
class Reading:
    """What Consul answered: a snapshot, or the sentence that says why there is none."""

    snapshot: Snapshot | None
    problem: str = ""
    advice: str = ""


def store() -> ConsulStore:
    """The portal's Consul; SaveRefused when none is set up."""
    if not settings.CONSUL_URL:
        raise SaveRefused(NO_CONSUL)
    return ConsulStore(ConsulAddress(settings.CONSUL_URL, settings.CONSUL_TOKEN or None), timeout=TIMEOUT)


def read(place: Place) -> Reading:
    """The place's keys now. Saves of which the end was unknown are decided on the way."""
    if not settings.CONSUL_URL:
        return Reading(None, NO_CONSUL)
    try:
        snapshot = store().read(place.prefix)
    except ConsulFailure as failure:
        return Reading(
            None, str(failure), "Nothing can be read or saved until it answers again. Services keep running."
        )
    settle(place, snapshot)
    return Reading(snapshot)


def save(place: Place, author: User, draft: Draft, reason: str) -> None:
    """All changes of the draft, or none. Saving the same draft again changes nothing more.

    Raises Clashed when somebody else was faster, SaveRefused for everything else that kept it from being saved.
    """
    consul = store()
    earlier = _write_down(place, author, draft, reason)
    if earlier == State.SAVED:
        return
    try:
        consul.save(place.prefix, [line.change for line in draft.changes])
    except ConsulConflict as conflict:
        verdict = _earlier_end(place, draft, conflict) if earlier else None
        _end(place, draft.save_id, verdict)
        if verdict != State.SAVED:
            raise Clashed(str(conflict), _beside_theirs(draft, conflict)) from None
        return
    except ConsulUnavailable as silence:  # it may have been saved all the same: the rows wait for settle()
        raise SaveRefused(f"{silence} Your changes are still on this page: saving again does no harm.") from None
    except (ConsulFailure, InvalidKey) as refusal:
        _forget(place, draft.save_id)
        raise SaveRefused(str(refusal)) from None
    _conclude(selectors.saved_together(place, draft.save_id), State.SAVED)


def settle(place: Place, snapshot: Snapshot) -> None:
    """Decides the saves whose end is not known, by what stands in Consul."""
    old = selectors.unsettled(place).filter(at__lt=timezone.now() - SETTLE_AFTER).select_related("author")
    for save_id, rows in groupby(old, key=lambda row: row.save_id):
        _end(place, str(save_id), _verdict(rows, snapshot))


def reveal(place: Place, key: str, actor: User) -> str | None:
    """The value of one key, secret or not; None when there is no such key. Written in the audit log."""
    try:
        entry = store().read(place.prefix).get(key)
    except ConsulFailure as failure:
        raise SaveRefused(str(failure)) from None
    if entry is None:
        return None
    _record(place, "configuration.revealed", actor, {"key": key})
    return entry.value


def mark(place: Place, key: str, actor: User, *, secret: bool) -> None:
    """Masks a key's value from now on, or stops masking it. Raises SaveRefused for what can be no key."""
    try:
        full_key(place.prefix, key)
    except InvalidKey as refusal:
        raise SaveRefused(str(refusal)) from None
    with transaction.atomic():
        if secret:
            SecretKey.objects.get_or_create(**place.where, key=key)
        else:
            selectors.marks(place).filter(key=key).delete()
        _record(place, "configuration.masked" if secret else "configuration.unmasked", actor, {"key": key})


@transaction.atomic
def _write_down(place: Place, author: User, draft: Draft, reason: str) -> str:
    """Rows for what is about to be asked of Consul; the state of those of an earlier try, empty for a first one.

    Keys are masked before their values exist, so that no moment shows them.
    """
    earlier = selectors.saved_together(place, draft.save_id).values_list("state", flat=True).first()
    if earlier:
        selectors.saved_together(place, draft.save_id).filter(state=State.SAVING).update(at=timezone.now())
        return earlier
    for line in draft.changes:
        if line.secret:
            SecretKey.objects.get_or_create(**place.where, key=line.key)
    rows = [_row(place, author, draft, line, reason) for line in draft.changes]
    ConfigurationChange.objects.bulk_create(rows)
    return ""


def _row(place: Place, author: User, draft: Draft, line: Line, reason: str) -> ConfigurationChange:
    return ConfigurationChange(
        customer=place.customer,
        **place.where,
        key=line.key,
        action=line.action,
        before=line.base or "",
        after=line.wish or "",
        secret=line.secret,
        save_id=draft.save_id,
        state=State.SAVING,
        base_index=line.base_index,
        author=author,
        reason=reason,
    )


def _forget(place: Place, save_id: str) -> None:
    """Nothing happened in Consul, so there is no history of it."""
    selectors.saved_together(place, save_id).filter(state=State.SAVING).delete()


def _end(place: Place, save_id: str, verdict: str | None) -> None:
    if verdict is None:
        _forget(place, save_id)
    else:
        _conclude(selectors.saved_together(place, save_id), verdict)


def _earlier_end(place: Place, draft: Draft, conflict: ConsulConflict) -> str | None:
    """How an earlier try of the same draft, which never heard its answer, ended; None: it did not reach Consul."""
    if len(conflict.conflicting) < len(draft.changes):
        return None  # the other keys stand as their editor saw them
    entries = tuple(one.theirs for one in conflict.conflicting if one.theirs)
    return _verdict(selectors.saved_together(place, draft.save_id), Snapshot(0, entries))


def _verdict(rows: Iterable[ConfigurationChange], snapshot: Snapshot) -> str | None:
    """How a save ended: SAVED, None for not at all, UNKNOWN. All its keys share one fate, so one sure key decides."""
    signs = {_sign(row, snapshot) for row in rows}
    if "untouched" in signs:
        return None
    return State.SAVED if "done" in signs else State.UNKNOWN


def _sign(row: ConfigurationChange, snapshot: Snapshot) -> str:
    entry = snapshot.get(row.key)
    index = entry.modify_index if entry else 0
    if index == row.base_index:
        return "untouched"
    if entry is None:
        return "done" if row.action == ConfigurationChange.Action.DELETE else "changed since"
    return "done" if row.action != ConfigurationChange.Action.DELETE and entry.value == row.after else "changed since"


@transaction.atomic
def _conclude(rows: QuerySet[ConfigurationChange], state: str) -> None:
    """Marks a save with its end and writes its audit event, once."""
    changes = list(rows)
    if not rows.exclude(state=State.SAVED).update(state=state):
        return
    first = changes[0]
    place = Place(first.customer, first.service, first.environment)
    what = {"reason": first.reason, "keys": [f"{row.get_action_display()} {row.key}" for row in changes]}
    _record(place, "configuration.saved" if state == State.SAVED else "configuration.save_unknown", first.author, what)


def _beside_theirs(draft: Draft, conflict: ConsulConflict) -> Draft:
    theirs = {one.key: one for one in conflict.conflicting}
    return Draft(draft.changes, tuple(Clash.of(line, theirs[line.key]) for line in draft.changes if line.key in theirs))


def _record(place: Place, action: str, actor: User, what: Mapping[str, Any]) -> None:
    """An audit event with keys and no values: those are in the history, encrypted."""
    audit.record(action, place.service, actor=actor, after={"environment": place.environment.name, **what})
