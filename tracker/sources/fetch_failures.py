"""What went wrong with a request, in words that hold nothing of it but the host and the path."""

import ssl
from urllib.parse import urlsplit

from forecasts.errors import TrackerError
from tracker.text.printable import printable

AGAIN = "Run it again; nothing was stored."


class FetchError(TrackerError):
    """Nothing that can be used was fetched."""


def in_words(error: Exception, url: str) -> FetchError:
    """An error of the client."""
    import httpx

    host = host_of(url)
    distrust = _certificate_problem(error)
    if distrust:
        return FetchError(f"The certificate of {host} is not trusted: {distrust}.",
                       "Nothing was sent to it.", "not_trusted")  # fmt: skip
    if isinstance(error, httpx.TimeoutException):
        return FetchError(f"{host} did not answer in time.", AGAIN, "timed_out")
    if isinstance(error, httpx.ConnectError | httpx.ProxyError):
        return FetchError(f"{host} cannot be reached.", "Check the address and the network.",
                       "unreachable")  # fmt: skip
    if isinstance(error, httpx.NetworkError | httpx.RemoteProtocolError):
        return cut_off(url)
    return FetchError(f"The request to {host} failed ({type(error).__name__}).", AGAIN, "failed")


def _certificate_problem(error: BaseException | None) -> str:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return error.verify_message
        error = error.__cause__ or error.__context__
    return ""


def cut_off(url: str) -> FetchError:
    """An answer that is not whole."""
    return FetchError(f"The answer of {host_of(url)} ends too early.", AGAIN, "cut_off")


def busy(url: str, status: int, what: str) -> FetchError:
    """A server that asks to be left alone for now."""
    said = "Too many requests were made" if status == 429 else "It is not at work"
    code = "too_many_requests" if status == 429 else "server_error"
    return FetchError(
        f"{host_of(url)} answered {status} {what}.", f"{said}: run it again later.", code
    )


def too_late(url: str, deadline: float) -> FetchError:
    """An answer that did not come within `deadline` seconds."""
    return FetchError(
        f"{host_of(url)} did not answer within {deadline:g} seconds.",
        f"{AGAIN[:-1]}, or give it longer with `deadline`.",
        "timed_out",
    )


def too_large(url: str, limit: int) -> FetchError:
    """An answer of more than `limit` bytes."""
    message = f"{host_of(url)} sent more than {limit / 1e6:g} MB."
    return FetchError(message, "Nothing was stored.", "too_large")


def host_of(url: str) -> str:
    """The host of an address as errors show it."""
    return printable(urlsplit(url).hostname or url)[:200]


def refused(url: str, status: int, *, with_key: bool) -> FetchError:
    """An answer that has no content and will not have any soon."""
    if status in (401, 403):
        what = "refused the key" if with_key else "refuses access"
        hint = "Check the key and what it is for." if with_key else ""
        return FetchError(f"{host_of(url)} {what} ({status}).", hint, "refused_key")
    if status in (404, 410):
        path = printable(urlsplit(url).path)[:200]
        return FetchError(
            f"{host_of(url)} has nothing at {path} ({status}).", "Check the address.", "not_found"
        )
    return FetchError(f"{host_of(url)} answered {status}.", AGAIN, "unexpected_answer")
