"""Reading and changing a service's keys. Consul holds the truth; the history of it is ours.

A save is written down first ("being saved"), then Consul is asked, then it moves to its end: saved, or refused with
nothing left in the history. A crash or a silence in between leaves a row that `settle` decides later by what stands in
Consul, and says so honestly where that cannot be told any more.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from deployments.configuration import rules, selectors
from deployments.configuration.drafts import Clash, Draft, Line
from deployments.configuration.selectors import Place
from deployments.consul import ConsulConflict, ConsulFailure, ConsulStore, ConsulUnavailable, Snapshot
from deployments.models import ConfigurationChange, ConfigurationSave, SecretKey
from portal.accounts.permissions import Can, require
from portal.core import audit
from portal.core.caller import Caller, on_behalf_of
from portal.core.errors import UserError
from portal.core.sentences import NOTHING, Sentence, said
from portal.core.words import Words
from portal.core.work.state import transition
from provisioning.consul import ConsulEndpoint, consul_of

TIMEOUT = 2.5  # seconds a page waits for Consul
SETTLE_AFTER = timedelta(seconds=30)  # a save takes at most TIMEOUT: its request cannot be under way any more
NO_CONSUL = gettext_lazy(
    "This portal is not connected to a Consul yet, so there is no place to keep "
    "configuration. An in4it engineer sets CONSUL_URL (and CONSUL_TOKEN) of the portal to "
    "change that."
)
NEVER_ARRIVED = Sentence("configuration.never_arrived")
State = ConfigurationSave.State
ACTIONS = {
    State.SAVING: "configuration.tried_again",
    State.SAVED: "configuration.saved",
    State.UNKNOWN: "configuration.save_unknown",
    State.REFUSED: "configuration.refused",
}


class SaveRefused(UserError):
    """Nothing was saved, or it is not known yet: the sentence says which."""

    code = "configuration_refused"
    status = 422


class Clashed(SaveRefused):
    """Somebody else changed some of the keys; `draft` carries their values beside ours."""

    code = "configuration_conflict"

    def __init__(self, sentence: Words, draft: Draft) -> None:
        super().__init__(sentence)
        self.draft = draft


@dataclass(frozen=True)
class Reading:
    """What Consul answered: a snapshot, or the sentence that says why there is none."""

    snapshot: Snapshot | None
    problem: Words = ""
    advice: Words = ""


def read(place: Place) -> Reading:
    """The place's keys now. Saves of which the end was unknown are decided on the way."""
    endpoint = consul_of(place.environment)
    if endpoint is None:
        return Reading(None, NO_CONSUL)
    try:
        snapshot = _at(endpoint).read(place.prefix)
    except ConsulFailure as failure:
        return Reading(
            None, str(failure), "Nothing can be read or saved until it answers again. Services keep running."
        )
    settle(place, snapshot)
    return Reading(snapshot)


def save(place: Place, caller: Caller, draft: Draft, reason: str) -> None:
    """All changes of the draft, or none. Saving the same draft again changes nothing more.

    Raises Invalid for what can never be saved, Clashed when somebody else was faster, and SaveRefused for everything
    else that kept it from being saved.
    """
    require(caller, Can.DEPLOY, place.customer, place.environment)
    rules.problems_of(place.prefix, draft.changes, reason).refuse()
    consul = _store(place)
    row, again = _write_down(place, caller, draft, reason)
    if row.state == State.SAVED:
        return
    try:
        consul.save(place.prefix, [line.change for line in draft.changes])
    except ConsulConflict as conflict:
        end = _earlier_end(row, conflict) if again else State.REFUSED
        _conclude(row, end, conflict.sentence)
        if end != State.SAVED:
            raise Clashed(str(conflict), _beside_theirs(draft, conflict)) from None
        return
    except ConsulUnavailable as silence:  # it may have been saved all the same: the row waits for settle()
        raise SaveRefused(
            _("%(silence)s Your changes are still on this page: saving again does no harm.") % {"silence": silence}
        ) from None
    except ConsulFailure as refusal:
        _conclude(row, State.REFUSED, refusal.sentence)
        raise SaveRefused(str(refusal)) from None
    _conclude(row, State.SAVED)


def settle(place: Place, snapshot: Snapshot) -> None:
    """Decides the saves whose end is not known, by what stands in Consul."""
    for row in selectors.unsettled(place, timezone.now() - SETTLE_AFTER):
        _conclude(row, _verdict(row, snapshot), NEVER_ARRIVED)


def reveal(place: Place, key: str, caller: Caller) -> str | None:
    """The value of one key, secret or not; None when there is no such key. Written in the audit log."""
    require(caller, Can.DEPLOY, place.customer, place.environment)
    try:
        entry = _store(place).read(place.prefix).get(key)
    except ConsulFailure as failure:
        raise SaveRefused(str(failure)) from None
    if entry is None:
        return None
    _record(place, "configuration.revealed", caller, {"key": key})
    return entry.value


def mark(place: Place, key: str, caller: Caller, *, secret: bool) -> None:
    """Masks a key's value from now on, or stops masking it. Raises Invalid for what can be no key."""
    require(caller, Can.DEPLOY, place.customer, place.environment)
    rules.problems_of_key(place.prefix, key).refuse()
    with transaction.atomic():
        if secret:
            SecretKey.objects.get_or_create(**place.where, key=key)
        else:
            selectors.marks(place).filter(key=key).delete()
        _record(place, "configuration.masked" if secret else "configuration.unmasked", caller, {"key": key})


def _store(place: Place) -> ConsulStore:
    """The Consul of the place's environment; SaveRefused when there is none."""
    endpoint = consul_of(place.environment)
    if endpoint is None:
        raise SaveRefused(NO_CONSUL)
    return _at(endpoint)


def _at(endpoint: ConsulEndpoint) -> ConsulStore:
    return ConsulStore(endpoint.url, endpoint.token, timeout=TIMEOUT)


@transaction.atomic
def _write_down(place: Place, caller: Caller, draft: Draft, reason: str) -> tuple[ConfigurationSave, bool]:
    """What is about to be asked of Consul, and whether that was asked before without an end.

    Keys are masked before their values exist, so that no moment shows them.
    """
    given = {"customer": place.customer, "author_id": caller.asker_id, "reason": reason}
    rows = ConfigurationSave.objects.select_for_update()
    row, first = rows.get_or_create(**place.where, save_id=draft.save_id, defaults=given)
    refused = row.state == State.REFUSED
    if first or refused:
        _write_changes(place, row, draft)
    if refused:
        _move(row, State.SAVING, said(reason))
    elif row.state == State.SAVING:
        row.at, row.reason = timezone.now(), reason
        row.save(update_fields=["at", "reason"])
    return row, not (first or refused)


def _write_changes(place: Place, row: ConfigurationSave, draft: Draft) -> None:
    for line in draft.changes:
        if line.secret:
            SecretKey.objects.get_or_create(**place.where, key=line.key)
    ConfigurationChange.objects.bulk_create(_change(row, line) for line in draft.changes)


def _change(row: ConfigurationSave, line: Line) -> ConfigurationChange:
    return ConfigurationChange(
        configuration_save=row,
        key=line.key,
        action=line.action,
        before=line.base or "",
        after=line.wish or "",
        secret=line.secret,
        base_index=line.base_index,
    )


def _earlier_end(row: ConfigurationSave, conflict: ConsulConflict) -> State:
    """How an earlier try of the same draft, which never heard its answer, ended."""
    if len(conflict.conflicting) < row.changes.count():
        return State.REFUSED  # the other keys stand as their editor saw them
    entries = tuple(one.theirs for one in conflict.conflicting if one.theirs)
    return _verdict(row, Snapshot(entries))


def _verdict(row: ConfigurationSave, snapshot: Snapshot) -> State:
    """How a save ended. All its keys share one fate, so one sure key decides."""
    signs = {_sign(change, snapshot) for change in row.changes.all()}
    if "untouched" in signs:
        return State.REFUSED
    return State.SAVED if "done" in signs else State.UNKNOWN


def _sign(change: ConfigurationChange, snapshot: Snapshot) -> str:
    entry = snapshot.get(change.key)
    index = entry.modify_index if entry else 0
    if index == change.base_index:
        return "untouched"
    if entry is None:
        return "done" if change.action == ConfigurationChange.Action.DELETE else "changed since"
    deleted = change.action == ConfigurationChange.Action.DELETE
    return "done" if not deleted and entry.value == change.after else "changed since"


@transaction.atomic
def _conclude(row: ConfigurationSave, end: State, refusal: Sentence = NOTHING) -> None:
    """Moves a save to its end; one that ended meanwhile, or is tried again, stays as it is unless it is saved."""
    now = ConfigurationSave.objects.select_for_update().get(pk=row.pk)
    if end in now.MOVES.get(now.state, ()) and (now.at == row.at or end == State.SAVED):
        _move(now, end, refusal if end == State.REFUSED else said(now.reason))


def _move(row: ConfigurationSave, to: State, reason: Sentence) -> None:
    """A move, told in the audit log of the service and the environment that people know, without values."""
    keys = [f"{change.get_action_display()} {change.key}" for change in row.changes.order_by("id")]
    facts = {"environment": row.environment.name, "keys": keys}
    transition(
        row, to, reason=reason, caller=on_behalf_of(row.author), action=ACTIONS[to], facts=facts, target=row.service
    )


def _beside_theirs(draft: Draft, conflict: ConsulConflict) -> Draft:
    theirs = {one.key: one for one in conflict.conflicting}
    return Draft(draft.changes, tuple(Clash.of(line, theirs[line.key]) for line in draft.changes if line.key in theirs))


def _record(place: Place, action: str, caller: Caller, what: Mapping[str, Any]) -> None:
    """An audit event with keys and no values: those are in the history, encrypted."""
    audit.record(action, place.service, caller=caller, after={"environment": place.environment.name, **what})
