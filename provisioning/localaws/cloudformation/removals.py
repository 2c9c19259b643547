"""A stack that is being deleted is not deleted a second time beside it.

AWS accepts DeleteStack for a stack that goes and starts nothing. Stock MiniStack starts another deletion, and the
two race for each resource: the slower one finds it gone, and the stack ends as DELETE_FAILED.
"""

from collections.abc import Awaitable, Callable
from typing import Any

from ministack.services.cloudformation import handlers

from provisioning.localaws.checks import Reaches

REACHES = (Reaches("ministack.services.cloudformation.handlers", ("_delete_stack_async",)),)

Deletion = Callable[..., Awaitable[None]]


def install() -> None:
    handlers._delete_stack_async = _once(handlers._delete_stack_async)


def _once(original: Deletion) -> Deletion:
    under_way: set[str] = set()

    async def delete(stack_name: str, stack_id: str, *args: Any, **options: Any) -> None:
        if stack_id in under_way:
            return
        under_way.add(stack_id)
        try:
            await original(stack_name, stack_id, *args, **options)
        finally:
            under_way.discard(stack_id)

    return delete
