"""What every server of ours keeps to with its clients."""

from __future__ import annotations

from typing import Final

#: an idle connection is closed after this long. Clients give theirs up sooner, since a request that meets the closing is lost.
KEEP_ALIVE_SECONDS: Final = 75
