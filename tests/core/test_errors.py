"""Expected failures that no view catches."""

import json

import pytest
from django.test import RequestFactory

from portal.core.errors import Busy, IllegalMove, Invalid, LostRace, UserError, UserErrorMiddleware


@pytest.fixture
def middleware():
    return UserErrorMiddleware(lambda request: None)


def request(**headers: str):
    made = RequestFactory().get("/", headers=headers)
    made.user = None
    return made


def test_people_read_the_sentence(middleware):
    response = middleware.process_exception(request(), UserError("The region is closed. Choose another.", status=422))

    assert response.status_code == 422
    assert "The region is closed. Choose another." in response.content.decode()


def test_programs_read_problem_details(middleware):
    error = UserError("The region is closed.", code="region_closed")

    response = middleware.process_exception(request(Accept="application/json"), error)

    assert response["Content-Type"] == "application/problem+json"
    assert json.loads(response.content) == {
        "type": "/problems/region_closed",
        "title": "Conflict",
        "detail": "The region is closed.",
        "status": 409,
        "code": "region_closed",
    }


def test_programs_read_which_fields_are_wrong(middleware):
    error = Invalid({"name": "This field is required.", "": "Choose a role or a key."})

    response = middleware.process_exception(request(Accept="application/json"), error)

    assert response.status_code == 422
    said = json.loads(response.content)
    assert (said["title"], said["detail"]) == (
        "Unprocessable Entity",
        "This field is required. Choose a role or a key.",
    )
    assert said["errors"] == [
        {"field": "name", "detail": "This field is required."},
        {"field": "", "detail": "Choose a role or a key."},
    ]


@pytest.mark.parametrize(("kind", "code"), [(Busy, "busy"), (IllegalMove, "illegal_move"), (LostRace, "lost_race")])
def test_each_kind_has_a_code_and_is_a_conflict(kind, code):
    error = kind("No.")

    assert (error.code, error.status, str(error)) == (code, 409, "No.")


def test_bugs_are_left_to_django(middleware):
    assert middleware.process_exception(request(), KeyError("VpcId")) is None
