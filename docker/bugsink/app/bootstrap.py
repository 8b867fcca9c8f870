"""
What must be in Bugsink before it serves: the tables, one team, the catalogue's projects, the user and the API token.

Each start says it again, so that changed secrets take effect.
"""

import os
import shutil
import sqlite3
from pathlib import Path
from uuid import UUID

import yaml
from bsmain.models import AuthToken
from bugsink.version import version
from django.contrib.auth import get_user_model
from django.core.management import call_command
from django.db import connection, transaction
from projects.models import Project, ProjectMembership, ProjectRole
from teams.models import Team, TeamMembership, TeamRole

TEAM = "crash-demo"
TOKEN_DESCRIPTION = "crash-demo"  # noqa: S105 a name, not the token


def make_tables(database: Path, template: Path | None) -> None:
    """
    Bring the database to this version of Bugsink: from the image's template where there is none, else by migrations.

    Args:
        database: the file that lasts.
        template: an empty, migrated database.
    """
    mark = database.with_suffix(f".tables-{version}")
    if mark.exists() and database.exists():
        return
    if template and template.exists() and not database.exists():
        unfinished = database.with_suffix(".unfinished")
        shutil.copyfile(template, unfinished)
        unfinished.rename(database)
    else:
        call_command("migrate", verbosity=0, interactive=False)
    for old in database.parent.glob(f"{database.stem}.tables-*"):
        old.unlink()
    mark.touch()


def make_template(template: Path) -> None:
    """
    Write the template at image build; ``DATABASE_PATH`` must be the same file.
    """
    call_command("migrate", verbosity=0, interactive=False)
    connection.close()
    with sqlite3.connect(template) as file:
        file.execute("PRAGMA wal_checkpoint(TRUNCATE)")


@transaction.atomic
def fill(services: Path, dsn_key: str, token: str, email: str, password: str) -> None:
    """
    Make or correct the team, the user, the token and one project a service.

    Args:
        services: the catalogue's ``services.yaml``.
        dsn_key: public key of every project's DSN (32 hex).
        token: API token with full access (40 hex).
        email: login name of the only user.
        password: its password.
    """
    team, _ = Team.objects.get_or_create(name=TEAM)
    user, _ = get_user_model().objects.get_or_create(username=email, defaults={"email": email})
    user.is_staff = user.is_superuser = True
    if not user.check_password(password):
        user.set_password(password)
    user.save()
    TeamMembership.objects.update_or_create(team=team, user=user, defaults={"role": TeamRole.ADMIN, "accepted": True})
    _set_token(token)
    for service in yaml.safe_load(services.read_text(encoding="utf-8"))["services"]:
        if "project_id" in service:
            _set_project(service["project_id"], service["name"], team, user, UUID(dsn_key))


def _set_token(token: str) -> None:
    AuthToken.objects.filter(description=TOKEN_DESCRIPTION).exclude(token=token).delete()
    if not AuthToken.objects.filter(token=token).exists():
        AuthToken.create_full_access(token=token, description=TOKEN_DESCRIPTION)


def _set_project(project_id: int, name: str, team: Team, user: object, dsn_key: UUID) -> None:
    # No mail server is here to alert anybody.
    silent = {"alert_on_new_issue": False, "alert_on_regression": False, "alert_on_unmute": False}
    project, _ = Project.objects.get_or_create(
        id=project_id, defaults={"name": name, "slug": name, "team": team, **silent}
    )
    if project.sentry_key != dsn_key or project.name != name:
        project.sentry_key, project.name = dsn_key, name
        project.save(update_fields=["sentry_key", "name"])
    ProjectMembership.objects.update_or_create(
        project=project, user=user, defaults={"role": ProjectRole.ADMIN, "accepted": True}
    )


def run() -> None:
    """
    Do all of it, as the environment says.
    """
    template = os.environ.get("BUGSINK_TEMPLATE")
    make_tables(Path(os.environ["DATABASE_PATH"]), Path(template) if template else None)
    fill(
        services=Path(os.environ["CATALOG_DIR"]) / "services.yaml",
        dsn_key=os.environ["BUGSINK_DSN_KEY"],
        token=os.environ["BUGSINK_API_TOKEN"],
        email=os.environ.get("BUGSINK_ADMIN_EMAIL", "admin@example.com"),
        password=os.environ["BUGSINK_ADMIN_PASSWORD"],
    )
    connection.close()
