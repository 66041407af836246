"""Columns that nobody recognises, mapped by hand, from the look at the file to the import and its resume."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.cli.conftest import FAST

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Cli
    from tui_importer.sandbox.server import Sandbox

MAPS = ("--map", "Kontakt=email", "--map", "Firma=org_name", "--map", "Tarif=metadata", "--map", "Name=-")


def test_a_file_with_its_own_names_is_mapped_saved_planned_and_imported(
    tmp_path: Path, cli: Cli, sandbox: Sandbox
) -> None:
    source = tmp_path / "kunden.csv"
    rows = [f"u{n}@x.example;Firma {n % 2};Gold {n};N {n}" for n in range(12)]
    source.write_text("\n".join(["Kontakt;Firma;Tarif;Name", *rows]) + "\n", encoding="utf-16")

    refused = cli("run", source, *FAST, "--json", code=2).refusal
    assert "there is no column for e-mail addresses" in refused["message"]
    assert "--map COLUMN=email" in refused["next"]
    assert cli.jobs == []

    plan = cli("run", source, *MAPS, "--save-mapping", "kunden", "--dry-run", "--json", code=0).document
    assert (plan["users"], plan["memberships"], plan["organizations"]["create"]) == (12, 12, 2)
    document = cli(
        "run", source, "--mapping", "kunden", *FAST, "--canary", "3", "--job", "j", "--json", code=3
    ).document
    assert (document["created"], document["pending"]) == (3, 9)
    assert cli("resume", "j", "--json", code=0).document["created"] == 12
    assert {(str(user["email"]), str(user["metadata"]), user.get("name")) for user in sandbox.state.users} == {
        (f"u{n}@x.example", str({"Tarif": f"Gold {n}"}), None) for n in range(12)
    }
    assert {organization["name"] for organization in sandbox.state.organizations} == {"Firma 0", "Firma 1"}


def test_the_last_row_of_a_person_gives_the_profile_when_it_is_chosen(
    tmp_path: Path, cli: Cli, sandbox: Sandbox
) -> None:
    source = tmp_path / "users.csv"
    source.write_text("email,first_name\na@x.example,Old\na@x.example,New\n", encoding="utf-8")
    cli("run", source, *FAST, "--profile-from", "last", code=0)
    assert [user["first_name"] for user in sandbox.state.users] == ["New"]
