"""Two people on one ticket at the same moment: nobody's text is lost."""

from pathlib import Path

from tests.at_once import run

PROGRAM = Path(__file__).with_name("two_writers.py")


def test_of_two_who_change_a_ticket_at_once_the_second_acts_on_what_the_first_left(empty_database):
    assert run(PROGRAM, empty_database) == {
        "close, reply": {
            "refused": "",
            "state": "open",
            "steps": [["open", "closed"], ["closed", "open"]],
            "said": ["Bob writes."],
            "assignee": "",
        },
        "answer, answer": {
            "refused": "",
            "state": "waiting",
            "steps": [["open", "waiting"]],
            "said": ["Erin writes.", "Emma writes."],
            "assignee": "Erin",
        },
        "answer, reply": {
            "refused": "",
            "state": "open",
            "steps": [["open", "waiting"], ["waiting", "open"]],
            "said": ["Erin writes.", "Bob writes."],
            "assignee": "Erin",
        },
        "reply, close": {
            "refused": "",
            "state": "closed",
            "steps": [["open", "closed"]],
            "said": ["Bob writes."],
            "assignee": "",
        },
        "close, close": {
            "refused": "",
            "state": "closed",
            "steps": [["open", "closed"]],
            "said": [],
            "assignee": "",
        },
    }
