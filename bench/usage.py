"""What processes take of the machine, by /proc. Linux only."""

import os
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def memory(pid: int, kind: str) -> float:
    """MiB of a process. Rss counts a page shared with others in full, Pss by its share."""
    lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    return next(int(line.split()[1]) / 1024 for line in lines if line.startswith(f"{kind}:"))


def tree(pid: int) -> list[int]:
    """The process and all below it, as far as they still run."""
    try:
        lists = [path.read_text() for path in Path(f"/proc/{pid}/task").glob("*/children")]
    except OSError:
        return []
    return [pid, *(below for text in lists for child in text.split() for below in tree(int(child)))]


def cpu_seconds(pids: list[int]) -> float:
    """Seconds these and those below them have been on a processor, with what children that ended took."""
    return sum(_cpu_ticks(each) for pid in pids for each in tree(pid)) / TICK


def memory_of_trees(pids: list[int]) -> float:
    """MiB of these and all below them; a page that several share counts once."""
    return sum(memory(each, "Pss") for pid in pids for each in tree(pid))


def _cpu_ticks(pid: int) -> int:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return 0
    return sum(map(int, fields[11:15]))  # user and system time, its own and that of children that were waited for
