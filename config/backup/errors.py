"""What backup, restore and rehearsal refuse."""


class BackupError(Exception):
    """Says what happened and what to do."""


class NoRoom(BackupError):
    """A disk is full; what was whole is kept, and the same command goes on from there."""


class Differs(BackupError):
    """What was put back is not what was taken."""
