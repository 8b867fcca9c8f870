import pytest
from crashkit.settings import ServiceSettings, SettingsError, read_settings

ENOUGH = {"PORT": "8082", "CATALOG_DIR": "/app/catalog"}
SECRET = "a-token-nobody-may-see"


@pytest.fixture
def environment(monkeypatch):
    """The environment of a pod, and nothing of this machine's."""

    def told(**variables):
        for name in ServiceSettings.model_fields:
            monkeypatch.delenv(name.upper(), raising=False)
        for name, value in {**ENOUGH, **variables}.items():
            monkeypatch.setenv(name, value)

    return told


def test_what_is_enough_to_start(environment):
    """
    A port and the catalogue are all that a service must be told; faults are off, nothing is sent.
    """
    environment()

    settings = read_settings(ServiceSettings)

    assert not settings.policy.enabled
    assert not settings.policy.allow_get
    assert settings.sentry_dsn is None


def test_every_missing_variable_is_named_at_once(environment, monkeypatch):
    """
    Whoever mends the environment sees all of it, by the names of the variables.
    """
    environment(TRACES_SAMPLE_RATE="2")
    monkeypatch.delenv("CATALOG_DIR")

    with pytest.raises(SettingsError) as caught:
        read_settings(ServiceSettings)

    assert "CATALOG_DIR: Field required" in str(caught.value)
    assert "TRACES_SAMPLE_RATE: Input should be less than or equal to 1" in str(caught.value)


@pytest.mark.parametrize("token", [{}, {"FAULTS_TOKEN": ""}])
def test_faults_without_a_token_do_not_start(environment, token):
    """
    Faults that anybody could fire are refused at the start, with the variable's name.
    """
    environment(FAULTS_ENABLED="true", **token)

    with pytest.raises(SettingsError, match="FAULTS_TOKEN must be set"):
        read_settings(ServiceSettings)


def test_no_secret_is_shown(environment):
    """
    Neither the settings' text nor a mistake in them shows the token or the DSN.
    """
    environment(FAULTS_ENABLED="true", FAULTS_TOKEN=SECRET, SENTRY_DSN=f"http://{SECRET}@sink/2")
    settings = read_settings(ServiceSettings)
    environment(FAULTS_ENABLED="perhaps", FAULTS_TOKEN=SECRET, SENTRY_DSN=f"http://{SECRET}@sink/2")

    with pytest.raises(SettingsError) as caught:
        read_settings(ServiceSettings)

    assert SECRET not in repr(settings)
    assert SECRET not in str(caught.value)
    assert SECRET == settings.policy.token


def test_settings_do_not_change(environment):
    """
    What was read at the start holds until the end.
    """
    environment()

    with pytest.raises(ValueError, match="frozen"):
        read_settings(ServiceSettings).port = 1


def test_an_empty_folder_is_no_folder(environment):
    """
    STATE_DIR without a value is no folder, and not the one that the process happens to run in.
    """
    environment(STATE_DIR="")

    assert read_settings(ServiceSettings).state_dir is None


def test_the_spool_has_bounds(environment):
    """
    What waits on disk has room for 64 MiB and 2000 files unless the environment says otherwise, and never for none.
    """
    environment()
    settings = read_settings(ServiceSettings)
    assert (64, 2000) == (settings.spool_max_mib, settings.spool_max_files)

    environment(SPOOL_MAX_MIB="0", SPOOL_MAX_FILES="none")
    with pytest.raises(SettingsError, match=r"SPOOL_MAX_MIB: .*SPOOL_MAX_FILES: "):
        read_settings(ServiceSettings)
