"""How states look: one table of words, tones and icons for every state people see."""

from dataclasses import dataclass
from typing import Literal

from django.utils.translation import gettext_lazy

from portal.core.words import Words

Tone = Literal["idle", "busy", "good", "warn", "bad"]


@dataclass(frozen=True)
class Look:
    """The word people read (label), the tone (a colour of portal.css) and the icon of a state."""

    label: Words
    tone: Tone
    icon: str

    @property
    def word(self) -> str:
        """In the reader's language."""
        return str(self.label)

    @property
    def motion(self) -> str:
        """The class that turns the icon while work goes on."""
        return "icon-spin" if self.icon == BUSY else ""


BUSY, DONE, BROKEN, WAITING = "loader-2", "circle-check", "circle-x", "clock"

LOOKS = {
    # environments and other things that are made
    "draft": Look(gettext_lazy("Draft"), "idle", "pencil"),
    "planning": Look(gettext_lazy("Planning"), "busy", BUSY),
    "planned": Look(gettext_lazy("Waiting for approval"), "warn", WAITING),
    "creating": Look(gettext_lazy("Creating"), "busy", BUSY),
    "ready": Look(gettext_lazy("Ready"), "good", DONE),
    "failed": Look(gettext_lazy("Failed"), "bad", BROKEN),
    "deleting": Look(gettext_lazy("Deleting"), "busy", BUSY),
    "deleted": Look(gettext_lazy("Deleted"), "idle", "trash"),
    "delete_failed": Look(gettext_lazy("Delete failed"), "bad", BROKEN),
    # deployments
    "queued": Look(gettext_lazy("Queued"), "idle", WAITING),
    "preparing": Look(gettext_lazy("Preparing"), "busy", BUSY),
    "rolling": Look(gettext_lazy("Rolling out"), "busy", BUSY),
    "rolling_back": Look(gettext_lazy("Rolling back"), "warn", "arrow-back-up"),
    "succeeded": Look(gettext_lazy("Succeeded"), "good", DONE),
    "rolled_back": Look(gettext_lazy("Rolled back"), "warn", "arrow-back-up"),
    "canceled": Look(gettext_lazy("Cancelled"), "idle", "ban"),
    "errored": Look(gettext_lazy("Our error"), "bad", "alert-triangle"),
    # tasks
    "pending": Look(gettext_lazy("Starting"), "busy", BUSY),
    "running": Look(gettext_lazy("Running"), "good", "player-play"),
    "draining": Look(gettext_lazy("Draining"), "warn", "hourglass"),
    "stopped": Look(gettext_lazy("Stopped"), "idle", "player-stop"),
    # tickets
    "open": Look(gettext_lazy("Open"), "busy", "message-circle"),
    "waiting": Look(gettext_lazy("Waiting"), "warn", WAITING),
    "closed": Look(gettext_lazy("Closed"), "idle", "circle-check"),
    # invoices
    "issued": Look(gettext_lazy("Issued"), "busy", "file-invoice"),
    "sent": Look(gettext_lazy("Sent"), "busy", "send"),
    "paid": Look(gettext_lazy("Paid"), "good", DONE),
    "to draft": Look(gettext_lazy("To draft"), "idle", "pencil"),
    "out of date": Look(gettext_lazy("Out of date"), "warn", "refresh"),
    "blocked": Look(gettext_lazy("Blocked"), "bad", "ban"),
    "overdue": Look(gettext_lazy("Overdue"), "bad", "alert-triangle"),
    # health and connections
    "healthy": Look(gettext_lazy("Healthy"), "good", "heartbeat"),
    "unhealthy": Look(gettext_lazy("Unhealthy"), "bad", "heart-broken"),
    "unknown": Look(gettext_lazy("Unknown"), "idle", "help-circle"),
    "connected": Look(gettext_lazy("Connected"), "good", "plug-connected"),
    "untested": Look(gettext_lazy("Not tested"), "idle", "plug"),
    "failing": Look(gettext_lazy("Failing"), "bad", "plug-x"),
    # steps and moves
    "past": Look(gettext_lazy("Past"), "idle", "check"),
    "active": Look(gettext_lazy("Busy"), "busy", BUSY),
    "done": Look(gettext_lazy("Done"), "good", DONE),
    "skipped": Look(gettext_lazy("Skipped"), "idle", "player-skip-forward"),
}


def look_of(state: str) -> Look:
    """The look of a state; one that is not in the table (AWS has many) shows its own word in neutral."""
    known = LOOKS.get(state.lower())
    return known or Look(state.replace("_", " ").capitalize(), "idle", "point")
