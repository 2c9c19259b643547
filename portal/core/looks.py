"""How states look: one table of words, tones and icons for every state people see."""

from dataclasses import dataclass
from typing import Literal

Tone = Literal["idle", "busy", "good", "warn", "bad"]


@dataclass(frozen=True)
class Look:
    """The word people read, the tone (a colour of portal.css) and the icon of a state."""

    word: str
    tone: Tone
    icon: str

    @property
    def motion(self) -> str:
        """The class that turns the icon while work goes on."""
        return "icon-spin" if self.icon == BUSY else ""


BUSY, DONE, BROKEN, WAITING = "loader-2", "circle-check", "circle-x", "clock"

LOOKS = {
    # environments and other things that are made
    "draft": Look("Draft", "idle", "pencil"),
    "planning": Look("Planning", "busy", BUSY),
    "planned": Look("Waiting for approval", "warn", WAITING),
    "creating": Look("Creating", "busy", BUSY),
    "ready": Look("Ready", "good", DONE),
    "failed": Look("Failed", "bad", BROKEN),
    "deleting": Look("Deleting", "busy", BUSY),
    "deleted": Look("Deleted", "idle", "trash"),
    "delete_failed": Look("Delete failed", "bad", BROKEN),
    # deployments
    "queued": Look("Queued", "idle", WAITING),
    "preparing": Look("Preparing", "busy", BUSY),
    "rolling": Look("Rolling out", "busy", BUSY),
    "rolling_back": Look("Rolling back", "warn", "arrow-back-up"),
    "succeeded": Look("Succeeded", "good", DONE),
    "rolled_back": Look("Rolled back", "warn", "arrow-back-up"),
    "canceled": Look("Cancelled", "idle", "ban"),
    "errored": Look("Our error", "bad", "alert-triangle"),
    # tasks
    "pending": Look("Starting", "busy", BUSY),
    "running": Look("Running", "good", "player-play"),
    "draining": Look("Draining", "warn", "hourglass"),
    "stopped": Look("Stopped", "idle", "player-stop"),
    # tickets
    "open": Look("Open", "busy", "message-circle"),
    "waiting": Look("Waiting", "warn", WAITING),
    "closed": Look("Closed", "idle", "circle-check"),
    # invoices
    "issued": Look("Issued", "busy", "file-invoice"),
    "sent": Look("Sent", "busy", "send"),
    "paid": Look("Paid", "good", DONE),
    "to draft": Look("To draft", "idle", "pencil"),
    "out of date": Look("Out of date", "warn", "refresh"),
    "blocked": Look("Blocked", "bad", "ban"),
    "overdue": Look("Overdue", "bad", "alert-triangle"),
    # health and connections
    "healthy": Look("Healthy", "good", "heartbeat"),
    "unhealthy": Look("Unhealthy", "bad", "heart-broken"),
    "unknown": Look("Unknown", "idle", "help-circle"),
    "connected": Look("Connected", "good", "plug-connected"),
    "untested": Look("Not tested", "idle", "plug"),
    "failing": Look("Failing", "bad", "plug-x"),
    # steps and moves
    "past": Look("Past", "idle", "check"),
    "active": Look("Busy", "busy", BUSY),
    "done": Look("Done", "good", DONE),
    "skipped": Look("Skipped", "idle", "player-skip-forward"),
}


def look_of(state: str) -> Look:
    """The look of a state; one that is not in the table (AWS has many) shows its own word in neutral."""
    known = LOOKS.get(state.lower())
    return known or Look(state.replace("_", " ").capitalize(), "idle", "point")
