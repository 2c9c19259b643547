"""Entry point: options first, because MiniStack reads its environment when it is imported."""

import sys

from provisioning.localaws import options


def main() -> int:
    chosen = options.parse()
    options.export(chosen)
    from provisioning.localaws.launcher import run

    return run(chosen)


if __name__ == "__main__":
    sys.exit(main())
