"""The states of an invoice. Partly paid, overdue and credited are derived, not states."""

DRAFT = "draft"  # no number; may be deleted
ISSUED = "issued"  # numbered; never changes again
SENT = "sent"
PAID = "paid"

MOVES: dict[str, frozenset[str]] = {
    DRAFT: frozenset({ISSUED}),
    ISSUED: frozenset({SENT, PAID}),
    SENT: frozenset({PAID}),
}
NUMBERED = frozenset({ISSUED, SENT, PAID})
