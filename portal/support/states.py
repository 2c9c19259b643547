"""The states of a ticket. Who writes moves it: a message gives the turn to the other side, also after closing."""

OPEN = "open"  # waits for in4it
WAITING = "waiting"  # waits for the customer
CLOSED = "closed"

MOVES = {
    OPEN: frozenset({WAITING, CLOSED}),
    WAITING: frozenset({OPEN, CLOSED}),
    CLOSED: frozenset({OPEN, WAITING}),
}
