"""What becomes of deployments, and why."""

from django.utils.translation import gettext_lazy as _

from portal.core import sentences

sentences.register(
    {
        # On its way.
        "rollouts.waiting": _("Waiting for a worker."),
        "rollouts.preparing": _("Everything the release needs is made ready."),
        "rollouts.first_tasks": _("The first tasks are starting."),
        "rollouts.overlapping": _(
            "New tasks take over from old ones, which stay until the new ones have run for %(seconds)d s."
        ),
        "rollouts.taking_over": _("New tasks take over from old ones as soon as they are healthy."),
        "rollouts.serves": _("%(release)s serves with %(running)d of %(desired)d tasks."),
        # Why it does not go on.
        "rollouts.canceled": _("Cancelled by %(by)s."),
        "rollouts.canceled_early": _("Cancelled by %(by)s before anything was changed."),
        "rollouts.overdue": _("It was not ready after %(minutes)d minutes. %(cause)s"),
        "rollouts.service_gone": _("Its service was removed from the cluster outside the portal."),
        "rollouts.service_gone_early": _(
            "Its service was removed from the cluster outside the portal while it was prepared."
        ),
        "rollouts.replaced": _("Somebody started another rollout of this service outside the portal."),
        "rollouts.stuck": _("The earlier release did not become healthy again in time."),
        "rollouts.image_gone": _("The image of %(release)s is not in %(repository)s: push it again."),
        "rollouts.no_place": _(
            "The load balancer has no place left for another rule. Remove a service that is not used."
        ),
        "rollouts.routes_overtaken": _(
            "Somebody else changes the routes of the load balancer at the same time. Try again in a minute."
        ),
        "rollouts.service_unseen": _("The cluster does not show the service yet."),
        # What follows from it: %(cause)s is one of those above, or a sentence about tasks or AWS.
        "rollouts.going_back": _("%(cause)s %(release)s is coming back."),
        "rollouts.stopping": _("%(cause)s Its tasks are being stopped."),
        "rollouts.ended": _("%(cause)s %(stays)s"),
        "rollouts.rolled_back": _("%(release)s was rolled back. %(cause)s %(stays)s"),
        "rollouts.first_failed": _(
            "%(cause)s %(stays)s This was the first deployment, so there is no earlier release to go back "
            "to. Correct it, then deploy."
        ),
        "rollouts.given_up": _("%(cause)s Look at what runs, then deploy the release you want, or open a ticket."),
        "rollouts.not_followed": _("The portal could not follow this rollout. %(cause)s What runs now is not known."),
        # What runs then.
        "rollouts.stays": _("%(release)s serves as before."),
        "rollouts.nothing_runs": _("No task of it runs."),
        "rollouts.nothing_started": _("Nothing was started."),
    }
)
