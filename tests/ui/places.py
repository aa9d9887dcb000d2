"""The main pages of the sample world, by the names that their pictures have."""

from typing import Final

PLACES: Final = {
    "overview": "/",
    "vms": "/vms",
    "tiles": "/vms?view=tiles",
    "create": "/vms/create",
    "vm": "/vms/shop/web-1",
    "log": "/vms/shop/web-1/log",
    "metrics": "/vms/shop/web-1/metrics",
    "disks": "/vms/shop/web-1/disks",
    "networks-of-vm": "/vms/shop/web-1/networks",
    "events": "/vms/shop/web-1/events",
    "console": "/vms/shop/web-1/console",
    "screen": "/vms/shop/web-1/screen",
    "yaml": "/vms/shop/web-1/yaml",
    "nodes": "/nodes",
    "storage": "/storage",
    "networks": "/networks",
    "instancetypes": "/instancetypes",
}
