"""Run in a pod's network namespace: looks, plans and applies, and prints the DHCP arguments."""

import dataclasses
import json
import sys

from api.interface import Interface, InterfaceBridge, InterfaceMasquerade, InterfacePort
from api.network import PodNetwork
from launcher.dhcp import build_arguments
from launcher.link import Observation, apply_network
from launcher.network import plan_network
from launcher.resolver import Resolver

UID = "5d307ca9-b3ef-428c-8861-06e72d69f223"


def main() -> None:
    """Apply the binding that is named on the command line."""
    binding, *ports = sys.argv[1:]
    interface = Interface(
        "default",
        masquerade=InterfaceMasquerade() if binding == "masquerade" else None,
        bridge=InterfaceBridge() if binding == "bridge" else None,
        ports=tuple(InterfacePort(int(port)) for port in ports),
    )
    plan = plan_network(interface, PodNetwork(), Observation().read(), UID)
    apply_network(plan)
    resolver = Resolver(("10.96.0.10",), ("default.svc.cluster.local",))
    arguments = build_arguments(plan.dhcp, resolver, "vm")
    print(json.dumps({"dhcp": arguments, "plan": dataclasses.asdict(plan)}))


main()
