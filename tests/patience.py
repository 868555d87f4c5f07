# SPDX-License-Identifier: LGPL-2.1-or-later
"""How long tests wait. What does not come is found; what comes late on a machine with busy neighbours is not judged."""

import time

PATIENCE = 120  # seconds


def wait_until(condition, seconds=PATIENCE, pause=0.05):
    """Whether it came true."""
    end = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > end:
            return False
        time.sleep(pause)
    return True


def wait_ready(process, condition):
    """Whether it came true, and the process is still there."""
    return wait_until(lambda: condition() or process.poll() is not None) and process.poll() is None


def wait_for(condition, what, seconds=PATIENCE):
    if not wait_until(condition, seconds):
        raise AssertionError('%s did not come about in %d s' % (what, seconds))
