import json
import re
from fnmatch import fnmatch

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from provisioning.aws import identity
from provisioning.stacks import _Loader

READS = {
    "cloudformation": ("describe_stacks", {"Stacks": []}),
    "ec2": ("describe_vpcs", {}),
    "ecs": ("list_clusters", {}),
    "elbv2": ("describe_load_balancers", {}),
    "ecr": ("describe_repositories", {}),
    "logs": ("describe_log_groups", {}),
    "autoscaling": ("describe_auto_scaling_groups", {"AutoScalingGroups": []}),
}
USER = "arn:aws:iam::111111111111:user/in4it"


def answer_who(answers, account: str = "111111111111") -> None:
    answers("sts").add_response("get_caller_identity", {"Account": account, "Arn": USER, "UserId": "u"})


def answer_reads(answers, refused: str = "") -> None:
    for service, (operation, said) in READS.items():
        if service == refused:
            answers(service).add_client_error(operation, "AccessDenied")
        else:
            answers(service).add_response(operation, said)


def answer_rights(answers, denied: tuple[str, ...] = ()) -> None:
    results = [
        {"EvalActionName": name, "EvalDecision": "implicitDeny" if name in denied else "allowed"}
        for name in identity.CHANGES
    ]
    answers("iam").add_response("simulate_principal_policy", {"EvaluationResults": results})


def failures(report: identity.ConnectionReport) -> dict[str, str]:
    return {str(check.name): str(check.sentence) for check in report.checks if not check.ok}


def test_a_good_connection_says_who_and_that_all_is_well(session, answers):
    answer_who(answers)
    answer_reads(answers)
    answer_rights(answers)

    report = identity.test_connection(session, "111111111111")

    assert report.ok
    assert (report.account_id, report.arn) == ("111111111111", USER)
    assert [str(check.name) for check in report.checks] == [
        "Access",
        "Environments",
        "Network",
        "Clusters",
        "Load balancers",
        "Images",
        "Logs",
        "Hosts",
        "Changes",
    ]


def test_a_key_of_another_account_is_found_out_before_anything_else_is_tried(session, answers):
    answer_who(answers, account="999999999999")

    report = identity.test_connection(session, "111111111111")

    assert failures(report) == {
        "Access": "This access belongs to account 999999999999, not to 111111111111. "
        "Correct the account number, or enter the role or key of the right account."
    }
    assert len(report.checks) == 1


def test_a_wrong_key_says_so(session, answers):
    answers("sts").add_client_error("get_caller_identity", "InvalidClientTokenId")

    report = identity.test_connection(session, "111111111111")

    assert report.account_id == ""
    assert "does not accept the credentials" in failures(report)["Access"]


def test_a_missing_right_to_read_is_named_and_the_others_are_still_tried(session, answers):
    answer_who(answers)
    answer_reads(answers, refused="ecr")
    answer_rights(answers)

    report = identity.test_connection(session, "111111111111")

    assert list(failures(report)) == ["Images"]
    assert "does not allow the portal to read image repositories" in failures(report)["Images"]


def test_missing_rights_to_change_are_named(session, answers):
    answer_who(answers)
    answer_reads(answers)
    answer_rights(answers, denied=("ec2:CreateVpc", "ecs:CreateService"))

    sentence = failures(identity.test_connection(session, "111111111111"))["Changes"]

    assert sentence == (
        "The portal may not make all changes it needs; missing: ec2:CreateVpc, ecs:CreateService. "
        "Update the role with the newest template."
    )


def test_rights_that_cannot_be_looked_at_are_said_to_be_unknown(session, answers):
    answer_who(answers)
    answer_reads(answers)
    answers("iam").add_client_error("simulate_principal_policy", "AccessDenied")

    report = identity.test_connection(session, "111111111111")

    assert report.ok
    assert "is not known" in str(report.checks[-1].sentence)


def test_external_ids_cannot_be_guessed_and_fit_the_template():
    ids = {identity.new_external_id() for _ in range(100)}

    assert len(ids) == 100
    assert all(re.fullmatch(r"in4it-[0-9a-f]{32}", each) for each in ids)


def role_resources(external_id: str = "in4it-0123456789abcdef", name: str = "acme-portal") -> dict:
    return yaml.load(identity.role_template("222222222222", external_id, name), Loader=_Loader)


def statements() -> list[dict]:
    return role_resources()["Resources"]["PortalPolicy"]["Properties"]["PolicyDocument"]["Statement"]


def granted(action: str) -> bool:
    names = [
        name
        for each in statements()
        for name in ([each["Action"]] if isinstance(each["Action"], str) else each["Action"])
    ]
    return any(fnmatch(action, name) for name in names)


def test_the_role_template_carries_the_portals_account_the_external_id_and_the_name():
    parameters = role_resources()["Parameters"]

    assert {name: each["Default"] for name, each in parameters.items()} == {
        "PortalAccountId": "222222222222",
        "ExternalId": "in4it-0123456789abcdef",
        "RoleName": "acme-portal",
    }


def test_nobody_takes_the_role_without_the_external_id():
    (statement,) = role_resources()["Resources"]["PortalRole"]["Properties"]["AssumeRolePolicyDocument"]["Statement"]

    assert statement["Condition"] == {"StringEquals": {"sts:ExternalId": "ExternalId"}}


def test_the_role_grants_every_right_that_the_connection_test_asks_for():
    assert [action for action in identity.CHANGES if not granted(action)] == []


def test_the_role_cannot_widen_its_own_rights():
    for statement in statements():
        actions = json.dumps(statement["Action"])
        assert '"*"' not in actions
        assert "iam:*" not in actions
        if "iam:" in actions:
            assert statement["Resource"] != "*", statement["Sid"]
    for escalation in ("iam:PutRolePolicy", "iam:CreatePolicyVersion", "iam:CreateUser", "iam:UpdateAssumeRolePolicy"):
        assert not granted(escalation)


def test_the_policy_is_within_what_aws_accepts():
    document = role_resources()["Resources"]["PortalPolicy"]["Properties"]["PolicyDocument"]

    assert len(re.sub(r"\s", "", json.dumps(document))) <= 6144


@given(st.text(min_size=1).filter(lambda text: not re.fullmatch(r"[A-Za-z0-9-]{3,64}", text)))
def test_nothing_that_could_change_the_templates_meaning_gets_into_it(text):
    with pytest.raises(ValueError, match="not fit for a template"):
        identity.role_template("222222222222", text, "acme-portal")
