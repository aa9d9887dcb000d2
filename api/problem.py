"""The one exception of virtpod: an English sentence, a slug, and fields.

Problem
├── raised with retryable=True by what may work next time (API conflicts, timeouts)
└── raised with retryable=False by what a user must change (spec, image, quota)

Errors of libraries (libvirtError, ApiException, NetlinkError, grpc.RpcError) are
translated at the border where they arise, with ``raise Problem(...) from error``.
"""


class Problem(Exception):  # noqa: N818 - style.md names it; it is no programming error
    """A failure with a reason that a user can read.

    ``slug`` is a CamelCase reason fit for a condition; ``fields`` add machine-readable facts.
    """

    def __init__(
        self, slug: str, message: str, *, retryable: bool = False, **fields: object
    ) -> None:
        super().__init__(message)
        self.slug = slug
        self.message = message
        self.retryable = retryable
        self.fields = fields
