"""How long the portal waits for AWS. Whoever works for a customer asks only while the work's own time lasts.

A bound counts each silence of AWS, which is all that sockets know of: an answer that trickles takes longer.
"""

from dataclasses import dataclass
from typing import Any

from botocore.client import BaseClient
from botocore.exceptions import BotoCoreError, ClientError

from portal.core.work.shares import current
from provisioning.aws.errors import translate


@dataclass(frozen=True)
class Patience:
    """How long one question is waited for, in seconds, and how often it is asked in all."""

    connect: int
    read: int
    attempts: int

    @property
    def bound(self) -> int:
        """The seconds one attempt takes at most."""
        return self.connect + self.read


LOOK = Patience(connect=2, read=5, attempts=1)  # something looks, and will look again
PAGE = Patience(connect=2, read=4, attempts=1)  # somebody waits for the page
# A change is asked for. It was 60 seconds of reading while the local AWS could hold an answer back until tasks had
# stopped; AWS itself answers such requests within a few.
STEP = Patience(connect=3, read=20, attempts=2)
# The same, where a second request would be a second change: the next turn looks what came of the first.
ONCE = Patience(connect=3, read=20, attempts=1)


class OutOfTime(BotoCoreError):
    """A worker's step has worked long enough: it goes on in its next turn."""

    fmt = "The time of this step is over."


def watch_over(client: BaseClient) -> None:
    """From now on this client asks nothing for work whose time is over, and tells the work's share how AWS answers."""
    events = client.meta.events
    events.register("before-send", _refuse_late_questions)
    events.register("after-call", _note_answer)
    events.register("after-call-error", _note_silence)


def _refuse_late_questions(**_: Any) -> None:
    if (hold := current()) and hold.is_over:
        raise OutOfTime


def _note_answer(http_response: Any, parsed: Any, **_: Any) -> None:
    if hold := current():
        hold.answered = True
        hold.trouble |= http_response.status_code >= 300 and translate(ClientError(parsed, ""), "").retryable


def _note_silence(exception: Exception, **_: Any) -> None:
    if (hold := current()) and not isinstance(exception, OutOfTime):
        hold.trouble = True
