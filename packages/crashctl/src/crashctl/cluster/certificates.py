"""
The root certificates that image builds trust: this machine's, which a TLS-inspecting proxy may have added to.
"""

import os
from collections.abc import Mapping
from pathlib import Path

import certifi

_BUNDLES = ("/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/cert.pem")


def bundle(environ: Mapping[str, str] = os.environ) -> Path:
    """
    The bundle of this machine.

    Args:
        environ: ``SSL_CERT_FILE`` in it wins.

    Returns:
        A file that exists; certifi's own where the system has none.
    """
    named = environ.get("SSL_CERT_FILE")
    candidates = [Path(path) for path in (named, *_BUNDLES) if path]
    return next((path for path in candidates if path.is_file()), Path(certifi.where()))
