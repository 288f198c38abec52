"""Captured mail is stored byte for byte, listed newest first, and any bytes can be read."""

from email.message import EmailMessage
from pathlib import Path

import pytest

from mail.capture.store import CaptureStore


@pytest.fixture
def store(tmp_path: Path) -> CaptureStore:
    return CaptureStore(tmp_path / "outbox")


def message() -> EmailMessage:
    made = EmailMessage()
    made["From"] = "Ann Sender <ann@sender.example>"
    made["To"] = "Bob <bob@lead.example>"
    made["Subject"] = "Grüße, Bob"
    made["Message-ID"] = "<1@sender.example>"
    made["List-Unsubscribe"] = "<https://sender.example/u/1>"
    made.set_content("Hallo Bob,\nschöne Grüße")
    made.add_alternative("<p>schöne <b>Grüße</b></p>", subtype="html")
    made.add_attachment("not the text", filename="notes.txt")
    return made


def test_all_fields_of_a_message_are_read(store: CaptureStore) -> None:
    raw = message().as_bytes().replace(b"\n", b"\r\n")
    id_ = store.save("bounce+7@sender.example", ["bob@lead.example"], raw)
    kept = store.get(id_)
    assert kept is not None
    assert store.raw(id_) == raw
    assert kept.model_dump(by_alias=True, include={"message_id", "sender", "to", "envelope_from", "subject"}) == {
        "message_id": "<1@sender.example>",
        "from": "ann@sender.example",
        "to": ["bob@lead.example"],
        "envelope_from": "bounce+7@sender.example",
        "subject": "Grüße, Bob",
    }
    assert kept.text == "Hallo Bob,\nschöne Grüße\n"
    assert kept.html == "<p>schöne <b>Grüße</b></p>\n"
    assert kept.headers["List-Unsubscribe"] == "<https://sender.example/u/1>"
    assert kept.received_at.tzinfo is not None


def test_messages_are_listed_newest_first_in_pages(store: CaptureStore) -> None:
    ids = [store.save("a@x.example", ["b@x.example"], b"Subject: %d\r\n\r\n" % n) for n in range(5)]
    newest = store.list(2)
    assert [kept.id for kept in newest] == [ids[4], ids[3]]
    assert [kept.subject for kept in store.list(10, before=newest[-1].id)] == ["2", "1", "0"]
    assert store.list(10, before=ids[0]) == []


def test_an_incomplete_message_is_not_listed(store: CaptureStore, tmp_path: Path) -> None:
    whole = store.save("a@x.example", ["b@x.example"], b"Subject: whole\r\n\r\n")
    (tmp_path / "outbox" / ".9999999999999999999-00000000.eml.new").write_bytes(b"Subject: ha")
    (tmp_path / "outbox" / "9999999999999999998-00000000.json").write_text("{}")
    assert [kept.id for kept in store.list(10)] == [whole]


@pytest.mark.parametrize("id_", ["", "nothing", "../secrets", "0000000000000000001-00000000", "a/b"])
def test_an_invalid_id_finds_nothing(store: CaptureStore, id_: str) -> None:
    assert (store.get(id_), store.raw(id_)) == (None, None)
    assert store.list(10) == []


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"no headers at all",
        b"Subject: =?nonsense?q?x?=\r\nFrom: \xff\xfe <a\r\n\r\nbody",
        b"Subject: =?utf-8?b?!!!?=\r\n\r\n",
        b"Content-Type: text/plain; charset=unknown-8\r\n\r\nbody \xff",
        b"Content-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\nContent-Type: text/html\r\n\r\nhalf",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!not base64",
        "Subject: schön\r\nFrom: ä@ö.example\r\n\r\nü".encode(),
    ],
)
def test_any_bytes_can_be_read_and_sent_as_json(store: CaptureStore, raw: bytes) -> None:
    kept = store.get(store.save("", [], raw))
    assert kept is not None
    assert kept.model_dump_json(by_alias=True).encode()


def test_a_repeated_header_keeps_all_values(store: CaptureStore) -> None:
    kept = store.get(store.save("", [], b"Received: one\r\nReceived: two\r\n\t folded\r\n\r\n"))
    assert kept is not None and kept.headers == {"Received": "one\ntwo\t folded"}
