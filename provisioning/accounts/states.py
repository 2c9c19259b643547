"""The states of an AWS account's connection and the moves between them."""

UNTESTED = "untested"  # just connected, or changed since the last test
CONNECTED = "connected"
FAILING = "failing"

MOVES: dict[str, frozenset[str]] = {
    UNTESTED: frozenset({CONNECTED, FAILING}),
    CONNECTED: frozenset({UNTESTED, FAILING}),
    FAILING: frozenset({UNTESTED, CONNECTED}),
}
