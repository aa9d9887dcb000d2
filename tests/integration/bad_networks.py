"""Bad interfaces and networks."""

from typing import Final

from tests.integration.bad_vmi import NET, NIC, BadVmi, nic

NETWORK: Final = (
    BadVmi(
        "K47 B26 interface without a network",
        {f"{NIC}.1": {"name": "none", "bridge": {}}},
        NIC,
        f"{NIC}[1].name",
    ),
    BadVmi(
        "K48 B26 network without an interface",
        {f"{NET}.1": {"name": "none", "multus": {"networkName": "n"}}},
        NET,
        f"{NET}[1].name",
    ),
    BadVmi(
        "K49 B14 two interfaces on a network",
        {f"{NIC}.1": {"name": "default", "bridge": {}}},
        f"{NIC}[1]",
        f"{NIC}[1].name",
        cause="FieldValueDuplicate",
    ),
    BadVmi(
        "K49 two networks of a name",
        {f"{NET}.1": {"name": "default", "multus": {"networkName": "n"}}},
        f"{NET}[1]",
        f"{NET}[1].name",
        cause="FieldValueDuplicate",
    ),
    BadVmi("K50 B25 no binding", nic(), f"{NIC}[0]"),
    BadVmi("K50 B25 two bindings", nic(bridge={}, masquerade={}), f"{NIC}[0]"),
    BadVmi(
        "K51 masquerade on multus",
        {f"{NET}.0": {"name": "default", "multus": {"networkName": "n"}}},
        NIC,
        f"{NIC}[0].name",
    ),
    BadVmi(
        "K52 bridge that is not permitted",
        nic(bridge={}),
        f"{NIC}[0].name",
        schema=False,
        settings={"network": {"permitBridgeInterfaceOnPodNetwork": False}},
    ),
    BadVmi("K53 B25 slirp", nic(slirp={}), f"{NIC}[0].slirp"),
    BadVmi("K53 B25 macvtap", nic(macvtap={}), f"{NIC}[0].macvtap"),
    BadVmi("K53 passt", nic(passt={}), f"{NIC}[0].passt"),
    BadVmi(
        "K50 binding plugin that is not registered",
        nic(binding={"name": "mine"}),
        f"{NIC}[0].binding.name",
        schema=False,
    ),
    BadVmi("K54 B28 MAC", nic(masquerade={}, macAddress="foo"), f"{NIC}[0].macAddress"),
    BadVmi(
        "K54 reserved MAC",
        nic(masquerade={}, macAddress="02-00-00-00-00-00"),
        f"{NIC}[0].macAddress",
    ),
    BadVmi(
        "B28 multicast MAC",
        nic(masquerade={}, macAddress="03:00:00:00:00:01"),
        f"{NIC}[0].macAddress",
    ),
    BadVmi(
        "B28 MAC twice",
        {
            f"{NIC}.0.macAddress": "02:00:00:00:00:AA",
            f"{NIC}.1": {"name": "two", "bridge": {}, "macAddress": "02-00-00-00-00-aa"},
            f"{NET}.1": {"name": "two", "multus": {"networkName": "n"}},
        },
        NIC,
        f"{NIC}[1].macAddress",
        cause="FieldValueDuplicate",
    ),
    BadVmi(
        "K55 B30 NIC model",
        nic(masquerade={}, model="e1001"),
        f"{NIC}[0].model",
        cause="FieldValueNotSupported",
    ),
    BadVmi("K56 B29 port 0", nic(masquerade={}, ports=[{"port": 0}]), f"{NIC}[0].ports[0].port"),
    BadVmi(
        "K56 B29 port 65536",
        nic(masquerade={}, ports=[{"port": 65536}]),
        f"{NIC}[0].ports[0].port",
    ),
    BadVmi(
        "K56 port without a number",
        nic(masquerade={}, ports=[{"name": "a"}]),
        f"{NIC}[0].ports[0].port",
        cause="FieldValueRequired",
    ),
    BadVmi(
        "K56 B29 protocol",
        nic(masquerade={}, ports=[{"port": 1, "protocol": "ICMP"}]),
        f"{NIC}[0].ports[0].protocol",
        cause="FieldValueNotSupported",
    ),
    BadVmi(
        "K56 B29 two ports of a name",
        nic(masquerade={}, ports=[{"port": 1, "name": "a"}, {"port": 2, "name": "a"}]),
        f"{NIC}[0].ports",
        cause="FieldValueDuplicate",
    ),
    BadVmi(
        "B29 range of ports backwards",
        nic(masquerade={}, portRanges=[{"start": 9, "end": 8}]),
        f"{NIC}[0].portRanges[0].start",
    ),
    BadVmi(
        "K57 private DHCP option 10",
        nic(masquerade={}, dhcpOptions={"privateOptions": [{"option": 10, "value": "x"}]}),
        f"{NIC}[0].dhcpOptions.privateOptions[0].option",
    ),
    BadVmi(
        "K57 private DHCP option twice",
        nic(
            masquerade={},
            dhcpOptions={"privateOptions": [{"option": 240, "value": x} for x in "ab"]},
        ),
        f"{NIC}[0].dhcpOptions.privateOptions",
        cause="FieldValueDuplicate",
    ),
    BadVmi(
        "K57 time server",
        nic(masquerade={}, dhcpOptions={"ntpServers": ["time.example"]}),
        f"{NIC}[0].dhcpOptions.ntpServers",
    ),
    BadVmi("K58 network of no type", {f"{NET}.0": {"name": "default"}}, f"{NET}[0]"),
    BadVmi(
        "K58 network of two types",
        {f"{NET}.0": {"name": "default", "pod": {}, "multus": {"networkName": "n"}}},
        f"{NET}[0]",
    ),
    BadVmi(
        "K58 multus without a name",
        {f"{NET}.0": {"name": "default", "multus": {}}},
        f"{NET}[0].multus.networkName",
        cause="FieldValueRequired",
    ),
    BadVmi(
        "K59 B27 two pod networks",
        {f"{NIC}.1": {"name": "two", "bridge": {}}, f"{NET}.1": {"name": "two", "pod": {}}},
        NET,
    ),
    BadVmi(
        "K59 pod network and default multus",
        {
            f"{NIC}.1": {"name": "two", "bridge": {}},
            f"{NET}.1": {"name": "two", "multus": {"networkName": "n", "default": True}},
        },
        NET,
    ),
    BadVmi(
        "K60 state of an interface",
        nic(bridge={}, state="gone"),
        f"{NIC}[0].state",
        cause="FieldValueNotSupported",
    ),
    BadVmi("K60 masquerade that is down", nic(masquerade={}, state="down"), f"{NIC}[0].state"),
    BadVmi(
        "guest's network is no network",
        {f"{NET}.0.pod": {"vmNetworkCIDR": "10.0.2.0"}},
        f"{NET}[0].pod.vmNetworkCIDR",
    ),
    BadVmi(
        "B16 64 interfaces",
        {NIC: [{"name": f"n{number}", "bridge": {}} for number in range(64)]},
        NIC,
        cause="FieldValueTooMany",
    ),
)
