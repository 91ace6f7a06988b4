"""Children that die at a failpoint: forked from the test, so that a hundred deaths cost seconds and not minutes."""

import gc
import os
import signal
import sys
import time
from collections.abc import Callable

from django.db import connections

PATIENCE_SECONDS = 30
_PARENTS: list[object] = []


def die_at(point: str, what: Callable[[], object]) -> None:
    """Run `what` in a fork of this process that is killed when it reaches `point`; AssertionError when it is not.

    The child opens its own session with the database; sockets to a node it has to open itself.
    """
    child = os.fork()
    if child == 0:
        gc.disable()  # a collection would copy the parent's whole memory page by page
        try:
            for one in connections.all(initialized_only=True):
                _PARENTS.append(one.connection)  # kept, so that nothing closes it: its socket is the parent's too
                one.connection = None
            os.environ["NINEFOLD_FAILPOINT"] = point
            what()
        except BaseException as error:
            os.write(2, f"{type(error).__name__}: {error}\n".encode())
        finally:
            os._exit(3)  # it came through alive: nothing of the test may run on in here
    status = _wait_for(child)
    assert os.WIFSIGNALED(status), f"it ended by itself ({status}) before it came to {point}"
    assert os.WTERMSIG(status) == signal.SIGKILL


def _wait_for(child: int) -> int:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        pid, status = os.waitpid(child, os.WNOHANG)
        if pid:
            return status
        time.sleep(0.001)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    sys.stderr.write("the child hung\n")
    raise AssertionError(f"the child did not die within {PATIENCE_SECONDS} s")
