"""Quantities are recognised, and only rules about one thing disagree."""

from __future__ import annotations

import pytest
from hand_made import TODAY, HashEmbedder, document, passages

from knowledge.disagreement import (
    Kind,
    disagree,
    disagreements,
    quantities,
    same_subject,
    statements,
)
from knowledge.library import Library
from knowledge.passages import OWNER, Origin, Reader, Status

DAY = 86_400.0


@pytest.mark.parametrize(
    ("sentence", "kind", "value", "text"),
    [
        ("Screens lock after 10 minutes.", Kind.TIME, 600, "10 minutes"),
        ("Disable it within one business day.", Kind.TIME, 1.4 * DAY, "one business day"),
        ("Answer within thirty (30) days.", Kind.TIME, 30 * DAY, "thirty (30) days"),
        ("Within twenty-four hours of notice.", Kind.TIME, DAY, "twenty-four hours"),
        ("Innerhalb von zwei Werktagen.", Kind.TIME, 2.8 * DAY, "zwei Werktagen"),
        ("A 90-day notice is given.", Kind.TIME, 90 * DAY, "90-day"),
        ("Tests run every quarter.", Kind.PERIOD, 365.25 / 4 * DAY, "every quarter"),
        ("It is done twice a year.", Kind.PERIOD, 365.25 / 2 * DAY, "twice a year"),
        ("It is reviewed yearly.", Kind.PERIOD, 365.25 * DAY, "yearly"),
        ("At 6-month intervals.", Kind.PERIOD, 365.25 / 2 * DAY, "6-month intervals"),
        ("Alle 90 Tage geändert.", Kind.PERIOD, 90 * DAY, "Alle 90 Tage"),
        ("Sie erfolgt halbjährlich.", Kind.PERIOD, 365.25 / 2 * DAY, "halbjährlich"),
        ("At least 14 characters.", Kind.COUNT, 14, "14 characters"),
        ("Mindestens vierzehn Zeichen.", Kind.COUNT, 14, "vierzehn Zeichen"),
        ("After three failed login attempts.", Kind.COUNT, 3, "three failed login attempts"),
        ("Availability is 99,9 %.", Kind.PERCENT, 99.9, "99,9 %"),
        ("Payments above 1,000 EUR.", Kind.MONEY, 1000, "1,000 EUR"),
        ("RSA keys of 2048 bits.", Kind.BITS, 2048, "2048 bits"),
        ("Fences are 1.8 m high.", Kind.LENGTH, 1.8, "1.8 m"),
        ("Mail up to 20 MB.", Kind.SIZE, 20e6, "20 MB"),
    ],
)
def test_a_number_with_a_unit_is_a_quantity(
    sentence: str, kind: Kind, value: float, text: str
) -> None:
    (found,) = quantities(sentence)
    assert (found.kind, found.value, found.text) == (kind, pytest.approx(value), text)
    assert sentence[found.start : found.end] == text


@pytest.mark.parametrize(
    "sentence",
    [
        "Data at rest is encrypted with AES-256.",
        "Data in transit uses TLS 1.2 or higher.",
        "See POL-05 section 4.3, version 3.1 of 2026-03-02, and ISO/IEC 27001:2022.",
        "Approved on 12 March 2026 under A.8.24 and clause 9.2.",
        "Tier 1 systems, Windows 11 devices and SEV 2 incidents are listed in Annex 3.",
        "The desk answers around the clock, 24 hours a day, 7 days a week.",
        "In 2025 audits were late.",
        "Rule 4.4 applies to all, as rule \u200e4.5 applies.",
    ],
)
def test_ids_versions_dates_and_service_times_are_no_quantities(sentence: str) -> None:
    assert quantities(sentence) == ()


def test_each_clause_keeps_its_own_quantity() -> None:
    first, second = statements(
        "Privileged access is reviewed every quarter; standard access every six months."
    )
    assert "privileg" in first.words
    assert "privileg" not in second.words
    assert second.quantity.text == "every six months"


DIFFERENT_VALUES = [
    (
        "Screens lock after 10 minutes without activity.",
        "When working remotely, screens lock after 5 minutes without activity.",
    ),
    (
        "Passwords must be at least 12 characters long.",
        "The minimum password length is 14 characters.",
    ),
    (
        "Passwords have at least 14 characters.",
        "User passwords must contain a minimum of 10 characters.",
    ),
    (
        "Backups are kept for 30 days.",
        "Tier-1 systems are backed up daily; backups are kept for 35 days.",
    ),
    (
        "Access of leavers is disabled within 24 hours of the end of the last working day.",
        "The access rights of leavers must be revoked within 3 working days.",
    ),
    (
        "All employees must complete security awareness training annually.",
        "Security awareness training is completed by all staff every two years.",
    ),
    (
        "Log files are retained for 90 days.",
        "Logs must be retained for at least 12 months; they are then deleted.",
    ),
    (
        "Security incidents must be reported to the Security Lead within 4 hours.",
        "Employees report security incidents within 24 hours to the service desk.",
    ),
    (
        "User access rights are reviewed every six months.",
        "Access rights of users shall be reviewed at least annually by the system owner.",
    ),
    (
        "Accounts are locked after 5 failed login attempts.",
        "After three failed login attempts the account is locked.",
    ),
    (
        "Der Bildschirm wird nach 5 Minuten Inaktivität gesperrt.",
        "Bildschirme sperren sich nach zehn Minuten Inaktivität automatisch.",
    ),
    (
        "Passwörter müssen mindestens 12 Zeichen lang sein.",
        "Kennwörter bestehen aus mindestens 10 Zeichen.",
    ),
    (
        "Critical vulnerabilities are patched within 7 days.",
        "Critical vulnerabilities must be remediated within 14 days of release.",
    ),
    (
        "Visitor logs are kept for 6 months.",
        "The retention period for visitor logs is one year.",
    ),
    (
        "Penetration tests are carried out annually.",
        "A penetration test is performed every two years by an external company.",
    ),
    (
        "CCTV recordings are deleted after 30 days.",
        "CCTV recordings are deleted after 72 hours.",
    ),
    (
        "Customer data is deleted 30 days after the contract ends.",
        "We delete customer data within 90 days after the end of the contract.",
    ),
    (
        "Record: Audit logs | Retention: 12 months | Owner: IT",
        "Audit logs are kept for 6 months.",
    ),
    (
        "Sessions time out after 15 minutes of inactivity.",
        "Idle sessions are terminated after 30 minutes.",
    ),
    (
        "The recovery time objective (RTO) for the ledger service is 4 hours.",
        "RTO of the ledger service: 8 hours",
    ),
    (
        "Die Zugriffsrechte werden jährlich überprüft.",
        "Zugriffsrechte sind halbjährlich zu überprüfen.",
    ),
    (
        "Laptops lock automatically after 15 minutes of inactivity.",
        "Laptops must lock after 5 minutes of inactivity, without exception.",
    ),
    (
        "Encryption keys are rotated every year.",
        "Keys are rotated every 24 months.",
    ),
    (
        "The service is available 99.9 % of the time.",
        "We guarantee an availability of the service of 99.5 %.",
    ),
    (
        "USB storage exceptions last 30 days at most.",
        "USB storage exceptions are granted for up to 90 days.",
    ),
    (
        "Affected customers are informed of a breach within 48 hours.",
        "Customers affected by a breach are notified within 72 hours of confirmation.",
    ),
    (
        "Wir bewahren Protokolldaten 90 Tage lang auf.",
        "Protokolldaten werden 12 Monate aufbewahrt.",
    ),
    (
        "Workstations lock after 10 minutes of inactivity.",
        "The screen lock activates after 5 minutes of inactivity.",
    ),
    (
        "Risk assessments are conducted annually.",
        "The risk assessment is repeated every two years.",
    ),
    (
        "Suppliers are reviewed annually.",
        "All suppliers are reviewed every three years.",
    ),
    (
        "Security patches rated critical are installed within 14 days.",
        "Critical patches must be applied within 72 hours of release.",
    ),
    (
        "Backups are stored for 90 days.",
        "Backup media are retained for one year.",
    ),
    (
        "Employees must report a lost device within 4 hours.",
        "Lost devices are reported to IT within 24 hours.",
    ),
    (
        "Passwords: minimum 8 characters, changed every 60 days.",
        "Passwords must have at least 12 characters.",
    ),
    (
        "Access reviews take place every quarter.",
        "Access reviews are carried out once a year by the line manager.",
    ),
    (
        "Patientenakten werden 10 Jahre aufbewahrt.",
        "Patientenakten sind 30 Jahre aufzubewahren.",
    ),
    (
        "Sicherheitsvorfälle sind innerhalb von 24 Stunden zu melden.",
        "Sicherheitsvorfälle müssen binnen 4 Stunden an den ISB gemeldet werden.",
    ),
    (
        "Mitarbeiter werden jährlich geschult.",
        "Alle Mitarbeiter werden alle zwei Jahre geschult.",
    ),
    (
        "Video recordings from the plant are kept for 14 days.",
        "Video recordings of the plant are deleted after 30 days.",
    ),
    (
        "The fire extinguishers are inspected every 2 years.",
        "Fire extinguishers are inspected yearly.",
    ),
    (
        "VPN sessions are disconnected after 8 hours.",
        "A VPN session is terminated after 12 hours.",
    ),
    (
        "Default retention of e-mail is 2 years.",
        "E-mails are kept for seven years.",
    ),
    (
        "Administrator accounts are reviewed monthly.",
        "Administrator accounts are reviewed every quarter.",
    ),
    (
        "Vendors are assessed every 12 months.",
        "Supplier assessments are repeated every 24 months.",
    ),
]
DIFFERENT_THINGS = [
    (
        "Passwords have at least 12 characters.",
        "PINs have at least 6 digits.",
    ),
    (
        "Backups are kept for 30 days.",
        "Backup logs are kept for 12 months.",
    ),
    (
        "Visitors are escorted and sign in; badges expire after 1 day.",
        "Contractor badges expire after 90 days.",
    ),
    (
        "Production logs are kept for 12 months.",
        "Test logs are kept for 1 month.",
    ),
    (
        "The board meets four times a year.",
        "The security committee meets every month.",
    ),
    (
        "The RTO of the payment system is 4 hours.",
        "The RPO of the payment system is 1 hour.",
    ),
    (
        "Patches of medium severity are installed within 60 days.",
        "Patches of low severity are installed within 90 days.",
    ),
    (
        "Failed jobs are repeated after 10 minutes.",
        "Failed logins lock the account for 30 minutes.",
    ),
    (
        "New suppliers are assessed within 30 days.",
        "Existing suppliers are assessed every year.",
    ),
    (
        "Die Räume werden alle 2 Jahre geprüft.",
        "Die Feuerlöscher werden jährlich geprüft.",
    ),
    (
        "After 5 failed attempts the account is locked.",
        "The account is locked for 15 minutes after 5 failed attempts.",
    ),
    (
        "Risk owners review their risks every quarter.",
        "The risk manager reviews the risk method every year.",
    ),
    (
        "HR informs IT of leavers within 2 working days.",
        "IT disables accounts of leavers within 24 hours.",
    ),
    (
        "A minor change needs approval within 5 days.",
        "An emergency change needs approval within 1 day.",
    ),
    (
        "Cardholder data is deleted after 12 months.",
        "Employee data is deleted after 10 years.",
    ),
    (
        "Privileged access is reviewed every quarter.",
        "Standard access is reviewed every six months.",
    ),
    (
        "Contracts with critical suppliers contain notice of security incidents within 24 hours "
        "and a right to audit.",
        "Affected customers are told within 48 hours of confirmation.",
    ),
    (
        "For SEV1 the incident manager informs the CEO within 2 hours.",
        "Report any suspected event at once, at the latest within 1 hour, to security@x.example.",
    ),
    (
        "This policy is reviewed every year.",
        "This policy is reviewed every two years.",
    ),
    (
        "Audit logs are kept for 12 months.",
        "Visitor logs are kept for 6 months.",
    ),
    (
        "Actions for a major are due in 60 days, for a minor in 90 days.",
        "Actions for a minor are due in 90 days.",
    ),
    (
        "Passwords have at least 14 characters.",
        "Administrator passwords have at least 20 characters.",
    ),
    (
        "Backups are kept for 35 days.",
        "Backups are tested every 30 days.",
    ),
    (
        "Accounts are disabled within 24 hours.",
        "Accounts are disabled after 90 days of inactivity.",
    ),
    (
        "Report incidents to the security team within 1 hour.",
        "Incidents are reported to the supervisory authority within 72 hours.",
    ),
    (
        "Reviews take place every quarter.",
        "Reviews take place every 3 months.",
    ),
    (
        "Logs are kept for 90 days.",
        "Logs are kept for three months.",
    ),
    (
        "Customer data is deleted 30 days after the contract ends.",
        "Applications of unsuccessful candidates are deleted after six months.",
    ),
    (
        "Passwords have at least 12 characters.",
        "Passwords have up to 64 characters.",
    ),
    (
        "The plan is due 10 working days after the finding.",
        "The plan is due within two weeks.",
    ),
    (
        "Critical vulnerabilities are patched within 7 days.",
        "High vulnerabilities are patched within 30 days.",
    ),
    (
        "A post-incident review is held within 10 working days of closure.",
        "Effectiveness is reviewed 90 days after implementation by someone other than its owner.",
    ),
    (
        "Guest Wi-Fi passwords are changed every month.",
        "User passwords are changed every year.",
    ),
    (
        "A restore test of each tier-1 system is done every quarter.",
        "Tier-1 systems are backed up daily; backups are kept for 35 days.",
    ),
    (
        "Data at rest is encrypted with AES-256.",
        "Data at rest is encrypted with AES-128.",
    ),
    (
        "New employees complete the training within 30 days of joining.",
        "Employees complete the training every year.",
    ),
    (
        "New employees complete the training within 30 days of joining.",
        "Managers complete the training within 90 days.",
    ),
    (
        "Records of training are kept for 3 years.",
        "Records of incidents are kept for 5 years.",
    ),
    (
        "Quarterly reports go to the board.",
        "Monthly reports go to the CEO.",
    ),
    (
        "The CISO reports to management quarterly.",
        "The DPO reports to management annually.",
    ),
    (
        "The internal audit programme covers all clauses within three years.",
        "Internal audits are performed every year.",
    ),
    (
        "Die Datensicherung erfolgt täglich.",
        "Die Wiederherstellung der Datensicherung wird vierteljährlich getestet.",
    ),
    (
        "Full backups are made weekly.",
        "Incremental backups are made daily.",
    ),
    (
        "Vulnerability scans are run weekly.",
        "Penetration tests are run annually.",
    ),
    (
        "Customer backups are kept for 35 days.",
        "Developer backups are kept for 7 days.",
    ),
    (
        "Firewall rules are reviewed every six months.",
        "User access rights are reviewed every year.",
    ),
    (
        "Test data is deleted after 30 days.",
        "Customer data is deleted after 90 days.",
    ),
    (
        "Server logs are retained for 90 days.",
        "Firewall logs are retained for 365 days.",
    ),
    (
        "Keys for disk encryption are rotated every two years.",
        "Keys for signing are rotated every year.",
    ),
    (
        "SEV2 incidents are resolved within 8 hours.",
        "SEV1 incidents are resolved within 4 hours.",
    ),
    (
        "Records: Invoices | Retention: 10 years",
        "Records: Contracts | Retention: 6 years",
    ),
]


@pytest.mark.parametrize(("a", "b"), DIFFERENT_VALUES)
def test_different_values_for_one_thing_disagree(a: str, b: str) -> None:
    found = disagree(a, b)
    assert found is not None
    assert (found.a, found.b) == (a, b)
    assert found.subject
    assert disagree(b, a) is not None


@pytest.mark.parametrize(("a", "b"), DIFFERENT_THINGS)
def test_different_things_or_equal_values_do_not_disagree(a: str, b: str) -> None:
    assert disagree(a, b) is None
    assert disagree(b, a) is None


def test_a_sentence_agrees_with_itself() -> None:
    (one,) = statements("Backups are kept for 35 days.")
    assert same_subject(one, one) == 1.0
    assert disagree(one.sentence, one.sentence) is None


@pytest.fixture
def library(tmp_path):
    opened = Library.open(tmp_path / "workspace", HashEmbedder(), create=True)
    yield opened
    opened.close()


def _load(library: Library, *texts: tuple[object, tuple[str, ...]]) -> None:
    library.load([(one, passages(one, *texts)) for one, texts in texts])


def test_rules_that_disagree_are_quoted_with_their_places(library: Library) -> None:
    use = document("use.md", title="Acceptable Use", identifier="POL-07", version="2.3")
    remote = document("remote.md", title="Remote Working", identifier="POL-11", version="1.5")
    _load(
        library,
        (use, (("4.2 Screens", "Screens lock after 10 minutes without activity. Be careful."),)),
        (
            remote,
            (("3.1", "When working remotely, screens lock after 5 minutes without activity."),),
        ),
    )
    (found,) = disagreements(library.view(OWNER, today=TODAY))
    assert {found.values} == {("5 minutes", "10 minutes")}
    assert found.a_at is not None
    assert found.b_at is not None
    assert (found.b_at.identifier, found.b_at.version, found.b_at.section) == (
        "POL-07", "2.3", "4.2 Screens",
    )  # fmt: skip
    assert found.b_at.quote == "Screens lock after 10 minutes without activity."
    assert found.a_at.identifier == "POL-11"


@pytest.mark.parametrize(
    "other",
    [
        {"status": Status.RETIRED},
        {"status": Status.DRAFT},
        {"status": Status.EXTERNAL},
        {"origin": Origin.REGISTER},
        {"origin": Origin.GUIDANCE},
    ],
)
def test_a_text_that_states_no_rule_disagrees_with_nothing(
    library: Library, other: dict[str, object]
) -> None:
    _load(
        library,
        (document("now.md", version="1.4"), ("Backups are kept for 35 days.",)),
        (document("other.md", version="1.3", **other), ("Backups are kept for 30 days.",)),
    )
    assert disagreements(library.view(OWNER, today=TODAY)) == ()


def test_a_superseded_version_does_not_disagree_with_its_successor(library: Library) -> None:
    facts = {"title": "Backup Standard", "identifier": "STD-04"}
    _load(
        library,
        (document("old.md", version="1.3", **facts), ("Backups are kept for 30 days.",)),
        (document("new.md", version="1.4", **facts), ("Backups are kept for 35 days.",)),
    )
    assert disagreements(library.view(OWNER, today=TODAY)) == ()


def test_a_rule_that_the_other_document_states_too_is_a_meant_difference(library: Library) -> None:
    _load(
        library,
        (
            document("a.md"),
            ("Access rights are reviewed every six months.", "Access rights to keys are reviewed "
            "every month."),
        ),
        (document("b.md"), ("All access rights are reviewed every six months.",)),
    )  # fmt: skip
    assert disagreements(library.view(OWNER, today=TODAY)) == ()


def test_a_text_without_the_right_disagrees_with_nothing(library: Library) -> None:
    secret = document("secret.md", read=("management",))
    _load(
        library,
        (document("open.md"), ("Backups are kept for 35 days.",)),
        (secret, ("Backups are kept for 30 days.",)),
    )
    assert disagreements(library.view(Reader("u"), today=TODAY)) == ()
    assert len(disagreements(library.view(OWNER, today=TODAY))) == 1


def test_a_clause_that_only_bounds_the_number_takes_its_subject_from_the_sentence() -> None:
    found = disagree(
        "Alle Beschäftigten melden Sicherheitsvorfälle unverzüglich, spätestens innerhalb von "
        "4 Stunden, an den Service-Desk.",
        "2. Vorfall innerhalb von 24 Stunden dem Service-Desk melden.",
    )
    assert found is not None
    assert found.values == ("4 Stunden", "24 Stunden")


def test_service_accounts_have_rules_of_their_own() -> None:
    general = "Passwörter müssen mindestens 12 Zeichen lang sein."
    special = "Passwörter von Dienstkonten haben mindestens 24 Zeichen."
    assert disagree(general, special) is None
