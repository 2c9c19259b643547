"""Why tasks did not start, stopped, or do not stay up."""

from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext_lazy

from portal.core import sentences

sentences.register(
    {
        # Of a task that did not start, or was taken away.
        "tasks.other_processor": _(
            "Its image was built for another kind of processor than the hosts have: build it for "
            "linux/amd64, push it, then deploy that."
        ),
        "tasks.attestation": _(
            "What was chosen is no program but a note about one (an attestation): choose another image."
        ),
        "tasks.disk_full": _(
            "The disk of its host is full, so the image could not be stored there. Deploy again; if it stays "
            "so, open a ticket."
        ),
        "tasks.registry_slows": _(
            "The registry asked its host to wait before it fetches more images. That is not your image: deploy again."
        ),
        "tasks.fetch_slow": _("The image could not be fetched in time. That is not your image: deploy again."),
        "tasks.registry_unreached": _(
            "Its host does not reach the registry, so the image could not be fetched. That is not your "
            "image: deploy again."
        ),
        "tasks.secret_unread": _("A secret it needs could not be read: check that it exists and may be read."),
        "tasks.fetch_denied": _(
            "Its hosts may not read the image. Check the policy of its repository; if it stays so, open a ticket."
        ),
        "tasks.image_gone": _(
            "Its image could not be fetched, because it is not in the repository any more. Push it again, "
            "then deploy that."
        ),
        "tasks.fetch_failed": _("Its image could not be fetched. Deploy again; if that does not help, push it again."),
        "tasks.start_unreached": _(
            "Its host could not get what it needs to start it. That is not your image: deploy again."
        ),
        "tasks.log_unopened": _(
            "Its log could not be opened at AWS. That is not your image: deploy again. If it stays so, open a ticket."
        ),
        "tasks.port_taken": _("A port that it asks for is taken on its host. That is not your image: deploy again."),
        "tasks.not_executable": _(
            "The file that it starts with may not be executed: set its execute permission in the image "
            "(chmod +x), push it, then deploy that."
        ),
        "tasks.command_missing": _(
            "The command that it starts with is not in its image: correct CMD or ENTRYPOINT, or add the file "
            "(and the program that its first line names), push it, then deploy that."
        ),
        "tasks.no_command": _(
            "Its image does not say which command to start: give it a CMD or an ENTRYPOINT, push it, then deploy that."
        ),
        "tasks.host_busy": _("Its host was too busy to start it in time. That is not your image: deploy again."),
        "tasks.host_taken": _("Its host was taken away by AWS. That is not your image: deploy again."),
        "tasks.host_disconnected": _(
            "Its host lost its connection to the cluster. That is not your image: deploy again."
        ),
        # Of a task for which no host was found.
        "placement.agent_disconnected": _(
            "The host lost its connection to the cluster. That is not your image: deploy again in a few "
            "minutes. If it stays so, open a ticket."
        ),
        "placement.no_such_host": _(
            "No host of the environment is of the kind it needs. That is not your image: open a ticket."
        ),
        "placement.no_host": _(
            "The environment has no host at all. Wait until its hosts have joined, then deploy again."
        ),
        "placement.port_taken_everywhere": _(
            "A port that it asks for is taken on each host. Make the environment larger, or deploy again."
        ),
        "placement.no_room": _("The hosts have no room for it: make it smaller or the environment larger."),
        "placement.alarm": _(
            "An alarm that watches the rollout went off. Look at the alarm in CloudWatch, then deploy again."
        ),
        # What a release did that does not come up.
        "tasks.not_started": _("It could not be started. Deploy again; if it stays so, open a ticket."),
        "tasks.not_healthy": _("Its tasks did not become healthy."),
        "tasks.out_of_memory": _(
            "It ran out of memory: it may use %(memory)d MiB. Give it more, or find what uses it."
        ),
        "tasks.own_check_fails": _("The health check of its own container fails."),
        "tasks.exits_well": _("It exits at once with code 0: a service must keep running."),
        "tasks.exits_not_executable": _(
            "It exits at once with code 126: a file that its start command names may not be executed. Its "
            "last log lines may say more."
        ),
        "tasks.exits_command_missing": _(
            "It exits at once with code 127: a command that it starts with is not in its image. Its last log "
            "lines may say more."
        ),
        "tasks.exits_crashed": _(
            "It exits at once with code 139: it crashed while it used memory that is not its own. Its last "
            "log lines may say more."
        ),
        "tasks.exits": _("It exits at once with code %(exit_code)d: its last log lines say more."),
        # Its health path.
        "health.answers": _("Its health path %(path)s answers %(status)s."),
        "health.silent": _("Its health path %(path)s does not answer."),
        "health.silent_within": _("Its health path %(path)s did not answer within %(seconds)d s of its start."),
        "health.silent_on_port": _("Its health path %(path)s does not answer on port %(port)d."),
        "health.silent_on_port_within": _(
            "Its health path %(path)s did not answer on port %(port)d within %(seconds)d s of its start."
        ),
        # A release that had come up and does not stay up.
        "restarts.out_of_memory": _(
            "It restarts again and again: it runs out of memory, of which it may use %(memory)d MiB. Give it "
            "more, or find what uses it."
        ),
        "restarts.answers": _("It restarts again and again: its health path %(path)s answers %(status)s."),
        "restarts.silent": _("It restarts again and again: its health path %(path)s stops answering."),
        "restarts.not_started": _("It restarts again and again: its tasks cannot be started. %(cause)s"),
        "restarts.exits_well": _("It restarts again and again: it exits with code 0. A service must keep running."),
        "restarts.exits": _(
            "It restarts again and again: it exits with code %(exit_code)d. Its last log lines say more."
        ),
        "restarts.no_reason": _("It restarts again and again: its tasks stop, and AWS does not say why."),
        "restarts.often": ngettext_lazy(
            "%(why)s %(count)d of its tasks has stopped since it was deployed.",
            "%(why)s %(count)d of its tasks have stopped since it was deployed.",
            "count",
        ),
        # One stopped task, in the list of them.
        "stopped.out_of_memory": _("It ran out of memory."),
        "stopped.load_balancer": _("The health check of the load balancer failed."),
        "stopped.own_check": _("The health check of its own container failed."),
        "stopped.exited": _("Its program ended with code %(exit_code)d."),
        "stopped.not_wanted": _("It was no longer wanted."),
        "stopped.no_reason": _("AWS gives no plainer reason."),
    }
)
