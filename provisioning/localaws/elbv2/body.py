"""What a client sends, and how much of it is still to come."""

from provisioning.localaws.elbv2.upstream import Message, Receive


class Body:
    """`receive` of an HTTP request: it knows when the last of the body has come."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self._is_whole = False

    async def __call__(self) -> Message:
        message = await self._receive()
        if not message.get("more_body"):
            self._is_whole = True
        return message

    async def rest(self) -> None:
        """Let the rest come, or the client leave.

        Who answers before the whole request is there must close the connection, on which the client asks again.
        """
        while not self._is_whole:
            await self()
