"""The watch of a cluster: one row an environment, whose turns are looks at all of its rollouts."""

from deployments.models import ClusterWatch


def watch_of(environment_id: int) -> ClusterWatch:
    """The environment's watch, made when it is first needed; `wake()` sends its next look."""
    return ClusterWatch.objects.get_or_create(environment_id=environment_id)[0]
