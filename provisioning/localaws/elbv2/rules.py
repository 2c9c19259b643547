"""Which rule of a listener a request meets: pure, over rule records in the shape of AWS's API.

Source: "Condition types for listener rules" in the guide of Application Load Balancers.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address, ip_network
from typing import Any, cast
from urllib.parse import parse_qsl

Rule = Mapping[str, Any]
Condition = Mapping[str, Any]


@dataclass(frozen=True)
class Request:
    """What conditions look at. `path` is as sent, percent-encoding included; header names are lower case."""

    method: str
    path: str
    query: str = ""
    headers: tuple[tuple[str, str], ...] = ()
    source: str = "127.0.0.1"

    def header(self, name: str) -> list[str]:
        return [value for each, value in self.headers if each == name.lower()]

    @property
    def host(self) -> str:
        """Without the port, in lower case."""
        sent = next(iter(self.header("host")), "").lower()
        if sent.startswith("["):
            return sent.partition("]")[0] + "]"
        return sent.partition(":")[0]


def rule_for(rules: Iterable[Rule], request: Request) -> Rule | None:
    """The rule of the lowest priority number whose conditions all hold; the default rule comes last."""
    return next((rule for rule in sorted(rules, key=rank) if matches(rule, request)), None)


def rank(rule: Rule) -> float:
    """To sort rules by in the order in which they are evaluated."""
    return float("inf") if is_default(rule) else float(rule["Priority"])


def is_default(rule: Rule) -> bool:
    return bool(rule.get("IsDefault")) or rule.get("Priority") == "default"


def matches(rule: Rule, request: Request) -> bool:
    return is_default(rule) or all(holds(condition, request) for condition in rule.get("Conditions", ()))


def holds(condition: Condition, request: Request) -> bool:
    """Whether one of the condition's values fits. A field that AWS does not know fits nothing."""
    test = _TESTS.get(condition.get("Field", ""))
    return test is not None and any(test(value, request, condition) for value in values_of(condition))


CONFIGS = {
    "host-header": "HostHeaderConfig",
    "path-pattern": "PathPatternConfig",
    "http-header": "HttpHeaderConfig",
    "query-string": "QueryStringConfig",
    "http-request-method": "HttpRequestMethodConfig",
    "source-ip": "SourceIpConfig",
}


def values_of(condition: Condition) -> list[Any]:
    """From either of the places where the API takes them."""
    config = condition.get(CONFIGS.get(condition.get("Field", ""), "")) or {}
    return list(condition.get("Values") or config.get("Values") or ())


def _host_fits(value: Any, request: Request, condition: Condition) -> bool:
    return fits(str(value).lower(), request.host)


def _path_fits(value: Any, request: Request, condition: Condition) -> bool:
    return fits(str(value), request.path)


def _header_fits(value: Any, request: Request, condition: Condition) -> bool:
    name = (condition.get("HttpHeaderConfig") or {}).get("HttpHeaderName", "")
    return any(fits(str(value).lower(), sent.lower()) for sent in request.header(name))


def _method_fits(value: Any, request: Request, condition: Condition) -> bool:
    return str(value) == request.method


def _query_fits(value: Any, request: Request, condition: Condition) -> bool:
    key, wanted = _key_and_value(value)
    sent = parse_qsl(request.query, keep_blank_values=True)
    return any(
        (not key or fits(key.lower(), name.lower())) and fits(wanted.lower(), given.lower()) for name, given in sent
    )


def _key_and_value(value: Any) -> tuple[str, str]:
    """CloudFormation's handler in MiniStack keeps "key=value", the API a pair; without a key any will do."""
    if isinstance(value, Mapping):
        return str(value.get("Key") or ""), str(value.get("Value") or "")
    key, _, wanted = str(value).rpartition("=")
    return key, wanted


def _source_fits(value: Any, request: Request, condition: Condition) -> bool:
    try:
        return ip_address(request.source) in ip_network(str(value), strict=False)
    except ValueError:
        return False


_TESTS: dict[str, Callable[[Any, Request, Condition], bool]] = {
    "host-header": _host_fits,
    "path-pattern": _path_fits,
    "http-header": _header_fits,
    "http-request-method": _method_fits,
    "query-string": _query_fits,
    "source-ip": _source_fits,
}


def fits(pattern: str, text: str) -> bool:
    """Whether the whole text fits: * is any run of characters, ? exactly one, and a backslash takes the next as it is.

    At most pattern times text steps: after a mismatch only the last * takes one character more.
    """
    tokens = _tokens(pattern)
    at, position, star, resume = 0, 0, -1, 0
    while position < len(text):
        if at < len(tokens) and tokens[at] == _ANY_RUN:
            star, resume = at, position
            at += 1
        elif at < len(tokens) and tokens[at] in (_ANY_ONE, text[position]):
            at, position = at + 1, position + 1
        elif star >= 0:
            resume += 1
            at, position = star + 1, resume
        else:
            return False
    return all(token == _ANY_RUN for token in tokens[at:])


_ANY_RUN, _ANY_ONE = "any run", "any one"  # longer than any character that they could be taken for


def _tokens(pattern: str) -> list[str]:
    tokens = []
    characters = iter(pattern)
    for character in characters:
        if character == "\\":
            tokens.append(next(characters, character))
        else:
            tokens.append({"*": _ANY_RUN, "?": _ANY_ONE}.get(character, character))
    return tokens


def actions_of(rule: Rule) -> list[dict[str, Any]]:
    """In the order in which they are performed."""
    return sorted(cast("list[dict[str, Any]]", rule.get("Actions") or []), key=lambda each: int(each.get("Order") or 1))


def weights_of(action: Mapping[str, Any]) -> dict[str, int]:
    """Target groups of a forward action and their weights (0 to 999; a single group needs none)."""
    listed = (action.get("ForwardConfig") or {}).get("TargetGroups") or []
    if not listed:
        return {action["TargetGroupArn"]: 1} if action.get("TargetGroupArn") else {}
    return {each["TargetGroupArn"]: int(each.get("Weight", 1)) for each in listed}


def group_for(weights: Mapping[str, int], draw: float) -> str | None:
    """The target group that a draw from [0, 1) falls on, None when all weights are 0. Their health plays no part."""
    rest = draw * sum(weights.values())
    for group, weight in weights.items():
        if rest < weight:
            return group
        rest -= weight
    return None
