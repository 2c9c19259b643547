"""Images whose program misbehaves as the test asks: built from nothing but this machine's Python, and pushed."""

from pathlib import Path

from deployments.models import Service
from provisioning.localaws.ecr.registry import Repository
from provisioning.localaws.sample import images
from provisioning.localaws.sample.interpreter import executable, interpreter_layer
from provisioning.localaws.sample.layers import File, build_layer

PROGRAM, FRAMES = (Path(__file__).with_name(name) for name in ("program.py", "frames.py"))


def push(service: Service, version: str, fault: str = "") -> str:
    """Pushes a release of the service; its digest. `fault` is one of program.py's, or empty."""
    host, _, name = service.repository.uri.partition("/")
    files = {f"/app/{path.name}": File(path.read_bytes()) for path in (PROGRAM, FRAMES)}
    # One interpreter for both: what frames.py imports, http.server imports too.
    layers = [interpreter_layer(PROGRAM), build_layer(files)]
    variables = {"NAME": service.name, "VERSION": version, "FAULT": fault, "PORT": str(service.port)}
    config = images.image_config(layers, [str(executable()), "-S", "/app/program.py"], variables, version)
    return images._push(Repository(host, name), version, layers, config)
