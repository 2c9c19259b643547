"""What production demands of each required setting; development has examples, and production takes none of them."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from portal.required import SETTINGS, Required
from tests.core.test_production import PRODUCTION

# What may be true of a firm, its bank and its machine; every other example can only be one.
MAY_BE_TRUE = {"SELLER_NAME", "SELLER_LEGAL_FORM", "SELLER_COURT", "SELLER_BIC", "ALLOWED_HOSTS", "DATABASE_URL"}
CANNOT_BE_READ = "cannot be read; write # / ? @ : % in its password as %23 %2F %3F %40 %3A %25"
WRONG = {
    "SECRET_KEY": {
        "k9": "has 2 characters and needs 50; a $ outside single quotes may have cut it short",
        "0123456789" * 4
        + "012345678": "has 49 characters and needs 50; a $ outside single quotes may have cut it short",
        "abcabcabc" * 20: "has only 3 different characters and needs 10",
        "django-insecure-" + "abcdefghijklmnopqrstuvwxyz" * 2: "is an example",
    },
    "FIELD_KEYS": {
        "bad": "has a key that is none, at place 1",
        "Y2hlY2stb25seS1rZXktMDAwMDAwMDAwMDAwMDAwMDA=,": "has a key that is none, at place 2",
        "Y2hlY2stb25seS1rZXktMDAwMDAwMDAwMDAwMDAwMDA=,c2hvcnQ=": "has a key that is none, at place 2",
        "ZGV2ZWxvcG1lbnQtb25seS1rZXktMDAwMDAwMDAwMDA=": "has an example among its keys",
    },
    "PORTAL_URL": {
        "http://portal.in4it.test": "is no address that begins with https://",
        "portal.in4it.test": "is no address that begins with https://",
        "https://": "is no address that begins with https://",
        "https://portal.in4it.test:port": "is no address that begins with https://",
        "https://[portal": "is no address that begins with https://",
        "https://localhost": "is the address of this machine alone",
        "https://LOCALHOST.:8000": "is the address of this machine alone",
        "https://127.0.0.1": "is the address of this machine alone",
        "https://127.8.8.8/": "is the address of this machine alone",
        "https://[::1]:8000": "is the address of this machine alone",
        "https://0.0.0.0": "is the address of this machine alone",
        "https://portal.in4it.example": "is an example: portal.in4it.example belongs to nobody",
        "https://portal.example.com/": "is an example: portal.example.com belongs to nobody",
    },
    "DATABASE_URL": {
        "postgres": "names no database that the portal knows",
        "mongo://db/portal": "names no database that the portal knows",
        "postgres://db:port/portal": "names no database that the portal knows",
    },
    "EMAIL_URL": {
        "consolemail://": CANNOT_BE_READ,
        "smtp://me:p#w@in4it.test:25": CANNOT_BE_READ,
        "consolemail://host": "sends no mail by consolemail",
        "filemail://host/tmp/mail": "sends no mail by filemail",
        "memorymail://host": "sends no mail by memorymail",
        "dummymail://host": "sends no mail by dummymail",
        "https://mail.in4it.test": "sends no mail by https",
        "smtp+tls://user:password@mail.example.com:587": "is an example: mail.example.com belongs to nobody",
    },
    "DEFAULT_FROM_EMAIL": {
        "in4it portal": "is no mail address",
        "in4it portal <portal@>": "is no mail address",
        "in4it portal <portal@in4it.example>": "is an example: in4it.example belongs to nobody",
        "portal@example.com": "is an example: example.com belongs to nobody",
    },
    "SUPPORT_EMAIL": {
        "support": "is no mail address",
        "help@other.example": "is an example: other.example belongs to nobody",
    },
    "SELLER_EMAIL": {
        "billing@IN4IT.EXAMPLE": "is an example: IN4IT.EXAMPLE belongs to nobody",
        "@": "is no mail address",
    },
    "SUPPORT_PHONE": {
        "112": "is no telephone number",
        "call us": "is no telephone number",
        "+3220000000": "is an example",
    },
    "PORTAL_AWS_ACCOUNT_ID": {
        "0000-0000-0000": "is no AWS account number, which has 12 digits",
        "22223333444": "is no AWS account number, which has 12 digits",
        "२२२२३३३३४४४४": "is no AWS account number, which has 12 digits",
        "000000000000": "is an example",
    },
    "SELLER_ADDRESS": {"VOORBEELDSTRAAT 7, 9000 Gent": "is an example"},
    "SELLER_VAT_NUMBER": {
        "BE0222333404": "is no VAT number of the European Union",
        "0222333403": "is no VAT number of the European Union",
        "XX0222333403": "is no VAT number of the European Union",
        "BE 0123.456.749": "is an example",
    },
    "SELLER_ENTERPRISE_NUMBER": {"0123456749": "is an example"},
    "SELLER_IBAN": {
        "BE37734012345681": "is no IBAN: its check digits do not fit",
        "734012345681": "is no IBAN: its check digits do not fit",
        "BE68 5390 0754 7034": "is an example",
    },
    "SELLER_BIC": {"KRED": "is no BIC", "KREDBEBB1": "is no BIC"},
}


def said(given: dict[str, str]) -> list[str]:
    """What is wrong with these settings, when all are read."""
    required = Required(given, production=True)
    for name in SETTINGS:
        required(name)
    return required.problems


def test_settings_that_are_right_are_taken_as_they_are():
    required = Required(PRODUCTION, production=True)

    assert {name: required(name) for name in SETTINGS} == {name: PRODUCTION[name] for name in SETTINGS}
    required.refuse()


@pytest.mark.parametrize("name", SETTINGS)
@pytest.mark.parametrize("empty", [None, "", "  "])
def test_each_is_demanded(name, empty):
    given = {key: value for key, value in PRODUCTION.items() if key != name} | ({} if empty is None else {name: empty})

    assert said(given) == [f"{name} is missing. Set it to {SETTINGS[name].meaning}."]


@pytest.mark.parametrize(
    ("name", "value", "wrong"),
    [(name, value, wrong) for name, found in WRONG.items() for value, wrong in found.items()],
)
def test_a_value_that_cannot_be_right_is_refused_with_what_to_do(name, value, wrong):
    assert said(PRODUCTION | {name: value}) == [f"{name} {wrong}. Set it to {SETTINGS[name].meaning}."]


@pytest.mark.parametrize("name", sorted(SETTINGS.keys() - MAY_BE_TRUE))
def test_no_example_of_development_is_taken(name):
    assert [problem.partition(" ")[0] for problem in said(PRODUCTION | {name: SETTINGS[name].example})] == [name]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("SELLER_VAT_NUMBER", "NL4495445B01"),
        ("SELLER_IBAN", "NL91ABNA0417164300"),
        ("SELLER_BIC", "GKCCBEBB"),
        ("SUPPORT_PHONE", "0800 12 345"),
        ("EMAIL_URL", "smtp://127.0.0.1:25"),
        ("EMAIL_URL", "smtp+ssl://me:p%23w%40@mail.in4it.test"),
        ("PORTAL_URL", "https://portal.in4it.test:8443/"),
        ("DEFAULT_FROM_EMAIL", "portal@in4it.test"),
        ("PORTAL_AWS_ACCOUNT_ID", "999999999999"),
        ("DATABASE_URL", "postgres://portal:word@postgres:5432/portal"),
        ("FIELD_KEYS", "Y2hlY2stb25seS1rZXktMDAwMDAwMDAwMDAwMDAwMDA=, dGVzdC1vbmx5LWtleS0wMDAwMDAwMDAwMDAwMDAwMDA="),
    ],
)
def test_what_can_be_right_is_taken(name, value):
    assert said(PRODUCTION | {name: value}) == []


def test_all_that_is_wrong_is_said_at_once_and_no_secret_is_repeated():
    required = Required(
        {"SECRET_KEY": "hunter2", "EMAIL_URL": "smtp://me:hun#ter2@x", "SELLER_IBAN": "1"}, production=True
    )
    for name in SETTINGS:
        required(name)

    with pytest.raises(ImproperlyConfigured) as refusal:
        required.refuse()

    lines = str(refusal.value).splitlines()
    assert [line.split()[1] for line in lines[1:]] == list(SETTINGS)
    assert "ter2" not in str(refusal.value)


def test_development_needs_none_of_them():
    required = Required({"SELLER_NAME": "", "SELLER_IBAN": "whatever"}, production=False)

    assert (required("SELLER_NAME"), required("SELLER_IBAN")) == ("in4it", "whatever")
    required.refuse()
