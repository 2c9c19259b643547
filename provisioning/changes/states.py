"""The states of a change of a stack and the moves between them, and what follows from them for the environment."""

from provisioning import states as environment

QUEUED = "queued"  # just asked for
PLANNING = "planning"  # AWS works the plan out
PLANNED = "planned"  # the plan waits for approval
APPLYING = "applying"
ROLLING_BACK = "rolling_back"  # AWS takes an update back: it failed, or somebody asked for that
REMOVING = "removing"
DONE = "done"
ROLLED_BACK = "rolled_back"  # the stack is as it was before
FAILED = "failed"  # theirs: AWS refused something
ERRORED = "errored"  # ours: a bug
DISCARDED = "discarded"  # given up before anything was done

MOVES: dict[str, frozenset[str]] = {
    QUEUED: frozenset({PLANNING, REMOVING, DISCARDED, ERRORED}),
    # Straight to APPLYING when the plan was executed already, and a worker's death hid that from us; straight to DONE
    # when there is nothing to change.
    PLANNING: frozenset({PLANNED, APPLYING, DONE, FAILED, DISCARDED, ERRORED}),
    PLANNED: frozenset({APPLYING, DISCARDED}),
    APPLYING: frozenset({DONE, ROLLING_BACK, FAILED, ERRORED}),
    ROLLING_BACK: frozenset({ROLLED_BACK, DONE, FAILED, ERRORED}),
    REMOVING: frozenset({DONE, FAILED, ERRORED}),
}
ACTIVE = frozenset({QUEUED, PLANNING, APPLYING, ROLLING_BACK, REMOVING})
OPEN = ACTIVE | {PLANNED}  # one at a time in each stack
DISCARDABLE = frozenset(state for state, moves in MOVES.items() if DISCARDED in moves)

CREATE, UPDATE, REMOVE = "create", "update", "remove"

# To which state a change that carries its environment brings it. An update carries none: what is ready stays ready.
CARRIED: dict[tuple[str, str], str] = {
    (CREATE, PLANNING): environment.PLANNING,
    (CREATE, PLANNED): environment.PLANNED,
    (CREATE, APPLYING): environment.CREATING,
    (CREATE, DONE): environment.READY,
    (CREATE, FAILED): environment.FAILED,
    (CREATE, ERRORED): environment.ERRORED,
    (REMOVE, FAILED): environment.DELETE_FAILED,
    (REMOVE, ERRORED): environment.ERRORED,
}
