"""The states of a ticket. Who writes moves it: a reply gives the turn to the other side, also after closing."""

OPEN = "open"  # waits for in4it
WAITING = "waiting"  # waits for the customer
CLOSED = "closed"

CHOICES = [(OPEN, "Waits for in4it"), (WAITING, "Waits for you"), (CLOSED, "Closed")]
STAFF_CHOICES = [(OPEN, "Waits for us"), (WAITING, "Waits for the customer"), (CLOSED, "Closed")]
