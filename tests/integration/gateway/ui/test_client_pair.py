"""Client certificates as they are in kubeconfigs, made by openssl: what fits, and speaks."""

import asyncio
import base64
from dataclasses import dataclass
from pathlib import Path

import pytest

from gateway.ui.cookie import MOST_CHARACTERS, SESSION
from tests.integration.gateway.ui.server import PODS
from tests.integration.gateway.ui.world import Browser, World, spell_kubeconfig

LEAF = "basicConstraints=CA:FALSE\nextendedKeyUsage=clientAuth\nkeyUsage=digitalSignature\n"
AUTHORITY = "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign\n"
# As those of kubeadm, with a group or two.
SUBJECT = "/CN=carol@example.com/O=kubeadm:cluster-admins/O=virtual-machine-operators"


@dataclass
class Openssl:
    """Makes keys and certificates in a folder."""

    folder: Path

    def __post_init__(self) -> None:
        self.folder.mkdir()

    async def run(self, *arguments: str) -> None:
        process = await asyncio.create_subprocess_exec(
            "openssl",
            *arguments,
            cwd=self.folder,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
        _, said = await process.communicate()
        assert process.returncode == 0, said.decode()

    async def make(self, name: str, subject: str, key: str, signer: str = "") -> None:
        """Write NAME.key and NAME.crt; without a signer it vouches for itself."""
        await self.run("genpkey", *key.split(), "-out", f"{name}.key")
        await self.run(
            "req", "-new", "-key", f"{name}.key", "-subj", subject, "-out", f"{name}.csr"
        )
        (self.folder / "ext").write_text(LEAF if name == "leaf" else AUTHORITY)
        keys = ["-CA", f"{signer}.crt", "-CAkey", f"{signer}.key"] if signer else []
        keys = keys or ["-signkey", f"{name}.key"]
        request = ["-req", "-in", f"{name}.csr", "-extfile", "ext", "-days", "30", "-sha512"]
        await self.run("x509", *request, *keys, "-out", f"{name}.crt")

    def read(self, *names: str) -> bytes:
        return b"".join((self.folder / name).read_bytes() for name in names)


async def log_in(world: World, certificate: bytes, key: bytes) -> Browser:
    pair = {
        "client-certificate-data": base64.b64encode(certificate).decode(),
        "client-key-data": base64.b64encode(key).decode(),
    }
    browser = world.open_browser()
    answer = await browser.log_in_with(spell_kubeconfig(pair))
    assert answer.code == 200, answer.body
    assert answer.json["user"] == "carol@example.com"
    assert len(SESSION) + 1 + len(browser.cookies[SESSION]) <= MOST_CHARACTERS
    return browser


@pytest.mark.parametrize(
    "key",
    [
        "-algorithm RSA -pkeyopt rsa_keygen_bits:2048",
        "-algorithm RSA -pkeyopt rsa_keygen_bits:3072",
        "-algorithm RSA -pkeyopt rsa_keygen_bits:4096",
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-256",
        "-algorithm EC -pkeyopt ec_paramgen_curve:P-521",
        "-algorithm ED25519",
    ],
)
async def test_a_pair_of_any_usual_kind_fits_and_speaks(
    world: World, tmp_path: Path, key: str
) -> None:
    openssl = Openssl(tmp_path / "pairs")
    await openssl.make("ca", "/CN=kubernetes", "-algorithm RSA -pkeyopt rsa_keygen_bits:2048")
    await openssl.make("leaf", SUBJECT, key, "ca")
    world.server.context.load_verify_locations(cadata=openssl.read("ca.crt").decode())
    # with the authority behind it, as some tools write it
    browser = await log_in(world, openssl.read("leaf.crt", "ca.crt"), openssl.read("leaf.key"))
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 200
    assert world.server.requests[-1].user == "carol@example.com"
    # another replica has nothing but the cookie
    assert world.gateway.door._upstream is not None
    world.gateway.door._upstream._contexts.clear()
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 200


async def test_the_largest_usual_pair_fits_with_an_authority_between(
    world: World, tmp_path: Path
) -> None:
    openssl = Openssl(tmp_path / "pairs")
    large = "-algorithm RSA -pkeyopt rsa_keygen_bits:4096"
    await openssl.make("ca", "/CN=root", large)
    await openssl.make("between", "/CN=between", large, "ca")
    await openssl.make("leaf", SUBJECT, large, "between")
    world.server.context.load_verify_locations(cadata=openssl.read("ca.crt").decode())
    chain = openssl.read("leaf.crt", "between.crt", "ca.crt")
    browser = await log_in(world, chain, openssl.read("leaf.key"))
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 200
    assert world.server.requests[-1].user == "carol@example.com"


async def test_a_key_in_the_older_form_is_the_same_key(world: World, tmp_path: Path) -> None:
    openssl = Openssl(tmp_path / "pairs")
    await openssl.make("ca", "/CN=kubernetes", "-algorithm EC -pkeyopt ec_paramgen_curve:P-256")
    await openssl.make("leaf", SUBJECT, "-algorithm RSA -pkeyopt rsa_keygen_bits:2048", "ca")
    await openssl.run("rsa", "-in", "leaf.key", "-traditional", "-out", "old.key")
    assert openssl.read("old.key").startswith(b"-----BEGIN RSA PRIVATE KEY-----")
    world.server.context.load_verify_locations(cadata=openssl.read("ca.crt").decode())
    browser = await log_in(world, openssl.read("leaf.crt"), openssl.read("old.key"))
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 200
