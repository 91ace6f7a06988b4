"""Named places at which a process can be made to die, so that tests see what a crash leaves behind.

Inert unless NINEFOLD_FAILPOINT names one; then the process that reaches it ends by SIGKILL, with no chance to tidy
up. Points, in the order in which a transaction meets them: before_sign, after_sign (stored, not sent),
before_broadcast, after_broadcast (sent, not recorded), after_mined (in a block, not recorded), mid_block (half of a
block's logs are written).
"""

import os
import signal

POINTS = ("before_sign", "after_sign", "before_broadcast", "after_broadcast", "after_mined", "mid_block")


def failpoint(name: str) -> None:
    """Die here if NINEFOLD_FAILPOINT is `name`."""
    if os.environ.get("NINEFOLD_FAILPOINT") == name:
        os.kill(os.getpid(), signal.SIGKILL)
