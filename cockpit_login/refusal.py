"""Why somebody is not let in."""

from typing import Literal

Problem = Literal["authentication-failed", "access-denied", "protocol-error", "internal-error"]


class Refusal(Exception):  # noqa: N818 - nobody failed
    """No session. The problem is a word of Cockpit's protocol, the message is for the user."""

    def __init__(self, problem: Problem, message: str) -> None:
        super().__init__(message)
        self.problem = problem
