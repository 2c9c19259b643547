"""The local AWS: MiniStack and a launcher that closes its gaps. For the demo and the tests only.

Run `.dev/localaws/bin/python -m provisioning.localaws --port P --state-dir DIR` from the project root.
Nothing here imports Django; `control`, `sample` and `ecr.registry` need only the standard library, because the
portal's own environment uses them too.
"""
