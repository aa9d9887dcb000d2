"""A US keyboard: programs that play one must press Shift themselves."""

import string
from typing import Final

SHIFTED: Final = frozenset('~!@#$%^&*()_+{}|:"<>?' + string.ascii_uppercase)
