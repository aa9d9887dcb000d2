"""The container of the web server: has a certificate ready, then becomes cockpit-ws."""

import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Final, NoReturn

WEB_SERVER: Final = "/usr/lib/cockpit/cockpit-ws"
CERTIFICATES: Final = Path("/etc/cockpit/ws-certs.d")
GIVEN: Final = Path("/etc/virtpod/tls")  # a Secret of type kubernetes.io/tls, if there is one
_NAMES: Final = ("virt-cockpit", "virt-cockpit.kubevirt.svc", "localhost")
_DAYS: Final = 365


def serve_web(port: int) -> NoReturn:
    """Become cockpit-ws."""
    prepare_certificate(GIVEN, CERTIFICATES)
    os.execv(WEB_SERVER, [WEB_SERVER, "--port", str(port)])  # noqa: S606 - that is the point


def prepare_certificate(given: Path, folder: Path) -> None:
    """Put the certificate where cockpit-ws looks; without one make one that signs itself."""
    certificate, key = folder / "0-virtpod.crt", folder / "0-virtpod.key"
    if (given / "tls.crt").exists():
        shutil.copyfile(given / "tls.crt", certificate)
        key.touch(mode=0o600)
        shutil.copyfile(given / "tls.key", key)
        return
    names = ",".join(f"DNS:{name}" for name in _NAMES)
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    command += ["-nodes", "-days", str(_DAYS), "-subj", f"/CN={_NAMES[0]}"]
    command += ["-addext", f"subjectAltName={names}", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run(command, check=True, capture_output=True)
    shown = ["openssl", "x509", "-noout", "-fingerprint", "-sha256", "-in", str(certificate)]
    said = subprocess.run(shown, check=True, capture_output=True, text=True).stdout.strip()
    print(f"no certificate was given; made one: {said}", file=sys.stderr, flush=True)
