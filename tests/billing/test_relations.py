import pytest
from django.apps import apps

RELATIONS = [
    pytest.param(field.remote_field, id=str(field))
    for model in apps.get_app_config("billing").get_models()
    for field in model._meta.fields
    if field.is_relation and field.related_model._meta.app_label != "billing"
]


@pytest.mark.parametrize("relation", RELATIONS)
def test_rows_of_other_apps_have_no_way_back_to_billing(relation):
    assert relation.hidden
