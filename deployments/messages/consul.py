"""What Consul refuses, and why it does not answer."""

from django.utils.translation import gettext_lazy as _

from portal.core import sentences

sentences.register(
    {
        # Of a save.
        "consul.overtaken": _(
            "Someone else changed %(keys)s since you opened this page, so nothing was saved. Compare their "
            "values with yours and save again."
        ),
        "consul.may_not_change": _(
            "Consul does not allow the portal to change keys under %(prefix)s. Nothing was saved."
        ),
        "consul.too_many": _(
            "These are too many changes at once: a save holds %(most)d steps, and these need %(needed)d (a "
            "deletion counts twice). Save a part of them first."
        ),
        "consul.value_too_large": _("The value of %(key)s is too large: %(size)s bytes, and Consul holds %(most)s."),
        "consul.too_large": _(
            "These changes are too large to save together: %(size)s bytes as sent, and Consul takes "
            "%(most)s. Save a part of them first, or keep large files out of Consul."
        ),
        "consul.larger_than_it_takes": _("These changes are larger than this Consul takes at once. Nothing was saved."),
        "consul.reload": _("Reload the page to see whether your change was saved."),
        "configuration.never_arrived": _("The save was cut off before it reached Consul."),
        # Of Consul itself.
        "consul.too_slow": _("Consul at %(url)s did not answer in time."),
        "consul.unreached": _("Consul at %(url)s cannot be reached."),
        "consul.refuses": _("Consul at %(url)s refuses the portal: its token is unknown or lacks the right."),
        "consul.no_leader": _(
            "Consul at %(url)s has no leader at the moment: nothing can be saved until its servers have chosen one."
        ),
        "consul.trouble": _("Consul at %(url)s has trouble of its own (%(words)s)."),
        "consul.other": _("Consul at %(url)s gave an answer that is not Consul's: check the address."),
    }
)
