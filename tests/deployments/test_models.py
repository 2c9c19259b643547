"""What the tables of this app leave on those of the apps below."""

from django.apps import apps


def test_apps_below_are_given_no_reverse_relation():
    ours = apps.get_app_config("deployments").get_models()
    upwards = [
        f"{field.related_model.__name__}.{field.remote_field.get_accessor_name()}"
        for model in ours
        for field in model._meta.concrete_fields
        if field.is_relation and field.related_model._meta.app_label != "deployments" and not field.remote_field.hidden
    ]

    assert upwards == []
