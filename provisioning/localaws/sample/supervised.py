"""Runs a program that must not outlive whoever started it: standard input closes when the starter dies.

Usage: python supervised.py program.py [argument...]
"""

import os
import runpy
import signal
import sys
import threading


def _end_with_starter() -> None:
    # Not sys.stdin: Python aborts when it ends while a thread holds that.
    while os.read(0, 4096):
        pass
    os.kill(os.getpid(), signal.SIGKILL)


threading.Thread(target=_end_with_starter, daemon=True).start()
del sys.argv[0]
runpy.run_path(sys.argv[0], run_name="__main__")
