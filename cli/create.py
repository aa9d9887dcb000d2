"""`kubectl virt create vm|instancetype|preference`: prints a manifest, and asks no server."""

import argparse
import secrets
import sys
from pathlib import Path
from typing import Final

import msgspec

from api.cause import Cause
from api.config import KubeVirtConfiguration
from api.instancetype import VirtualMachineInstancetypeSpec
from api.names import RunStrategy
from api.preference import VirtualMachinePreferenceSpec
from api.problem import Problem
from api.support_vm import find_unsupported_vm
from api.validate import validate_catalogue, validate_vm
from api.vm import VirtualMachine
from cli.draft import (
    CLOUD_INITS,
    DEFAULT_MEMORY,
    CloudInit,
    Draft,
    Json,
    Wish,
    build_instancetype,
    build_preference,
    build_vm,
)
from cli.draft_volume import CLAIM, CONTAINER_DISK, IMPORT, TYPES, build_volumes
from cli.flag import add_switch
from cli.kubectl import Kubectl
from cli.output import add_output, render
from cli.parameter import check_base64
from cli.target import check_name

# virtctl has these; what they would write is not supported yet.
_NOT_YET: Final = ("--access-cred", "--volume-sysprep", "--gpu", "--hostdevice")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what the command takes."""
    kinds = parser.add_subparsers(required=True, dest="kind", metavar="KIND", title="kinds")
    for name, add, text in (
        ("vm", _add_vm, "a VirtualMachine"),
        ("instancetype", _add_instancetype, "an instancetype"),
        ("preference", _add_preference, "a preference"),
    ):
        kind = kinds.add_parser(
            name, help=text, description=text, epilog=parser.epilog, allow_abbrev=False
        )
        kind.add_argument("--name", default="", help=f"name (default {name}- and a random word)")
        add_output(kind, default="yaml")
        add(kind)


def run(arguments: argparse.Namespace, kubectl: Kubectl) -> int:
    """Print the manifest; one that could not be created is refused."""
    for flag in _NOT_YET:
        if getattr(arguments, flag.strip("-").replace("-", "_"), None):
            raise Problem("FieldNotSupported", f"{flag} is not supported yet")
    name = check_name(arguments.name or f"{arguments.kind}-{secrets.token_hex(3)}")
    namespace = kubectl.given_namespace
    if arguments.kind == "vm":
        item = build_vm(read_draft(arguments, name, namespace))
        check(find_vm_causes(item))
    else:
        scope = namespace if arguments.namespaced else None
        item = _build_of_catalogue(arguments, name, scope)
    print(render(item, arguments.output), end="")
    return 0


def read_draft(arguments: argparse.Namespace, name: str, namespace: str) -> Draft:
    """Return what the flags say of a VM."""
    volumes = build_volumes(
        name, arguments.volume_containerdisk, arguments.volume_pvc, arguments.volume_import
    )
    return Draft(
        name=name,
        namespace=namespace,
        run_strategy=arguments.run_strategy,
        grace_seconds=arguments.termination_grace_period,
        memory=arguments.memory,
        instancetype=_read_wish(arguments, "instancetype"),
        preference=_read_wish(arguments, "preference"),
        volumes=volumes,
        cloud_init=_read_cloud_init(arguments),
    )


def find_vm_causes(item: Json) -> tuple[Cause, ...]:
    """Return all for which the API server would refuse the VM, or the controller not run it."""
    try:
        vm = msgspec.convert(item, VirtualMachine)
    except msgspec.ValidationError as error:
        raise Problem("Invalid", f"no VM can be like that: {error}") from error
    return (*validate_vm(vm, KubeVirtConfiguration()), *find_unsupported_vm(vm.spec))


def check(causes: tuple[Cause, ...]) -> None:
    """Refuse what has faults."""
    if causes:
        raise Problem("Invalid", "\n".join(_describe(cause) for cause in causes))


def _describe(cause: Cause) -> str:
    named = cause.message.startswith(cause.field)
    return cause.message if named else f"{cause.field}: {cause.message}"


def _build_of_catalogue(arguments: argparse.Namespace, name: str, namespace: str | None) -> Json:
    type_: type[VirtualMachineInstancetypeSpec | VirtualMachinePreferenceSpec]
    if arguments.kind == "instancetype":
        item = build_instancetype(name, namespace, arguments.cpu, arguments.memory)
        type_ = VirtualMachineInstancetypeSpec
    else:
        item = build_preference(
            name,
            namespace,
            arguments.cpu_topology,
            arguments.machine_type,
            arguments.volume_storage_class,
        )
        type_ = VirtualMachinePreferenceSpec
    try:
        check(validate_catalogue(msgspec.convert(item["spec"], type_)))
    except msgspec.ValidationError as error:
        raise Problem("Invalid", f"no {arguments.kind} can be like that: {error}") from error
    return item


def _read_wish(arguments: argparse.Namespace, family: str) -> Wish:
    name, volume = getattr(arguments, family), getattr(arguments, f"infer_{family}_from")
    infer = getattr(arguments, f"infer_{family}")
    if sum((bool(name), bool(volume), infer is not None)) > 1:
        flags = f"--{family}, --infer-{family} and --infer-{family}-from"
        raise Problem("BadFlag", f"of {flags} there can be one")
    return Wish(name, volume, infer)


def _read_cloud_init(arguments: argparse.Namespace) -> CloudInit:
    user_data, network = arguments.cloud_init_user_data, arguments.cloud_init_network_data
    return CloudInit(
        kind=arguments.cloud_init,
        user=arguments.user,
        password=_read_password(arguments.password_file) if arguments.password_file else "",
        ssh_keys=tuple(arguments.ssh_key),
        agent_manages_keys=arguments.ga_manage_ssh,
        user_data_base64=check_base64("--cloud-init-user-data", user_data),
        network_data_base64=check_base64("--cloud-init-network-data", network),
    )


def _read_password(path: str) -> str:
    print("the password will be readable in the VM's manifest", file=sys.stderr)
    try:
        return Path(path).read_text().rstrip("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise Problem("Unreadable", f"cannot read {path}: {error}") from error


def _add_vm(parser: argparse.ArgumentParser) -> None:
    strategies = [str(each) for each in RunStrategy]
    parser.add_argument("--run-strategy", choices=strategies, default="Always", help="when it runs")
    text = "seconds that the guest gets to shut down (default 180)"
    parser.add_argument("--termination-grace-period", type=int, default=180, help=text)
    parser.add_argument("--memory", default="", help=f"as 1Gi (default {DEFAULT_MEMORY})")
    for family in ("instancetype", "preference"):
        parser.add_argument(f"--{family}", default="", metavar="[KIND/]NAME", help="which to use")
        text = f"take the {family} from the labels of the volume that the VM boots from"
        switch = f"--infer-{family}"
        parser.add_argument(switch, action="store_const", const=True, help=text)
        for word, value in (("true", True), ("false", False)):
            parser.add_argument(
                f"{switch}={word}",
                dest=f"infer_{family}",
                action="store_const",
                const=value,
                help=argparse.SUPPRESS,
            )
        text = f"take the {family} from the labels of this volume"
        parser.add_argument(f"--infer-{family}-from", default="", metavar="VOLUME", help=text)
    _add_volumes(parser)
    _add_cloud_init(parser)
    _add_not_yet(parser, _NOT_YET[:2])


def _add_volumes(parser: argparse.ArgumentParser) -> None:
    for flag, text in (
        (CONTAINER_DISK, "a container disk: src:IMAGE[,name:…,bootorder:N,pullpolicy:…]"),
        (CLAIM, "a claim: src:NAME[,name:…,bootorder:N]"),
        (IMPORT, f"a disk that CDI fills: type:{'|'.join(TYPES)},size:…,url:… or src:…"),
    ):
        parser.add_argument(
            flag, action="append", default=[], metavar="PARAMETERS", help=f"{text}; repeatable"
        )


def _add_cloud_init(parser: argparse.ArgumentParser) -> None:
    kinds = (*CLOUD_INITS, "none")
    parser.add_argument("--cloud-init", choices=kinds, default="nocloud", help="which data source")
    parser.add_argument("--user", default="", help="user that cloud-init makes")
    text = "file with the user's password"
    parser.add_argument("--password-file", default="", metavar="FILE", help=text)
    text = "public key that the user may log in with; repeatable"
    parser.add_argument("--ssh-key", action="append", default=[], metavar="KEY", help=text)
    add_switch(parser, "--ga-manage-ssh", help="let the guest agent manage keys, under SELinux")
    for data in ("user", "network"):
        text = f"whole {data} data in base64"
        parser.add_argument(f"--cloud-init-{data}-data", default="", metavar="BASE64", help=text)


def _add_instancetype(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cpu", type=int, required=True, help="number of vCPUs")
    parser.add_argument("--memory", required=True, help="as 1Gi")
    add_switch(parser, "--namespaced", help="of a namespace, not of the cluster")
    _add_not_yet(parser, _NOT_YET[2:])


def _add_preference(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--cpu-topology", default="", help="sockets, cores, threads, spread or any")
    parser.add_argument("--machine-type", default="", help="as q35")
    parser.add_argument("--volume-storage-class", default="", help="of DataVolumes")
    add_switch(parser, "--namespaced", help="of a namespace, not of the cluster")


def _add_not_yet(parser: argparse.ArgumentParser, flags: tuple[str, ...]) -> None:
    for flag in flags:
        parser.add_argument(flag, action="append", help=argparse.SUPPRESS)
