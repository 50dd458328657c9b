"""What sentences do, in English and German: general language, nothing about any control."""

from __future__ import annotations

from datetime import date

import pytest

from assistant.domain.interview import ClaimKind, EvidenceKind
from assistant.interviewing import dating, language, mentions, secrets, speech
from assistant.interviewing.claims import Context, ExtractedClaim
from assistant.interviewing.speech import Act
from assistant.interviewing.understanding import checked, read
from knowledge.demands import unit

TODAY = date(2026, 11, 23)


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("We check the doors every evening.", "is"),
        ("We are going to check them next quarter.", "planned"),
        ("It is planned for spring.", "planned"),
        ("Das ist für nächstes Jahr geplant.", "planned"),
        ("The doors should be checked every evening.", "should"),
        ("The policy says that doors are locked.", "should"),
        ("Someone would notice.", "should"),
        ("We never check them.", "denied"),
        ("There isn't any list.", "denied"),
        ("Eine Liste gibt es nicht.", "denied"),
        ("We cannot see whether they are locked.", "denied"),
        ("I don't know.", "unknown"),
        ("Keine Ahnung.", "unknown"),
        ("Nobody can change the log, not even an administrator.", "is"),
        ("There were no findings.", "is"),
        ("Access is removed no later than the last day.", "is"),
    ],
)
def test_a_sentence_says_no_more_than_its_words(text, kind):
    assert language.clauses(text)[0].kind is ClaimKind(kind)


def test_parts_of_a_sentence_are_of_their_own_kinds():
    found = language.clauses(
        "Copies run nightly, restores we never tried, and the rest is planned for May."
    )
    assert [one.kind.value for one in found] == ["is", "denied", "planned"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("on 14 April 2026", date(2026, 4, 14)),
        ("14 Apr", date(2026, 4, 14)),
        ("am 3. November", date(2026, 11, 3)),
        ("2026-08-19", date(2026, 8, 19)),
        ("yesterday", date(2026, 11, 22)),
        ("in March", date(2026, 3, 31)),
        ("last December", date(2025, 12, 31)),
        ("in spring", date(2026, 5, 31)),
        ("two weeks ago", date(2026, 11, 9)),
        ("in Q3", date(2026, 9, 30)),
        ("it slipped to January", None),
        ("we may do it", None),
        ("version 7 of the rule", None),
    ],
)
def test_days_are_understood_in_the_past(text, day):
    assert dating.last_day(text, TODAY) == day


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("Friday.", date(2026, 11, 27)),
        ("By Wednesday", date(2026, 11, 25)),
        ("in two weeks", date(2026, 12, 7)),
        ("End of next week", date(2026, 12, 4)),
        ("15 December", date(2026, 12, 15)),
        ("morgen", date(2026, 11, 24)),
    ],
)
def test_due_days_lie_ahead(text, day):
    assert dating.due_day(text, TODAY) == day


@pytest.mark.parametrize(
    "text",
    [
        "The root token is hvs.CAESI-example-1234 if you want to look.",
        "Password: Sommer2026!",
        "Das Passwort lautet Winter-2025",
        "the PIN is 4711",
        "api key = abcd1234efgh",
        "it is AKIAABCDEFGH12345678",
        "postgres://admin:hunter22@db/prod",
        "card 4111 1111 1111 1111",
    ],
)
def test_a_secret_is_masked(text):
    masked, count = secrets.mask(text)
    assert count >= 1
    for secret in (
        "CAESI",
        "Sommer2026",
        "Winter-2025",
        "4711",
        "abcd1234",
        "AKIAABCD",
        "hunter22",
        "4111 1111",
    ):
        assert secret not in masked


@pytest.mark.parametrize(
    "text",
    [
        "The password is stored in the vault.",
        "Keys are AES-256 and rotated yearly.",
        "Tokens are 6 digits.",
        "Code is reviewed by two people, ticket OPS-881.",
        "The policy is https://wiki.example.org/x",
    ],
)
def test_talk_about_secrets_is_no_secret(text):
    assert secrets.mask(text) == (text, 0)


@pytest.mark.parametrize(
    ("text", "act"),
    [
        ("I need to stop, let's go on tomorrow.", Act.STOP),
        ("Machen wir morgen weiter.", Act.STOP),
        ("What do you mean by that?", Act.HELP),
        ("Just put conforms.", Act.PRESSURE),
        ("Tragen Sie einfach konform ein.", Act.PRESSURE),
        ("Are we certified now?", Act.AUTHORITY),
        ("By the way, where is the canteen?", Act.OFF_TOPIC),
        ("Not applicable, we are too small.", Act.NOT_APPLICABLE),
        ("Nicht anwendbar.", Act.NOT_APPLICABLE),
        ("We are being attacked right now, the server is encrypted.", Act.INCIDENT),
        ("My boss told me to delete the log.", Act.WRONGDOING),
        ("I cannot show you that, it is confidential.", Act.REFUSES_EVIDENCE),
        ("Let us skip this one.", Act.SKIP),
        ("That is wrong.", Act.DISAGREE),
    ],
)
def test_what_a_reply_does_is_seen(text, act):
    assert speech.read(text).does(act)


@pytest.mark.parametrize(
    "text",
    [
        "If ransomware is happening right now we call the hotline.",
        "We finish the review in May.",
        "The last incident was a phishing mail in May.",
        "We go through the list every month.",
    ],
)
def test_ordinary_answers_do_nothing_else(text):
    assert speech.read(text).acts == ()


@pytest.mark.parametrize(
    ("text", "person"),
    [
        ("That's for Dana in procurement.", "Dana (procurement)"),
        ("You'd have to ask Tom.", "Tom"),
        ("Ask our IT manager.", "IT manager"),
        ("Das weiß Frau Huber.", "Frau Huber"),
        ("Tom would know that.", "Tom"),
        ("The team handles it every day.", None),
        ("We ask for a certificate.", None),
    ],
)
def test_a_colleague_is_found(text, person):
    assert speech.delegate(text) == person


def test_ids_files_and_titles_with_versions_can_be_found_again():
    text = "See STD-04 v1.4, ticket OPS-881 of 19 August 2026, review.xlsx and Access Policy v4."
    found = {one.ref: one for one in mentions.mentions(text, TODAY)}
    assert set(found) == {"STD-04 v1.4", "OPS-881", "review.xlsx", "Access Policy v4"}
    assert found["OPS-881"].day == date(2026, 8, 19)
    assert found["OPS-881"].kind is EvidenceKind.RECORD
    assert found["STD-04 v1.4"].kind is EvidenceKind.DOCUMENT


@pytest.mark.parametrize(
    "text", ["AES-256", "ISO 27001", "control A.5.18", "our own control TB-01", "risk R-12"]
)
def test_names_of_standards_controls_and_risks_are_no_evidence(text):
    assert mentions.mentions(text, TODAY) == ()


def test_a_claim_of_any_reader_must_stand_in_the_reply():
    invented = ExtractedClaim(text="backups run", kind="is", said="Backups run nightly")
    assert checked([invented], "We have backups.") == ()


def test_no_reader_can_turn_a_plan_into_a_practice():
    read_by_a_model = ExtractedClaim(text="a SIEM", kind="is", said="We plan to buy a SIEM")
    assert checked([read_by_a_model], "We plan to buy a SIEM next year.")[0].kind == "planned"


def test_a_model_can_read_claims_into_the_same_schema():
    one = unit("A.8.16")
    assert one is not None
    heard: list[str] = []

    def reader(reply, context):
        heard.append(context.unit.id)
        return [ExtractedClaim(text="x", kind="is", said="watch it", demands=("A.8.16-1",))]

    reading = read("We watch it day and night.", Context(one), 1, TODAY, reader)
    assert heard == ["A.8.16"]
    assert reading.claims[0].demands == ("A.8.16-1",)
