"""Where the launcher keeps what is its own, inside the container of ``compute``."""

from typing import Final

from api.names import PATH_LAUNCHER_DIR

RUN_DIR: Final = "/run/virtpod"
LIBVIRT_ROOT: Final = f"{RUN_DIR}/libvirt"  # of qemu:///embed
LIBVIRT_LOG: Final = f"{RUN_DIR}/libvirt.log"
CAPABILITIES_DIR: Final = f"{LIBVIRT_ROOT}/cache/qemu/capabilities"
QEMU_LOG_DIR: Final = f"{LIBVIRT_ROOT}/log/qemu"
PID_DIR: Final = f"{LIBVIRT_ROOT}/run/qemu"
IMAGES_DIR: Final = f"{RUN_DIR}/images"  # files of volumes, each bound to a name of our own
SERIAL_PIPE: Final = f"{RUN_DIR}/serial0"  # with .in and .out: the serial port
DISK_ALIAS: Final = "ua-disk-"  # before a disk's name: libvirt's alias, qemu's id of the device
VNC_DIR: Final = f"{PATH_LAUNCHER_DIR}/qemu"  # where qemu may make its socket
