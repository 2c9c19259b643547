"""The growing delay between starts of tasks that fail again and again, shortened for a local clock. Pure.

ECS: https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-throttle-logic.html
"""

FREE_FAILURES = 3
FIRST_DELAY = 1.0  # seconds
LONGEST_DELAY = 60.0  # seconds; on AWS many minutes


def delay(failures: int, desired: int) -> float:
    """Seconds to wait after so many failures in a row; the tasks of a first round may all fail without a delay."""
    beyond = failures - max(FREE_FAILURES, desired)
    return min(LONGEST_DELAY, FIRST_DELAY * 2.0 ** min(beyond - 1, 10)) if beyond > 0 else 0.0
