"""Who asks for something, by which door, in which request: what every service takes and the audit log tells."""

from dataclasses import dataclass
from enum import StrEnum

from django.db.models import Model


class Via(StrEnum):
    """The door somebody came in by."""

    PAGE = "page"
    COMMAND = "command"  # a command on the server: who has a shell there may do everything
    SYSTEM = "system"  # the portal's own work


@dataclass(frozen=True)
class Caller:
    """`person_id` is the user on whose behalf it is done; None when the portal does it of itself."""

    name: str
    via: Via
    person_id: int | None = None
    request_id: str = ""

    @property
    def is_person(self) -> bool:
        return self.person_id is not None

    @property
    def asker_id(self) -> int:
        """The user who asks, where only people can. Raises TypeError for the portal itself."""
        if self.person_id is None:
            raise TypeError(f"{self.name} cannot ask for this: it is kept with the person who did.")
        return self.person_id

    def __str__(self) -> str:
        return self.name


SYSTEM = Caller("portal", Via.SYSTEM)


def on_behalf_of(user: Model) -> Caller:
    """The portal, carrying out what a person has asked for."""
    return Caller(str(user), Via.SYSTEM, user.pk)
