"""The states of an image repository and the moves between them.

What AWS refuses ends nothing: it is asked again, and the sentence is on the row.
"""

WANTED = "wanted"
READY = "ready"
ERRORED = "errored"  # ours: a bug

MOVES: dict[str, frozenset[str]] = {
    WANTED: frozenset({READY, ERRORED}),
    ERRORED: frozenset({WANTED}),
}
ACTIVE = frozenset({WANTED})
