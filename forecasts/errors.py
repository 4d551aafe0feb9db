"""The one base of every error that a user is meant to read."""


class TrackerError(Exception):
    """One sentence on what is wrong and where, and a hint on what to do next.

    `code` names the kind for programs, `exit_code` is 1 when the work failed and 2 when the call
    was wrong.
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "", code: str = "failed") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.code = code


class UsageError(TrackerError):
    """The call itself was wrong; `field` is the one that was, where it is known."""

    exit_code = 2

    def __init__(
        self, message: str, hint: str = "", code: str = "failed", *, field: str | None = None
    ) -> None:
        super().__init__(message, hint, code)
        self.field = field
