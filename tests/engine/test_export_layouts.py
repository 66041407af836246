"""Files of other tools, unchanged, imported into the sandbox: nothing of them may be missing at the end."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.support import finish, memberships_on, open_job, reopen_job
from tui_importer.engine.job.store import Jobs
from tui_importer.engine.options import FrozenOptions, frozen_from
from tui_importer.source.options import Reading

if TYPE_CHECKING:
    from pathlib import Path

    from tui_importer.sandbox.server import Sandbox

BCRYPT = "$2a$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy"

OFFICIAL_USERS = """\
email,password,password_hash,password_hash_type,first_name,last_name,email_verified,external_id,metadata,org_id,\
org_external_id,org_name,role_slugs
ann@x.example,,{bcrypt},bcrypt,Ann,Archer,true,legacy-1,"{{""team"": ""red""}}",,acme,Acme Corp,admin
ann@x.example,,,,,,,,,,globex,Globex,member
ann@x.example,,,,,,,,,,,Initech,"[""member""]"
bob@x.example,Correct-Horse-7,,,Bob,Berg,false,legacy-2,,,acme,Acme Corp,member
bob@x.example,,,,,,,,,{known},,,member
cy@x.example,,,,Cy,Clark,,legacy-3,,,,Initech,
Cy@X.example,,,,,,,,,,globex,Globex,
dee@x.example,,,,Dee,Dunn,TRUE,legacy-4,,,globex,Globex,admin
eve@x.example,,,,Eve,Eng,,,,,acme,,
"""
"""Five people in nine memberships: a tool that gives up on a user who exists already reaches five."""


def test_the_official_importers_users_are_imported_with_all_nine_memberships(tmp_path: Path, sandbox: Sandbox) -> None:
    known = sandbox.seed_organization("Hooli", external_id="hooli")
    source = tmp_path / "users.csv"
    source.write_text(OFFICIAL_USERS.format(bcrypt=BCRYPT, known=known["id"]), encoding="utf-8")
    with open_job(tmp_path, sandbox, source) as job:
        summary = finish(job)
        assert job.exit_code == 0, job.failures_after(0)
    assert (summary.users.created, summary.memberships.created, summary.totals.failed) == (5, 9, 0)
    assert memberships_on(sandbox) == {
        ("ann@x.example", "acme"): 1, ("ann@x.example", "globex"): 1, ("ann@x.example", "Initech"): 1,
        ("bob@x.example", "acme"): 1, ("bob@x.example", "hooli"): 1, ("cy@x.example", "Initech"): 1,
        ("cy@x.example", "globex"): 1, ("dee@x.example", "globex"): 1, ("eve@x.example", "acme"): 1,
    }  # fmt: skip
    ann = next(user for user in sandbox.state.users if user["email"] == "ann@x.example")
    assert (ann["first_name"], ann["email_verified"], ann["external_id"]) == ("Ann", True, "legacy-1")
    assert ann["metadata"] == {"team": "red"}
    roles = sorted(str(membership["role"]["slug"]) for membership in sandbox.state.memberships)
    assert roles.count("admin") == 2


def test_the_official_importers_memberships_bring_nothing_of_theirs_to_the_people(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    source = tmp_path / "organization_memberships.csv"
    source.write_text(
        "email,external_id,user_id,org_id,org_external_id,org_name,role_slugs,metadata\n"
        'ann@x.example,legacy-1,user_01ABC,,acme,Acme Corp,admin,"{""seat"": ""12""}"\n'
        "ann@x.example,legacy-1,user_01ABC,,globex,Globex,member,\n",
        encoding="utf-8",
    )
    with open_job(tmp_path, sandbox, source) as job:
        summary = finish(job)
    assert (summary.users.created, summary.memberships.created) == (1, 2)
    (ann,) = sandbox.state.users
    assert (ann["external_id"], ann.get("metadata") or {}) == ("legacy-1", {})


def test_a_clerk_export_arrives_with_what_it_calls_verified_and_nothing_else(tmp_path: Path, sandbox: Sandbox) -> None:
    source = tmp_path / "clerk.csv"
    source.write_text(
        "id,first_name,last_name,username,primary_email_address,primary_phone_number,verified_email_addresses,"
        "unverified_email_addresses,verified_phone_numbers,unverified_phone_numbers,totp_secret,password_digest,"
        "password_hasher\n"
        f"user_1,Ann,A,annie,ann@x.example,,two@x.example|ann@x.example,,,,JBSWY3DPEHPK3PXP,{BCRYPT},bcrypt\n"
        "user_2,Bob,B,bobby,bob@x.example,+49 1,,bob@x.example,,,,,\n",
        encoding="utf-8",
    )
    reading = Reading(mapping={"username": "metadata", "primary phone number": "metadata"})
    with open_job(tmp_path, sandbox, source, reading=reading) as job:
        summary = finish(job)
        folder = job._folder
    assert (summary.users.created, summary.totals.failed) == (2, 0)
    shown = {
        str(user["email"]): (user["email_verified"], user["external_id"], user["metadata"])
        for user in sandbox.state.users
    }
    assert shown == {
        "ann@x.example": (True, "user_1", {"username": "annie"}),
        "bob@x.example": (False, "user_2", {"username": "bobby", "primary_phone_number": "+49 1"}),
    }
    kept = b"".join(path.read_bytes() for path in folder.rglob("*") if path.is_file())
    assert b"JBSWY3DPEHPK3PXP" not in kept


def test_the_choices_for_a_source_are_kept_in_the_job_for_ever(tmp_path: Path, sandbox: Sandbox) -> None:
    source = tmp_path / "export.csv"
    source.write_bytes("Mail privé;Prénom;Abo\nann@x.example;Zoé;gold\n".encode("cp1252"))
    reading = Reading(
        delimiter=";",
        encoding="cp1252",
        mapping={"Mail privé": "email", "Prénom": "first_name", "Abo": "metadata"},
        repairs=(),
        wins="last",
    )
    with open_job(tmp_path, sandbox, source, reading=reading) as job:
        name = job.name
    assert Jobs(tmp_path / "jobs").options_of(name)[0].reading == reading
    with reopen_job(tmp_path, sandbox, name) as job:
        summary = finish(job)
    assert summary.users.created == 1
    (ann,) = sandbox.state.users
    assert (ann["first_name"], ann["metadata"]) == ("Zoé", {"Abo": "gold"})


def test_options_of_a_job_that_knew_no_choices_are_the_defaults() -> None:
    before = {"base_url": "https://api.workos.com", "on_existing": "update", "limit": 7, "chunk_size": None}
    assert frozen_from(json.dumps(before)) == FrozenOptions(on_existing="update", limit=7)
