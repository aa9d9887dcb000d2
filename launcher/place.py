"""Where the launcher keeps what is its own, inside the container of ``compute``."""

from typing import Final

RUN_DIR: Final = "/run/virtpod"
LIBVIRT_ROOT: Final = f"{RUN_DIR}/libvirt"  # of qemu:///embed
CAPABILITIES_DIR: Final = f"{LIBVIRT_ROOT}/cache/qemu/capabilities"
QEMU_LOG_DIR: Final = f"{LIBVIRT_ROOT}/log/qemu"
PID_DIR: Final = f"{LIBVIRT_ROOT}/run/qemu"
IMAGES_DIR: Final = f"{RUN_DIR}/images"  # files of volumes, each bound to a name of our own
QEMU_DIR: Final = f"{RUN_DIR}/qemu"  # qemu's own: the serial port's socket
SERIAL_BACKEND: Final = f"{QEMU_DIR}/serial0"
SCRATCH_VNC_DIR: Final = "qemu"  # below the launcher's host directory
