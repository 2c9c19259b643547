"""ECS's services and tasks: an engine of our own behind MiniStack's stores.

`decide` says what a service needs next, from what is (pure, over the dataclasses of `model`); `scheduler` and `apply`
do it; `runtimes` run containers; `api` answers the calls. `store` is the only module that reaches into MiniStack.
"""
