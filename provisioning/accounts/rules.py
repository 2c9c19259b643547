"""What makes the data of an AWS account valid."""

import re
from dataclasses import dataclass, replace

from django.utils.translation import gettext as _

from portal.core.errors import Invalid
from portal.core.rules import Problems, refuse_wrong_types
from provisioning.models import AwsAccount
from provisioning.sessions import own_account

NAME_LENGTH, KEY_LENGTH = 60, 128
ROLE_NAME = "in4it-portal"
_NUMBER = re.compile(r"[0-9]{12}")
_ROLE_NAME = re.compile(r"[A-Za-z0-9-]{3,64}")


@dataclass(frozen=True)
class AccountData:
    """What somebody enters about an AWS account. An empty secret access key keeps the one that is stored."""

    name: str
    account_id: str
    access: str = AwsAccount.Access.ROLE
    role_name: str = ROLE_NAME
    access_key_id: str = ""
    secret_access_key: str = ""


class OwnAccount(Invalid):
    """The account is in4it's own: whoever connects it would act as the portal."""

    code = "own_account"


def normal(data: AccountData) -> AccountData:
    """The number without the dashes and spaces that people copy with it, and the usual role where none is named."""
    number = re.sub(r"[\s-]", "", data.account_id)
    return replace(data, account_id=number, role_name=data.role_name or ROLE_NAME)


def problems_of(data: AccountData, *, has_secret: bool) -> Problems:
    """What is wrong with the data, by field; `has_secret`: whether a secret access key is stored."""
    problems = Problems()
    problems.text("name", data.name, most=NAME_LENGTH)
    problems.text("account_id", data.account_id, most=KEY_LENGTH)
    problems.shape("account_id", data.account_id, _NUMBER, _("An AWS account number has 12 digits."))
    problems.choice("access", data.access, AwsAccount.Access.values)
    problems.shape("role_name", data.role_name, _ROLE_NAME, _("Use 3 to 64 letters, digits and dashes."))
    problems.text("access_key_id", data.access_key_id, most=KEY_LENGTH, required=False)
    problems.text("secret_access_key", data.secret_access_key, most=KEY_LENGTH, required=False)
    if data.access == AwsAccount.Access.KEY:
        _check_key(problems, data, has_secret)
    return problems


def checked(data: AccountData, *, has_secret: bool) -> AccountData:
    """The data as it is stored. Raises Invalid for what is wrong, OwnAccount for in4it's."""
    refuse_wrong_types(data)
    data = normal(data)
    problems_of(data, has_secret=has_secret).refuse()
    if refusal := own_account(data.account_id):
        raise OwnAccount({"account_id": str(refusal)})
    return data


def _check_key(problems: Problems, data: AccountData, has_secret: bool) -> None:
    if not data.access_key_id:
        problems.add("access_key_id", _("Enter the access key ID."))
    if not data.secret_access_key and not has_secret:
        problems.add("secret_access_key", _("Enter the secret access key."))
