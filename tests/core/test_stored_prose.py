"""No column holds prose of ours: what people read about a row is a sentence as data."""

from django.apps import apps
from django.db import models

from portal.core.encryption import EncryptedTextField
from portal.core.sentence_field import SentenceField

OURS = {"core", "accounts", "provisioning", "deployments", "billing", "support"}
# Columns of text that are read and are no sentences of ours. Names, codes and addresses are short; those are not asked.
ASKED_FROM = 200  # characters
PERSONS = {  # what a person typed, shown as it was typed
    "support.message.body",
    "support.internalnote.body",
    "support.ticket.subject",
    "deployments.deployment.note",
    "deployments.configurationsave.reason",
}
NAMES = {  # names and addresses, ours and AWS's
    "core.auditevent.actor_name",
    "core.auditevent.target_name",
    "core.step.actor_name",
    "core.lock.name",
    "core.outgoing.about_name",
    "accounts.customer.legal_name",
    "accounts.customer.street",
    "provisioning.environment.consul_url",
    "provisioning.stack.stack_id",
    "provisioning.stackresource.logical_id",
    "provisioning.stackresource.physical_id",
    "provisioning.stackchange.change_set_id",
    "deployments.application.repository_url",
    "deployments.service.host",
    "deployments.service.health_path",
    "deployments.service.health_command",
    "deployments.repository.uri",
    "deployments.placement.target_group_arn",
    "deployments.placement.rule_arn",
    "deployments.placement.ecs_service_name",
    "deployments.placement.task_definition_arn",
    "deployments.deployment.previous_task_definition_arn",
    "deployments.deployment.task_definition_arn",
    "deployments.deployment.service_deployment_before",
    "deployments.deployment.service_deployment",
    "deployments.configurationchange.key",
    "deployments.secretkey.key",
    "deployments.stoppedtask.task_arn",
}
AWSS = {  # AWS's own words: explained when they are shown, and for engineers
    "deployments.stoppedtask.stopped_reason",
    "deployments.stoppedtask.container_reason",
    "provisioning.stackresource.status_reason",
}
FOR_ENGINEERS = {
    "provisioning.stackchange.traceback",
    "deployments.deployment.traceback",
    "deployments.repository.traceback",
}
FROZEN = {  # of an issued document, which stays in its own language
    "billing.invoice.vat_note",
    "billing.charge.description",
}
TEMPLATES = {"provisioning.stackresource.purpose"}  # from the stack's template, and known by its logical id


def _texts() -> set[str]:
    """Columns that could hold prose."""
    return {
        f"{model._meta.label_lower}.{field.name}"
        for model in apps.get_models()
        if model._meta.app_label in OURS
        for field in model._meta.concrete_fields
        if isinstance(field, (models.CharField, models.TextField))
        and not isinstance(field, (SentenceField, EncryptedTextField, models.EmailField))
        and (field.max_length or ASKED_FROM) >= ASKED_FROM
    }


def test_every_long_text_is_a_sentence_or_somebody_elses():
    known = PERSONS | NAMES | AWSS | FOR_ENGINEERS | FROZEN | TEMPLATES

    assert _texts() == known


def test_these_are_sentences():
    found = {
        f"{model._meta.label_lower}.{field.name}"
        for model in apps.get_models()
        for field in model._meta.concrete_fields
        if isinstance(field, SentenceField)
    }

    assert found == {
        "core.step.reason",
        "core.outgoing.problem",
        "provisioning.environment.reason",
        "provisioning.stackchange.reason",
        "provisioning.stackchange.problem",
        "provisioning.stackchange.advice",
        "deployments.deployment.reason",
        "deployments.deployment.problem",
        "deployments.deployment.cause",
        "deployments.repository.reason",
        "deployments.repository.problem",
    }
