"""A program for the tests, that answers /health with its status and misbehaves as its environment says.

START_AFTER: seconds until it listens; EXIT_AFTER: seconds until it exits with code 4; EAT: whether it takes memory;
STUBBORN: whether it ignores SIGTERM; ILL: from which second of its life until which /health answers 503, as "4-9".
"""

import http.server
import os
import signal
import sys
import threading
import time

BORN = time.monotonic()


def is_ill() -> bool:
    begins, _, ends = os.environ.get("ILL", "0-0").partition("-")
    return float(begins) <= time.monotonic() - BORN < float(ends)


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        body = f'{{"version": "{os.environ["VERSION"]}"}}'.encode()
        self.send_response(503 if self.path == "/health" and is_ill() else 200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def exit_after(seconds: float) -> None:
    time.sleep(seconds)
    os._exit(4)


def main() -> None:
    ending = signal.SIG_IGN if os.environ.get("STUBBORN") else lambda *_: sys.exit(0)
    signal.signal(signal.SIGTERM, ending)
    time.sleep(float(os.environ.get("START_AFTER", "0")))
    if os.environ.get("EXIT_AFTER"):
        threading.Thread(target=exit_after, args=(float(os.environ["EXIT_AFTER"]),), daemon=True).start()
    eaten = []
    while os.environ.get("EAT"):
        eaten.append(bytearray(os.urandom(1024)) * 1024)
    address = (os.environ.get("HOST", ""), int(os.environ.get("PORT", "8080")))
    http.server.ThreadingHTTPServer(address, Handler).serve_forever()


main()
