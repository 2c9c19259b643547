"""The states of an environment and the moves between them."""

DRAFT = "draft"  # just made; a plan is wanted
PLANNING = "planning"  # AWS works the plan out
PLANNED = "planned"  # the plan waits for approval
CREATING = "creating"
READY = "ready"
FAILED = "failed"  # theirs: AWS refused something; can be retried or cleaned up
ERRORED = "errored"  # ours: a bug
DELETING = "deleting"
DELETE_FAILED = "delete_failed"
DELETED = "deleted"

MOVES: dict[str, frozenset[str]] = {
    DRAFT: frozenset({PLANNING, ERRORED}),
    # Straight to CREATING when the plan was executed already, and a worker's death hid that from us.
    PLANNING: frozenset({PLANNED, CREATING, FAILED, ERRORED, DELETING}),
    PLANNED: frozenset({CREATING, PLANNING, DELETING}),
    CREATING: frozenset({READY, FAILED, ERRORED}),
    READY: frozenset({DELETING}),
    FAILED: frozenset({PLANNING, DELETING}),
    ERRORED: frozenset({PLANNING, DELETING}),
    DELETING: frozenset({DELETED, DELETE_FAILED, ERRORED}),
    DELETE_FAILED: frozenset({DELETING}),
}
ACTIVE = frozenset({DRAFT, PLANNING, CREATING, DELETING})
DELETABLE = frozenset(state for state, moves in MOVES.items() if DELETING in moves)
RETRYABLE = frozenset({PLANNED, FAILED, ERRORED})
STUCK = frozenset({FAILED, ERRORED})
LIVE = frozenset({READY})
GONE = frozenset({DELETED})
NEED_SOMEBODY = frozenset({PLANNED, FAILED, ERRORED, DELETE_FAILED})
AWAY = frozenset({DELETING, DELETE_FAILED, DELETED})
