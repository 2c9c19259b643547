"""The states of a deployment and the moves between them."""

QUEUED = "queued"
PREPARING = "preparing"  # image, target group, rule, task definition and ECS service are ensured
ROLLING = "rolling"  # ECS replaces tasks; the cluster's watcher looks
ROLLING_BACK = "rolling_back"  # the old release comes back: by ECS's circuit breaker, our deadline, or a cancel
SUCCEEDED = "succeeded"
ROLLED_BACK = "rolled_back"  # theirs: the release did not become healthy; the earlier one serves
FAILED = "failed"  # theirs: could not start, or nothing to roll back to (a first deployment): nothing serves
CANCELED = "canceled"
ERRORED = "errored"  # ours: a bug

MOVES: dict[str, frozenset[str]] = {
    QUEUED: frozenset({PREPARING, CANCELED, FAILED, ERRORED}),
    PREPARING: frozenset({ROLLING, FAILED, CANCELED, ERRORED}),
    ROLLING: frozenset({SUCCEEDED, ROLLING_BACK, ROLLED_BACK, FAILED, ERRORED}),
    ROLLING_BACK: frozenset({ROLLED_BACK, CANCELED, FAILED, ERRORED}),
    SUCCEEDED: frozenset({ROLLING_BACK}),  # while it is still watched: its tasks stop again and again
}
ACTIVE = frozenset({QUEUED, PREPARING, ROLLING, ROLLING_BACK})
WAITING = frozenset({QUEUED, PREPARING})  # prepared by the watcher of the cluster
WATCHED = frozenset({ROLLING, ROLLING_BACK})  # looked at by it
ENDED = frozenset({SUCCEEDED, ROLLED_BACK, FAILED, CANCELED, ERRORED})
ENDED_BADLY = ENDED - {SUCCEEDED, CANCELED}  # what somebody has to look at
REPEATABLE = ENDED - {SUCCEEDED}  # what can be tried again
CANCELABLE = frozenset({QUEUED, PREPARING, ROLLING})
