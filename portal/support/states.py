"""The states of a ticket."""

OPEN = "open"  # waits for in4it
WAITING = "waiting"  # waits for the customer
CLOSED = "closed"
