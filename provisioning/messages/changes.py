"""What becomes of stacks, and why."""

from django.utils.translation import gettext_lazy as _

from portal.core import sentences

sentences.register(
    {
        # Of a resource: %(words)s are AWS's own.
        "stack.resource_not_made": _("The %(kind)s (%(name)s) could not be made: %(words)s"),
        "stack.resource_not_changed": _("The %(kind)s (%(name)s) could not be changed: %(words)s"),
        "stack.resource_not_deleted": _("The %(kind)s (%(name)s) could not be deleted: %(words)s"),
        "stack.no_reason": _("AWS gives no reason."),
        "stack.still_used": _("something still uses it."),
        # Of a stack as a whole.
        "stack.not_planned": _("AWS could not plan the environment: %(words)s"),
        "stack.not_made": _("AWS could not make the environment: %(words)s"),
        "stack.not_changed": _("AWS could not change the environment: %(words)s"),
        "stack.not_taken_back": _("AWS could not take the change back: %(words)s"),
        "stack.not_deleted": _("AWS could not delete the environment: %(words)s"),
        "stack.half_changed": _("The stack of the environment was left half changed: %(words)s"),
        "stack.gone_before_change": _(
            "The stack of the environment was removed outside the portal before it could be changed."
        ),
        "stack.gone_meanwhile": _(
            "The stack of the environment was removed outside the portal while AWS worked on it."
        ),
        "stack.gone_while_taken_back": _(
            "The stack of the environment was removed outside the portal while AWS took a change back."
        ),
        "stack.overtaken": _(
            "The stack was changed outside the portal after this plan was made, so AWS does not carry it out any more."
        ),
        "stack.foreign": _(
            "The account holds a stack named %(stack)s already, and the portal did not make it for this environment."
        ),
        # What is no failure.
        "stack.nothing_to_change": _("There was nothing to change: the stack is as it should be already."),
        "stack.had_begun": _("AWS had begun to make it already; that goes on."),
        "stack.was_faster": _("AWS had finished the change before it could be taken back."),
        "stack.taken_back_for": _("%(by)s asked for the change to be taken back."),
        # What to do about it.
        "advice.throttled": _(
            "AWS was asked too much at once. Nothing is wrong with your environment: try again in a few minutes."
        ),
        "advice.limit": _(
            "A limit of your AWS account is reached. Ask AWS for a higher limit (Service Quotas), or remove "
            "what is not used any more. Then try again."
        ),
        "advice.not_allowed": _(
            "The portal may not do this in your account. Update the role with the newest template, test the "
            "connection of the AWS account, then try again."
        ),
        "advice.name_taken": _(
            "Something with this name exists in the account already. Remove or rename it, then try again."
        ),
        "advice.no_capacity": _(
            "AWS has no hosts of this size free in this region now. Try again later, or choose another size."
        ),
        "advice.still_used": _(
            "Something that was made outside the portal still uses it. Remove that first, then try again."
        ),
        "advice.slow": _("AWS took too long. That is usually passing: try again."),
        "advice.vanished": _(
            "Something that this needs was removed while AWS worked on it. Make sure that nobody changes "
            "these resources outside the portal, then try again."
        ),
        "advice.ask_us": _("Try again. If it fails once more, open a ticket: our engineers see the details."),
        "advice.try_again": _("Try again."),
        "advice.plan_again": _("Make a new plan."),
        "advice.remove_foreign": _(
            "Remove that stack and try again, or delete this environment and make it under another name."
        ),
    }
)
