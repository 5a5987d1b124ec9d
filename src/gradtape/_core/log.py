"""gradtape's logger, fetched when there is something to say: importing `logging` takes 3 ms, a tenth of gradtape's own
import.
"""

from __future__ import annotations

from typing import Any

__all__ = ["warn"]


def warn(message: str, *args: Any) -> None:
    """A warning to the logger "gradtape", `message % args`."""
    import logging  # lazy: see above

    logging.getLogger("gradtape").warning(message, *args)
