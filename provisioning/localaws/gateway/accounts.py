"""Whose the traffic is that nobody signs: pushes, pulls, and requests to load balancers.

They name their account at the front of the path, `/v2/222222222222/bakery/...` and `/_alb/222222222222/shop/...`;
without one, the launcher's own account is meant. A repository whose own name begins with twelve digits and a slash
can therefore be pushed to with the account in front only. Load balancers read their account themselves (`elbv2`).
"""

import os

from ministack.core.responses import request_scope

from provisioning.localaws.gateway.asgi import App, Message, Receive, Scope, Send

REGISTRY = "/v2/"


def split_account(path: str) -> tuple[str, str]:
    """`222222222222/bakery/tags` is the account and `bakery/tags`; the account is empty when none is named."""
    first, slash, rest = path.partition("/")
    return (first, rest) if slash and len(first) == 12 and first.isdecimal() else ("", path)


def own_account() -> tuple[str, str]:
    """The launcher's account and region, which are meant when nothing is said."""
    return os.environ["MINISTACK_ACCOUNT_ID"], os.environ["MINISTACK_REGION"]


def in_their_account(app: App) -> App:
    """`app`, asked on behalf of the account that a push or a pull names."""

    async def asked(scope: Scope, receive: Receive, send: Send) -> None:
        is_registry = scope["type"] == "http" and scope["path"].startswith(REGISTRY)
        account, rest = split_account(scope["path"].removeprefix(REGISTRY)) if is_registry else ("", "")
        if not account:
            await app(scope, receive, send)
            return
        named = f"{REGISTRY}{account}/"
        raw_path = scope["raw_path"].replace(named.encode(), REGISTRY.encode(), 1)
        with request_scope(account, own_account()[1]):
            await app({**scope, "path": REGISTRY + rest, "raw_path": raw_path}, receive, _naming(send, named))

    return asked


def _naming(send: Send, named: str) -> Send:
    """Puts the account back into where the registry sends a client next."""

    def located(name: bytes, value: bytes) -> bytes:
        follows = name.lower() == b"location" and value.startswith(REGISTRY.encode())
        return value.replace(REGISTRY.encode(), named.encode(), 1) if follows else value

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = [(name, located(name, value)) for name, value in message["headers"]]
            message = {**message, "headers": headers}
        await send(message)

    return sending
