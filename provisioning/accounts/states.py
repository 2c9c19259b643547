"""The states of an AWS account's connection and the moves between them."""

UNTESTED = "untested"  # just connected, or changed since the last test
CONNECTED = "connected"
FAILING = "failing"

MOVES: dict[str, frozenset[str]] = {
    UNTESTED: frozenset({CONNECTED, FAILING}),
    # A test that ends as the one before is a move as well: it has its step, and counts only for what was tested.
    CONNECTED: frozenset({UNTESTED, CONNECTED, FAILING}),
    FAILING: frozenset({UNTESTED, CONNECTED, FAILING}),
}
