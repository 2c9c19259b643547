"""Entry point: options first, because MiniStack reads its environment when it is imported."""

import sys

from provisioning.localaws import options


def main() -> int:
    chosen = options.parse()
    options.export(chosen)
    try:
        from provisioning.localaws.launcher import run
    except ImportError as error:
        print(f"The local AWS cannot start: {error}. Install requirements/localaws.txt.", file=sys.stderr)
        return 2
    return run(chosen)


if __name__ == "__main__":
    sys.exit(main())
