"""Which form of a campaign runs, and where its figures go: bin/soak names a file in SOAK, the suite names none."""

import os
from pathlib import Path

_FIGURES = os.environ.get("SOAK", "")
LONG = bool(_FIGURES)


def say(figure: str) -> None:
    """A line for whoever looks at the campaign."""
    print(figure, flush=True)  # noqa: T201
    if LONG:
        with Path(_FIGURES).open("a") as file:
            file.write(f"{figure}\n")
