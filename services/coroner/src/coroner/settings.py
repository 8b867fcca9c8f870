"""
What the coroner is told by its environment.
"""

from crashkit.settings import ServiceSettings
from pydantic import Field, SecretStr


class Settings(ServiceSettings):
    """Read once, in ``__main__``; the rest of the code takes it as an argument."""

    port: int = Field(8086, ge=1, le=65535, description="Port to listen on.")
    sentry_dsn: SecretStr = Field(description="Where deaths are told: the coroner's project at the sink.")
    release_name: str = Field(min_length=1, description="Name of the release whose pods are watched.")
    pod_namespace: str = Field(min_length=1, description="Namespace of the release.")
    kube: str = Field("in-cluster", description="in-cluster, or the path of a kubeconfig.")
    reads_logs: bool = Field(False, description="Whether the role allows to read logs (pods/log).")
    tell_within_h: float = Field(
        72, gt=0, le=720, description="Hours after which a death is no longer told; as long as the sink keeps events."
    )
