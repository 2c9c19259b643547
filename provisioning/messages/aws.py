"""What AWS's refusals mean, and what the portal wanted of AWS."""

from django.utils.translation import gettext_lazy as _

from portal.core import sentences

sentences.register(
    {
        # %(operation)s is one of "aws.to.…", which follow "the portal tried to".
        "aws.access_denied": _(
            "AWS does not allow the portal to %(operation)s. Give the portal's role, or the user of its "
            "access key, the permissions of the newest role template, then try again."
        ),
        "aws.wrong_external_id": _(
            "AWS does not let the portal use the role. Either the role does not exist, or it does not trust "
            "the portal's account, or its ExternalId differs from the one shown here. Create the role again "
            "from the template, then test the connection."
        ),
        "aws.expired_or_wrong_keys": _(
            "AWS does not accept the credentials with which the portal tried to %(operation)s. If they are "
            "an access key, it is wrong, expired or switched off: enter a valid one. If they are a role, "
            "check that the region is switched on in this account."
        ),
        "aws.not_activated": _(
            "AWS could not %(operation)s, because this account, or this region in it, is not activated. "
            "Switch it on in the AWS console, then try again."
        ),
        "aws.clock": _(
            "AWS did not accept the request to %(operation)s, because the portal's clock is wrong. Work in "
            "the background goes on by itself once it is right; if this stays, open a ticket."
        ),
        "aws.throttled": _(
            "AWS asked the portal to slow down while it tried to %(operation)s. Try again in a minute; work "
            "in the background goes on by itself."
        ),
        "aws.not_found": _(
            "AWS could not %(operation)s, because something it needs does not exist (any more). Check that "
            "it was not removed outside the portal."
        ),
        "aws.unreachable": _(
            "AWS could not be reached to %(operation)s. Try again in a minute; work in the background goes "
            "on by itself."
        ),
        "aws.limit_exceeded": _(
            "AWS could not %(operation)s, because a limit of this account is reached. Ask AWS for a higher "
            "limit or remove what is not used, then try again."
        ),
        "aws.conflict": _(
            "AWS could not %(operation)s, because it is in use, or another change is under way. Wait until "
            "that is finished, then try again."
        ),
        "aws.not_yet": _(
            "AWS cannot %(operation)s yet, because something that it needs is still being prepared, changed "
            "or removed. Try again in a minute; work in the background goes on by itself."
        ),
        "aws.token_used": _("AWS was asked to %(operation)s before, by the same request. Wait until that is finished."),
        "aws.already_exists": _(
            "AWS could not %(operation)s, because something of that name exists already. Choose another "
            "name, or remove what is there."
        ),
        "aws.protected": _(
            "AWS could not %(operation)s, because it is protected against deletion. Switch the protection "
            "off, then try again."
        ),
        "aws.refused": _("AWS refused to %(operation)s. In its own words: %(words)s"),
        "aws.invalid": _("AWS did not accept the request to %(operation)s. Check the values that were entered."),
        "aws.aws_internal": _(
            "AWS had a fault of its own while the portal tried to %(operation)s. Try again in a minute; work "
            "in the background goes on by itself."
        ),
        # What no kind of refusal says.
        "aws.stack_state": _(
            "The environment cannot be changed now, because its stack is in state %(state)s. Wait until a "
            "running change is finished; clean up a failed creation before you try again."
        ),
        "aws.service_unseen": _("The cluster has just made the service, but does not show it yet."),
        "aws.service_draining": _("The old %(service)s is still being removed. Try again in a few minutes."),
        "aws.target_group_elsewhere": _(
            "A target group named %(name)s exists already in another network of this account. Remove it, or "
            "give the service another name."
        ),
        "aws.own_account": _(
            "Account %(account)s is in4it's own and cannot be a customer's. Enter the number of your own AWS account."
        ),
        # The test of a connection.
        "access.enters": _("The portal can enter account %(account)s."),
        "access.other_account": _(
            "This access belongs to account %(account)s, not to %(expected)s. Correct the account number, or "
            "enter the role or key of the right account."
        ),
        "access.may": _("The portal may %(operation)s."),
        "access.root": _(
            "This key belongs to the account's root user, who may do everything. A role is safer: use one."
        ),
        "access.changes_unknown": _(
            "Whether the portal may make changes is not known: the access may not look at its own rights."
        ),
        "access.changes_missing": _(
            "The portal may not make all changes it needs; missing: %(actions)s. Update the role with the "
            "newest template."
        ),
        "access.changes": _("The portal may make the changes it needs."),
        # What is tested, one word or two.
        "access.on.access": _("Access"),
        "access.on.changes": _("Changes"),
        "access.on.environments": _("Environments"),
        "access.on.network": _("Network"),
        "access.on.clusters": _("Clusters"),
        "access.on.load_balancers": _("Load balancers"),
        "access.on.images": _("Images"),
        "access.on.logs": _("Logs"),
        "access.on.hosts": _("Hosts"),
        # What the portal wants of AWS.
        "aws.to.change_the_number_of_tasks": _("change the number of tasks"),
        "aws.to.change_the_protection_of_the_environment_against_deletion": _(
            "change the protection of the environment against deletion"
        ),
        "aws.to.change_which_tasks_are_protected_from_being_stopped": _(
            "change which tasks are protected from being stopped"
        ),
        "aws.to.create_what_was_planned": _("create what was planned"),
        "aws.to.delete_the_environment": _("delete the environment"),
        "aws.to.describe_the_new_version_to_the_cluster": _("describe the new version to the cluster"),
        "aws.to.enter_this_account": _("enter this account"),
        "aws.to.go_on_taking_the_last_change_back": _("go on taking the last change back"),
        "aws.to.list_the_pushed_images": _("list the pushed images"),
        "aws.to.list_the_resources_of_the_environment": _("list the resources of the environment"),
        "aws.to.list_the_tasks_of_the_service": _("list the tasks of the service"),
        "aws.to.look_at_its_own_rights": _("look at its own rights"),
        "aws.to.look_for_the_image": _("look for the image"),
        "aws.to.look_for_the_target_groups": _("look for the target groups"),
        "aws.to.look_for_the_task_definition": _("look for the task definition"),
        "aws.to.make_the_image_repository": _("make the image repository"),
        "aws.to.make_the_service": _("make the service"),
        "aws.to.plan_the_environment": _("plan the environment"),
        "aws.to.prepare_the_load_balancer": _("prepare the load balancer"),
        "aws.to.prepare_the_load_balancer_for_the_service": _("prepare the load balancer for the service"),
        "aws.to.put_the_routes_of_the_load_balancer_in_their_order": _(
            "put the routes of the load balancer in their order"
        ),
        "aws.to.read_clusters": _("read clusters"),
        "aws.to.read_groups_of_hosts": _("read groups of hosts"),
        "aws.to.read_how_the_rollouts_go": _("read how the rollouts go"),
        "aws.to.read_image_repositories": _("read image repositories"),
        "aws.to.read_load_balancers": _("read load balancers"),
        "aws.to.read_log_groups": _("read log groups"),
        "aws.to.read_networks": _("read networks"),
        "aws.to.read_stacks": _("read stacks"),
        "aws.to.read_the_health_of_the_service": _("read the health of the service"),
        "aws.to.read_the_log_of_the_task": _("read the log of the task"),
        "aws.to.read_the_plan_of_the_environment": _("read the plan of the environment"),
        "aws.to.read_the_rules_of_the_load_balancer": _("read the rules of the load balancer"),
        "aws.to.read_the_state_of_the_environment": _("read the state of the environment"),
        "aws.to.read_the_state_of_the_services": _("read the state of the services"),
        "aws.to.read_the_state_of_the_tasks": _("read the state of the tasks"),
        "aws.to.read_what_happened_to_the_environment": _("read what happened to the environment"),
        "aws.to.read_what_the_images_consist_of": _("read what the images consist of"),
        "aws.to.remove_the_route_to_the_service": _("remove the route to the service"),
        "aws.to.remove_the_service": _("remove the service"),
        "aws.to.remove_the_service_from_the_load_balancer": _("remove the service from the load balancer"),
        "aws.to.roll_out_the_new_version": _("roll out the new version"),
        "aws.to.route_requests_to_the_service": _("route requests to the service"),
        "aws.to.stop_the_rollout": _("stop the rollout"),
        "aws.to.take_the_change_back": _("take the change back"),
        "aws.to.throw_the_plan_away": _("throw the plan away"),
        "aws.to.use_the_role_in_this_account": _("use the role in this account"),
    }
)
