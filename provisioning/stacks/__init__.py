"""The CloudFormation templates, and what each resource in them is for."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

FOLDER = Path(__file__).parent


@dataclass(frozen=True)
class Template:
    """`body` goes to AWS as it is; `purposes` and `types` are by logical id."""

    body: str
    purposes: dict[str, str]
    types: dict[str, str]


class _Loader(yaml.SafeLoader):
    """Reads past CloudFormation's own tags (!Ref, !Sub, ...), whose meaning is AWS's business."""


def _untagged(loader: _Loader, _suffix: str, node: yaml.Node) -> Any:
    if isinstance(node, yaml.ScalarNode):
        return loader.construct_scalar(node)
    if isinstance(node, yaml.SequenceNode):
        return loader.construct_sequence(node, deep=True)
    assert isinstance(node, yaml.MappingNode)
    return loader.construct_mapping(node, deep=True)


_Loader.add_multi_constructor("!", _untagged)


@cache
def load(name: str) -> Template:
    """The template `name`.yaml of this folder."""
    body = (FOLDER / f"{name}.yaml").read_text(encoding="utf-8")
    resources = yaml.load(body, Loader=_Loader)["Resources"]  # noqa: S506 - a SafeLoader
    return Template(
        body,
        purposes={key: each["Metadata"]["Purpose"] for key, each in resources.items()},
        types={key: each["Type"] for key, each in resources.items()},
    )
