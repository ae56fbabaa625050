"""Whether an address can be reached at all: a missing network is no fault of the address."""

import urllib.error
import urllib.parse
import urllib.request

_SECONDS = 10.0


def unreachable(url: str) -> str | None:
    """Ask the host of a URL for an answer, through a proxy where the environment names one.

    Returns:
        Why there is none; None if it answers, be it with an error, or if the URL is not of HTTP.
    """
    if urllib.parse.urlsplit(url).scheme not in ("http", "https"):
        return None
    try:
        with urllib.request.urlopen(urllib.request.Request(url, method="HEAD"), timeout=_SECONDS):
            return None
    except urllib.error.HTTPError as error:
        error.close()
        return None
    except urllib.error.URLError as error:
        return str(error.reason)
    except OSError as error:
        return str(error)
