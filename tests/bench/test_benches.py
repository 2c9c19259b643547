"""The benches in their short form: they run to their end and print every figure. What the figures are is not judged."""

import math
import subprocess

import pytest

from tests.conftest import ROOT

SECONDS = 900  # a busy machine; a quiet one takes less than one

FIGURES = {
    "rollouts": {
        *("one_ratio", "one_calls", "twenty_ratio", "twenty_calls"),
        *("twenty_cpu_s", "worker_mb", "lag_median_s", "watch_calls"),
    },
    "neighbours": {"neighbour_ratio"},
}


@pytest.mark.localaws
@pytest.mark.redis
@pytest.mark.parametrize("bench", FIGURES)
def test_the_last_line_holds_every_figure(bench: str) -> None:
    command = [str(ROOT / "bench" / bench), "--short", "--database", "sqlite"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    figures = dict(pair.split("=") for pair in done.stdout.splitlines()[-1].split())
    assert figures.keys() == FIGURES[bench]
    assert all(map(math.isfinite, map(float, figures.values())))
    assert "does not know" not in done.stdout
