"""Fetching against a real server: what is asked, what is taken, and how each failure is told."""

import random
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from itertools import pairwise
from pathlib import Path
from time import monotonic

import misbehaviour as bad
import pytest
from publisher import Handler, Publisher, Reply, document, status

from forecasts.errors import UsageError
from tracker.sources.address import JSON, Address, KeyField, Page
from tracker.sources.artificial_analysis_address import ADDRESSES
from tracker.sources.fetch_failures import FetchError
from tracker.sources.fetching import Limits, fetch
from tracker.sources.file import SourceFile
from tracker.sources.keys import Secret

KEY = "sk-never-to-be-seen"
ASKED = KeyField("A_KEY", "x-api-key")
PLACE = Address("https://example.org/api/scores", "scores.json", JSON, ASKED)
PAGED = ADDRESSES["llms"]
QUICK = Limits(deadline=5.0, backoff=0.01, max_bytes=1_000_000)
GOOD = document({"models": [1, 2, 3]}, etag='"one"', last_modified="Wed, 25 Nov 2026 10:00:00 GMT")


def got(server: Publisher, limits: Limits = QUICK, place: Address = PLACE) -> bytes:
    [answer] = fetch(place, base_url=server.url, key=Secret(KEY), limits=limits)
    return answer.content


def refused(server: Publisher, limits: Limits = QUICK, place: Address = PLACE) -> FetchError:
    with pytest.raises(FetchError) as caught:
        fetch(place, base_url=server.url, key=Secret(KEY), limits=limits)
    assert KEY not in str(caught.value) + caught.value.hint
    # An error of the client would lead to the key: its frames hold the request.
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    return caught.value


def test_an_answer_is_taken_as_it_is(publisher: Publisher) -> None:
    publisher.gives(GOOD)
    before = datetime.now(UTC)
    [answer] = fetch(PLACE, base_url=publisher.url, key=Secret(KEY))
    assert answer.content == b'{"models": [1, 2, 3]}'
    assert answer.url == f"{publisher.url}/api/scores"
    assert (answer.etag, answer.last_modified) == ('"one"', "Wed, 25 Nov 2026 10:00:00 GMT")
    assert before <= answer.fetched_at <= datetime.now(UTC)
    [(path, headers)] = publisher.asked
    assert path == "/api/scores"
    assert headers["x-api-key"] == KEY
    assert headers["user-agent"].startswith("gap-tracker/")


def test_what_is_packed_is_unpacked(publisher: Publisher) -> None:
    publisher.gives(bad.packed(b'{"a": 1}'))
    assert got(publisher) == b'{"a": 1}'


class Held:
    etag, last_modified = '"one"', "Wed, 25 Nov 2026 10:00:00 GMT"

    def __init__(self, content: bytes | None) -> None:
        self._content = content

    def content(self) -> bytes | None:
        return self._content


def test_what_is_held_is_asked_for_only_if_it_has_changed(publisher: Publisher) -> None:
    publisher.gives(status(304))
    [answer] = fetch(PLACE, base_url=publisher.url, held=lambda url: Held(b"held"), limits=QUICK)
    assert (answer.content, answer.unchanged) == (b"held", True)
    asked = publisher.asked[0][1]
    assert asked["if-none-match"] == Held.etag
    assert asked["if-modified-since"] == Held.last_modified
    publisher.gives(GOOD)
    [answer] = fetch(PLACE, base_url=publisher.url, held=lambda url: Held(b"held"), limits=QUICK)
    assert not answer.unchanged
    # What is damaged here is fetched again.
    [answer] = fetch(PLACE, base_url=publisher.url, held=lambda url: Held(None), limits=QUICK)
    assert "if-none-match" not in publisher.asked[-1][1]


def test_304_is_no_answer_to_who_holds_nothing(publisher: Publisher) -> None:
    publisher.gives(status(304))
    assert refused(publisher).code == "unexpected_answer"


FAILURES: dict[str, tuple[Reply, str]] = {
    "401": (status(401), "refused_key"),
    "401 that says the key": (bad.refusing_with_the_key, "refused_key"),
    "403": (status(403), "refused_key"),
    "404": (status(404), "not_found"),
    "410": (status(410), "not_found"),
    "418": (status(418), "unexpected_answer"),
    "206": (status(206, b"{}"), "unexpected_answer"),
    "500": (status(500), "server_error"),
    "429": (status(429), "too_many_requests"),
    "429 for an hour": (status(429, retry_after="3600"), "too_many_requests"),
    "nothing": (status(200, b" \n", content_type="application/json"), "wrong_content"),
    "a page": (document(b"<html></html>", "text/html; charset=utf-8"), "wrong_content"),
    "truncated": (bad.truncated, "cut_off"),
    "no http": (bad.garbage, "cut_off"),
    "packed, cut off": (bad.packed(b'{"a": 1}', cut=4), "cut_off"),
    "not packed": (document(b"{}", content_encoding="gzip"), "cut_off"),
    "another coding": (document(b"{}", content_encoding="br"), "wrong_content"),
    "announced gigabyte": (bad.announced(10**9), "too_large"),
    "endless": (bad.endless(10**9), "too_large"),
    "bomb": (bad.bomb(50_000_000), "too_large"),
    "the key": (bad.echoing, "key_sent"),
    "elsewhere": (bad.moved("https://example.org/scores"), "redirected"),
    "round": (bad.moved("/api/scores"), "redirected"),
    "nowhere": (status(302), "redirected"),
    "to a file": (bad.moved("file:///etc/passwd"), "redirected"),
}  # fmt: skip


@pytest.mark.parametrize("case", FAILURES)
def test_every_failure_is_told(publisher: Publisher, case: str) -> None:
    reply, code = FAILURES[case]
    publisher.gives(reply)
    error = refused(publisher)
    assert error.code == code
    assert error.exit_code == 1
    assert "127.0.0.1" in error.message
    assert error.message.endswith(".")


def test_a_gigabyte_is_refused_before_it_has_come(publisher: Publisher) -> None:
    publisher.gives(bad.announced(10**9))
    refused(publisher)
    publisher.gives(bad.endless(10**9))
    refused(publisher)
    # What fits into the buffers of both ends is on its way before it is refused.
    assert publisher.sent < 40_000_000


def test_the_size_counts_all_pages(publisher: Publisher) -> None:
    big = Address(PLACE.url, "x", JSON, page=lambda file, n: Page(None, {"page": str(n + 1)}))
    publisher.gives(document(b"1" * 300_000))
    assert refused(publisher, place=big).code == "too_large"
    assert len(publisher.asked) == 4


@pytest.mark.parametrize("reply", [bad.drip_body, bad.drip_header, bad.silence])
def test_nothing_outlasts_the_deadline(publisher: Publisher, reply: Reply) -> None:
    publisher.gives(reply)
    began = monotonic()
    assert refused(publisher, Limits(deadline=0.3)).code == "timed_out"
    assert monotonic() - began < 2.0


def test_silence_is_not_waited_for(publisher: Publisher) -> None:
    publisher.gives(bad.silence)
    assert refused(publisher, Limits(deadline=5.0, read=0.1)).code == "timed_out"


@pytest.mark.parametrize("code", [429, 500, 502, 503, 504])
def test_a_busy_server_is_asked_again(publisher: Publisher, code: int) -> None:
    publisher.gives(status(code), status(code), GOOD)
    assert got(publisher) == b'{"models": [1, 2, 3]}'
    assert len(publisher.asked) == 3


def test_so_often_and_no_more(publisher: Publisher) -> None:
    publisher.gives(status(503))
    assert "503 5 times" in refused(publisher).message
    assert len(publisher.asked) == 5


def test_other_refusals_are_final(publisher: Publisher) -> None:
    publisher.gives(status(403), GOOD)
    refused(publisher)
    assert len(publisher.asked) == 1


@pytest.mark.parametrize("form", ["seconds", "date"])
def test_who_asks_to_wait_is_left_alone(publisher: Publisher, form: str) -> None:
    def busy(handler: Handler) -> None:
        moment = datetime.now(UTC) + timedelta(seconds=2)
        value = "1" if form == "seconds" else format_datetime(moment, usegmt=True)
        handler.send(429, b"", retry_after=value)

    publisher.gives(busy, GOOD)
    began = monotonic()
    assert got(publisher)
    # A date has whole seconds: two of them are more than one.
    assert 0.9 <= monotonic() - began < 4.0


def test_a_wait_beyond_the_deadline_is_not_begun(publisher: Publisher) -> None:
    publisher.gives(status(429, retry_after="60"), GOOD)
    began = monotonic()
    assert "60 seconds" in refused(publisher).message
    assert monotonic() - began < 2.0


@pytest.mark.parametrize("value", ["soon", "-1", "1e9", "", "Wed, 99 Foo 2026"])
def test_a_wait_that_means_nothing_is_ours(publisher: Publisher, value: str) -> None:
    publisher.gives(status(429, retry_after=value), GOOD)
    assert got(publisher)


def test_waits_grow(publisher: Publisher) -> None:
    publisher.gives(status(503))
    refused(publisher, Limits(deadline=20.0, backoff=0.02))
    waits = [b - a for a, b in pairwise(publisher.times)]
    assert len(waits) == 4
    assert all(wait >= 0.02 * 2**at / 2 for at, wait in enumerate(waits))


def test_waits_differ_by_chance(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[tuple[float, float]] = []
    monkeypatch.setattr(random, "uniform", lambda low, high: drawn.append((low, high)) or 0.1)
    publisher.gives(status(503))
    refused(publisher)
    assert drawn == [(0.5, 1.0)] * 4


@pytest.mark.parametrize("code", [301, 302, 303, 307, 308])
def test_a_redirect_of_the_host_is_followed(publisher: Publisher, code: int) -> None:
    publisher.gives(bad.moved("/new/place?x=1", code), GOOD)
    assert got(publisher)
    assert [path for path, _ in publisher.asked] == ["/api/scores", "/new/place?x=1"]
    assert publisher.asked[1][1]["x-api-key"] == KEY


def test_no_other_host_hears_of_anything(publisher: Publisher) -> None:
    with Publisher() as other:
        other.gives(GOOD)
        # Another port, and another name of the same machine.
        for place in (other.url, other.url.replace("127.0.0.1", "localhost")):
            publisher.gives(bad.moved(f"{place}/api/scores"))
            assert refused(publisher).code == "redirected"
        assert other.asked == []


def test_a_publisher_may_hand_over_what_has_no_key(publisher: Publisher) -> None:
    handed = Address(PLACE.url, "x", JSON, storage_hosts=(".invalid",))
    publisher.gives(bad.moved("https://store.invalid/file"))
    with pytest.raises(FetchError) as caught:
        fetch(handed, base_url=publisher.url, limits=QUICK)
    assert caught.value.code == "unreachable"  # it was tried
    for to in ("http://store.invalid/file", "https://store.invalid.example.org/file",
               "https://storeinvalid/file"):  # fmt: skip
        publisher.gives(bad.moved(to))
        with pytest.raises(FetchError) as caught:
            fetch(handed, base_url=publisher.url, limits=QUICK)
        assert caught.value.code == "redirected"
    keyed = Address(PLACE.url, "x", JSON, PLACE.key, storage_hosts=(".invalid",))
    publisher.gives(bad.moved("https://store.invalid/file"))
    assert refused(publisher, place=keyed).code == "redirected"


def test_nobody_there() -> None:
    with pytest.raises(FetchError) as caught:
        fetch(PLACE, base_url="http://127.0.0.1:9", limits=QUICK)
    assert caught.value.code == "unreachable"


def test_a_key_goes_nowhere_without_encryption() -> None:
    with pytest.raises(FetchError) as caught:
        fetch(PLACE, base_url="http://mirror.invalid", key=Secret(KEY), limits=QUICK)
    assert caught.value.code == "not_encrypted"


# Encryption


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate of 127.0.0.1 that it gave itself, with its key."""
    program = shutil.which("openssl")
    if program is None:
        pytest.skip("openssl is not on this machine")
    path = tmp_path_factory.mktemp("certificate") / "both.pem"
    subprocess.run(
        [program, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-keyout", str(path), "-out", f"{path}.crt", "-days", "2", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    path.write_text(path.read_text() + Path(f"{path}.crt").read_text())
    return path


@pytest.fixture
def encrypted(certificate: Path) -> Iterator[Publisher]:
    with Publisher(certificate) as server:
        yield server


def test_who_is_not_known_is_told_nothing(encrypted: Publisher) -> None:
    encrypted.gives(GOOD)
    error = refused(encrypted)
    assert error.code == "not_trusted"
    assert "self-signed" in error.message
    assert encrypted.asked == []


def test_who_is_known_is_asked(
    encrypted: Publisher, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Against an error of the test above: the same server, its certificate trusted."""
    import httpx

    known = httpx.create_ssl_context(verify=True)
    known.load_verify_locations(f"{certificate}.crt")
    monkeypatch.setattr(httpx, "create_ssl_context", lambda verify: known)
    encrypted.gives(GOOD)
    assert got(encrypted)
    with Publisher() as open_:
        encrypted.gives(bad.moved(f"{open_.url}/api/scores"))
        assert refused(encrypted).code == "redirected"
        assert open_.asked == []


# Addresses


@pytest.mark.parametrize(
    ("base", "url"),
    [
        (None, "https://example.org/api/scores"),
        ("https://a.org", "https://a.org/api/scores"),
        ("https://a.org/", "https://a.org/api/scores"),
        ("https://a.org:8443/mirror/", "https://a.org:8443/mirror/api/scores"),
        ("https://a.org/api", "https://a.org/api/scores"),
        ("https://a.org/x/api/scores", "https://a.org/x/api/scores"),
        ("http://localhost:1", "http://localhost:1/api/scores"),
    ],
)
def test_a_base_stands_for_scheme_host_and_path(base: str | None, url: str) -> None:
    assert PLACE.at(base) == url


@pytest.mark.parametrize(
    "base",
    ["", "example.org", "ftp://a.org", "file:///etc", "https://", "https://u:p@a.org",
     "https://a.org?x=1", "https://a.org#x", "https://a.org:99999", "https://["],
)  # fmt: skip
def test_what_is_no_base_is_refused(base: str) -> None:
    with pytest.raises(UsageError, match="`base_url`"):
        PLACE.at(base)


# Pages of Artificial Analysis


def page(number: int, of: int, version: str = "4.1", **more: object) -> Reply:
    division = {"page": number, "page_size": 2, "total_pages": of, "has_more": number < of}
    return document(
        {"status": 200, "intelligence_index_version": version, "pagination": division,
         "data": [{"name": f"M{number}", "evaluations": {}}], **more}
    )  # fmt: skip


def test_every_page_is_fetched(publisher: Publisher) -> None:
    publisher.gives(page(1, 3), page(2, 3), page(3, 3))
    answers = fetch(PAGED, base_url=publisher.url, key=Secret(KEY), limits=QUICK)
    assert len(answers) == 3
    place = "/api/v2/data/llms/models"
    assert [path for path, _ in publisher.asked] == [place, f"{place}?page=2", f"{place}?page=3"]
    assert all(headers["x-api-key"] == KEY for _, headers in publisher.asked)
    files = [SourceFile(Path("x"), answer.content) for answer in answers]
    assert (PAGED.join(files).content or b"").count(b'"name"') == 3


@pytest.mark.parametrize(
    ("second", "code"),
    [
        (page(2, 2, "4.2"), "changed_version"),
        (document({"data": [{"evaluations": {}}]}), "changed_version"),
        (page(1, 2), "bad_file"),
        (page(3, 3), "bad_file"),
        (page(2, 3, data=[]), "bad_file"),
        (document(b'{"data": ['), "bad_file"),
        (document([1]), "bad_file"),
        (status(500), "server_error"),
        (status(401), "refused_key"),
    ],
)
def test_pages_that_do_not_fit_together_are_refused(
    publisher: Publisher, second: Reply, code: str
) -> None:
    publisher.gives(page(1, 2), second)
    assert refused(publisher, place=PAGED).code == code


def test_a_page_of_another_edition_that_is_held_is_fetched_anew(publisher: Publisher) -> None:
    publisher.gives(page(1, 2, "4.1"), page(2, 2, "4.1"))
    old, _ = fetch(PAGED, base_url=publisher.url, key=Secret(KEY), limits=QUICK)
    publisher.gives(status(304), page(2, 2, "4.2"), page(1, 2, "4.2"), page(2, 2, "4.2"))
    held = {old.url: Held(old.content)}
    answers = fetch(PAGED, base_url=publisher.url, key=Secret(KEY), held=held.get, limits=QUICK)
    assert [b'"4.2"' in answer.content for answer in answers] == [True, True]
    assert "if-none-match" in publisher.asked[0][1]
    assert "if-none-match" not in publisher.asked[2][1]


def test_pages_may_be_told_of_in_meta(publisher: Publisher) -> None:
    meta = {"pagination": {"page": 1, "total_pages": 2}, "intelligence_index_version": 4.3}
    publisher.gives(document({"meta": meta, "data": [{}]}), page(2, 2, "4.3"))
    assert len(fetch(PAGED, base_url=publisher.url, key=Secret(KEY), limits=QUICK)) == 2


def test_pages_end(publisher: Publisher, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tracker.sources.fetching.MAX_PAGES", 3)
    asked: list[int] = []

    def more(handler: Handler) -> None:
        asked.append(1)
        page(len(asked), 99)(handler)

    publisher.gives(more)
    assert refused(publisher, place=PAGED).code == "too_large"
    assert len(asked) == 3


def test_who_does_not_fetch_does_not_load_the_client() -> None:
    code = "import sys, tracker.workspace, tracker.cli.pulling; assert 'httpx' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True, cwd=Path(__file__).parents[3])
