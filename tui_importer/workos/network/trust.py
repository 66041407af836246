"""Trusted certificates: the system's trust store, or what SSL_CERT_FILE and SSL_CERT_DIR name instead.

What REQUESTS_CA_BUNDLE and CURL_CA_BUNDLE name is trusted, too: they were set for other programs, and a company's
machine often has nothing else. On macOS and Windows the system itself decides, by truststore. Elsewhere its store is
a file or a folder that OpenSSL reads as well, and a plain context is better there: truststore's is locked during a
handshake (measured with 32 threads, 100 ms away: 1.96 s until all are connected, 0.19 s with a plain one).
"""

from __future__ import annotations

import os
import re
import ssl
import sys
from pathlib import Path
from typing import Final

from tui_importer.text import safe
from tui_importer.workos.errors import BadNetworkSettings

INSTEAD: Final = ("SSL_CERT_FILE", "SSL_CERT_DIR")
BESIDES: Final = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
SYSTEM_STORE: Final = "the system's trust store"

SYSTEM_DECIDES = sys.platform in {"darwin", "win32"}

# Where systems keep their certificates when Python was built for another one, as a standalone build is.
SYSTEM_FILES: Final = (
    "/etc/ssl/cert.pem",  # Alpine, Arch, Fedora, RHEL 9, BSD
    "/etc/ssl/certs/ca-certificates.crt",  # Debian, Ubuntu
    "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem",  # Fedora, RHEL 10
    "/etc/pki/tls/cert.pem",  # older Fedora, RHEL, CentOS
    "/etc/ssl/ca-bundle.pem",  # SUSE
)
_BY_HASH = re.compile(r"[0-9a-f]{8}\.[0-9]+", re.IGNORECASE)


class TrustStore:
    """The certificates that all clients of a connection trust. Raises BadNetworkSettings for a file that is of no use.

    `words` names it for the operator. Thread-safe once it is made.
    """

    def __init__(self) -> None:
        instead = _named(INSTEAD)
        self._besides = _named(BESIDES)
        self._shared = None if SYSTEM_DECIDES and not instead else _plain(instead, self._besides)
        if self._shared is None:
            self.context()  # what is named is checked now, not in the first worker
        named = [f"{safe(path, 200)} ({variable})" for variable, path in (*instead, *self._besides)]
        self.words = " or ".join([*([] if instead else [SYSTEM_STORE]), *named])
        self.replaced = bool(instead)

    def context(self) -> ssl.SSLContext:
        """The one context of all clients (loading it takes 20-45 ms); where the system decides, a new one each time.

        That costs nothing, for nothing is loaded, and keeps one client's handshake from holding up the others'.
        """
        if self._shared is not None:
            return self._shared
        import truststore

        context = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        _load_all(context, self._besides)
        return context


def _plain(instead: list[tuple[str, str]], besides: list[tuple[str, str]]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    # A store may hold the CA that signed the server's certificate without that CA's own issuer. Newer Pythons allow it
    # by default, and are stricter about a CA's form than browsers are, which is left out here.
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN
    if instead:
        _load_all(context, instead)
        known = {os.path.realpath(path) for _, path in instead}
    else:
        known = _load_system(context)
    _load_all(context, [place for place in besides if os.path.realpath(place[1]) not in known])
    return context


def _load_system(context: ssl.SSLContext) -> set[str]:
    """The system's file and folder; certifi's list where the system has none, as in a minimal container.

    Returns the real paths of what was loaded.
    """
    own = ssl.get_default_verify_paths()  # its openssl_* members are as built, whatever the environment says
    found = {own.openssl_cafile} if _try_file(context, own.openssl_cafile) else set()
    if _has_certificates(own.openssl_capath):
        context.load_verify_locations(capath=own.openssl_capath)
        found.add(own.openssl_capath)
    found = found or {next((file for file in SYSTEM_FILES if _try_file(context, file)), "")} - {""}
    if not found:
        import certifi

        found = {certifi.where()}
        context.load_verify_locations(cafile=certifi.where())
    return {os.path.realpath(path) for path in found}


def _try_file(context: ssl.SSLContext, file: str) -> bool:
    try:
        context.load_verify_locations(cafile=file)
    except OSError:  # there is none, or it is empty
        return False
    return True


def _has_certificates(folder: str) -> bool:
    try:
        return any(_BY_HASH.fullmatch(name) for name in os.listdir(folder))  # noqa: PTH208 - hundreds of names
    except OSError:
        return False


def _named(variables: tuple[str, ...]) -> list[tuple[str, str]]:
    """Each variable with the path it names, each path once; SSL_CERT_DIR may name several folders."""
    found: dict[str, str] = {}
    for variable in variables:
        value = os.environ.get(variable, "")
        paths = value.split(os.pathsep) if variable == "SSL_CERT_DIR" else [value]
        for path in filter(None, paths):
            found.setdefault(path, variable)
    return [(variable, path) for path, variable in found.items()]


def _load_all(context: ssl.SSLContext, places: list[tuple[str, str]]) -> None:
    """Trust what is in each place. Of several folders in one variable some may be missing, as in usual lists."""
    for variable in dict.fromkeys(variable for variable, _ in places):
        paths = [Path(path) for name, path in places if name == variable]
        for path in [path for path in paths if os.path.exists(path)] or paths[:1]:  # noqa: PTH110 - never raises
            _load(context, variable, path)


def _load(context: ssl.SSLContext, variable: str, path: Path) -> None:
    named = f"{variable} names {safe(path, 200)}"
    correct = f"Correct {variable}, or unset it."
    try:
        if not path.is_dir():
            context.load_verify_locations(cafile=path)
        elif any(_BY_HASH.fullmatch(entry.name) for entry in path.iterdir()):
            context.load_verify_locations(capath=path)
        else:
            raise BadNetworkSettings(
                f"{named}, a folder without certificates under the names that OpenSSL looks for.",
                f"Make these names with `openssl rehash {safe(path, 200)}`, or name a file in SSL_CERT_FILE.",
            )
    except ssl.SSLError:
        raise BadNetworkSettings(
            f"{named}, which holds no certificate in PEM form.",
            f"{correct} A certificate in another form is converted by `openssl x509 -in FILE -out FILE.pem`.",
        ) from None
    except OSError as error:
        why = (
            "which does not exist"
            if isinstance(error, FileNotFoundError)
            else f"which cannot be read: {error.strerror}"
        )
        raise BadNetworkSettings(f"{named}, {why}.", correct) from None
