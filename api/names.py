"""Every name on the wire: groups, labels, annotations, conditions, reasons, paths."""

from enum import StrEnum
from typing import Final

GROUP: Final = "kubevirt.io"
VERSION: Final = "v1"
API_VERSION: Final = f"{GROUP}/{VERSION}"
INSTANCETYPE_GROUP: Final = f"instancetype.{GROUP}"
INSTANCETYPE_VERSION: Final = "v1beta1"
INSTANCETYPE_API_VERSION: Final = f"{INSTANCETYPE_GROUP}/{INSTANCETYPE_VERSION}"
# The Containerized Data Importer, which a cluster may have: it makes claims and fills them.
CDI_GROUP: Final = f"cdi.{GROUP}"
CDI_VERSION: Final = "v1beta1"
CDI_API_VERSION: Final = f"{CDI_GROUP}/{CDI_VERSION}"
# Additions of ours live under one prefix, so that they never meet a name of KubeVirt's.
PREFIX: Final = "virtpod.io"
INSTALL_NAMESPACE: Final = "kubevirt"
# Verbs and consoles of VMs: not stored objects, but served by virtpod's own API server.
SUBRESOURCE_GROUP: Final = f"subresources.{GROUP}"
SUBRESOURCE_VERSIONS: Final = ("v1", "v1alpha3")

# Labels that KubeVirt's clients read (reference: labels of the launcher's pod).
LABEL_COMPONENT: Final = GROUP
LABEL_CREATED_BY: Final = f"{GROUP}/created-by"
LABEL_VM_NAME: Final = f"vm.{GROUP}/name"
LABEL_VMI_ID: Final = f"vmi.{GROUP}/id"
LABEL_NODE_NAME: Final = f"{GROUP}/nodeName"
LABEL_SCHEDULABLE: Final = f"{GROUP}/schedulable"
LABEL_KVM: Final = f"{PREFIX}/kvm"
# Of a ControllerRevision that holds what a VM was started from: the VM's UID.
LABEL_STARTED_VM: Final = f"{PREFIX}/started-vm"
# Of a ControllerRevision that holds an instancetype or a preference: which one.
LABEL_OBJECT_NAME: Final = f"{INSTANCETYPE_GROUP}/object-name"
LABEL_OBJECT_KIND: Final = f"{INSTANCETYPE_GROUP}/object-kind"
LABEL_OBJECT_UID: Final = f"{INSTANCETYPE_GROUP}/object-uid"
LABEL_OBJECT_GENERATION: Final = f"{INSTANCETYPE_GROUP}/object-generation"
LABEL_OBJECT_VERSION: Final = f"{INSTANCETYPE_GROUP}/object-version"
# Of a claim: which instancetype and preference a VM that boots from it should use.
LABEL_DEFAULT_INSTANCETYPE: Final = f"{INSTANCETYPE_GROUP}/default-instancetype"
LABEL_DEFAULT_INSTANCETYPE_KIND: Final = f"{INSTANCETYPE_GROUP}/default-instancetype-kind"
LABEL_DEFAULT_PREFERENCE: Final = f"{INSTANCETYPE_GROUP}/default-preference"
LABEL_DEFAULT_PREFERENCE_KIND: Final = f"{INSTANCETYPE_GROUP}/default-preference-kind"
COMPONENT_LAUNCHER: Final = "virt-launcher"
COMPONENT_CONTROLLER: Final = "virt-controller"
COMPONENT_HANDLER: Final = "virt-handler"
COMPONENT_API: Final = "virt-api"
# Of a namespace that VMs run in: there, who may not enter `compute` makes no privileged pods.
LABEL_RUNS_VMS: Final = f"{PREFIX}/runs-vms"

# Certificates between the components, in the namespace of the installation; keys of
# kubernetes.io/tls with ca.crt: all authorities that are to be trusted.
SECRET_AUTHORITY: Final = "kubevirt-ca"  # noqa: S105 - a name
SECRET_API_CERTIFICATE: Final = "kubevirt-virt-api-certs"  # noqa: S105
SECRET_HANDLER_CERTIFICATE: Final = "kubevirt-virt-handler-certs"  # noqa: S105
CONFIG_AUTHORITIES: Final = "kubevirt-ca"  # ConfigMap, key ca-bundle
# What the pages' sessions are sealed with, and what is set for the pages (ConfigMap and Secret).
SECRET_UI_KEYS: Final = "kubevirt-virt-ui-keys"  # noqa: S105
# Sessions that somebody logged out of, and until when that has to be known (ConfigMap).
CONFIG_UI_ENDED: Final = "kubevirt-virt-ui-ended"
CONFIG_UI: Final = "virt-ui"
SECRET_UI: Final = "virt-ui"  # noqa: S105
# The certificate that the pages show instead of the installation's, if an administrator made one.
SECRET_UI_CERTIFICATE: Final = "virt-ui-tls"  # noqa: S105
MUTATING_WEBHOOKS: Final = f"{COMPONENT_API}-mutator"
VALIDATING_WEBHOOKS: Final = f"{COMPONENT_API}-validator"
# Of the authority's Secret: since when everyone trusts the next one, until when the former ones.
ANNOTATION_ANNOUNCED_AT: Final = f"{PREFIX}/announced-at"
ANNOTATION_RETIRED_UNTIL: Final = f"{PREFIX}/retired-until"

# Labels and annotations of instancetypes and preferences that come with the installation, as
# KubeVirt's own have them: user interfaces sort and describe by them.
LABEL_MANAGED_BY: Final = "app.kubernetes.io/managed-by"
LABEL_VENDOR: Final = f"{INSTANCETYPE_GROUP}/vendor"
LABEL_SERIES_VERSION: Final = f"{INSTANCETYPE_GROUP}/version"
LABEL_CLASS: Final = f"{INSTANCETYPE_GROUP}/class"
LABEL_SIZE: Final = f"{INSTANCETYPE_GROUP}/size"
LABEL_CPU: Final = f"{INSTANCETYPE_GROUP}/cpu"
LABEL_MEMORY: Final = f"{INSTANCETYPE_GROUP}/memory"
LABEL_OS_TYPE: Final = f"{INSTANCETYPE_GROUP}/os-type"
LABEL_REQUIRED_CPU: Final = f"{INSTANCETYPE_GROUP}/required-cpu"
LABEL_REQUIRED_MEMORY: Final = f"{INSTANCETYPE_GROUP}/required-memory"
ANNOTATION_DESCRIPTION: Final = f"{INSTANCETYPE_GROUP}/description"
ANNOTATION_DISPLAY_NAME: Final = f"{INSTANCETYPE_GROUP}/displayName"
ANNOTATION_OS_NAME: Final = "openshift.io/display-name"
# Of a claim: CDI fills it where storage is, and does not wait for a pod that uses it.
ANNOTATION_BIND_AT_ONCE: Final = f"{CDI_GROUP}/storage.bind.immediate.requested"

ANNOTATION_DOMAIN: Final = f"{GROUP}/domain"
ANNOTATION_MEMORY_OVERHEAD: Final = f"{GROUP}/memory-overhead-bytes"
ANNOTATION_DEFAULT_CONTAINER: Final = "kubectl.kubernetes.io/default-container"
ANNOTATION_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
ANNOTATION_LAUNCH_DOCUMENT: Final = f"{PREFIX}/launch-document"
ANNOTATION_VM_GENERATION: Final = f"{GROUP}/vm-generation"
ANNOTATION_PCI_TOPOLOGY: Final = f"{GROUP}/pci-topology-version"
ANNOTATION_INSTANCETYPE: Final = f"{GROUP}/instancetype-name"
ANNOTATION_CLUSTER_INSTANCETYPE: Final = f"{GROUP}/cluster-instancetype-name"
ANNOTATION_PREFERENCE: Final = f"{GROUP}/preference-name"
ANNOTATION_CLUSTER_PREFERENCE: Final = f"{GROUP}/cluster-preference-name"

FINALIZER_VMI: Final = f"{GROUP}/foregroundDeleteVirtualMachine"
FINALIZER_VM: Final = f"{GROUP}/virtualMachineControllerFinalize"
FINALIZER_ORPHAN: Final = "orphan"  # Kubernetes' own: dependents stay

RESOURCE_KVM: Final = f"devices.{GROUP}/kvm"
RESOURCE_TUN: Final = f"devices.{GROUP}/tun"

# Containers of a VM's pod.
CONTAINER_COMPUTE: Final = "compute"
CONTAINER_GUEST: Final = "guest"

# Paths inside the pod of a VM.
PATH_LAUNCH_DIR: Final = "/etc/virtpod"
PATH_LAUNCH_DOCUMENT: Final = f"{PATH_LAUNCH_DIR}/launch.json"
PATH_VOLUMES: Final = "/volumes"  # /volumes/<volume>: image root, PVC root, or secret's files
PATH_BLOCK_VOLUMES: Final = "/dev/virtpod"  # /dev/virtpod/<volume>: a block-mode PVC
PATH_KERNEL_BOOT: Final = "/kernel-boot"  # root of the kernelBoot image
PATH_CONSOLE_DIR: Final = "/run/virtpod/console"  # emptyDir shared by compute and guest
PATH_SERIAL_SOCKET: Final = f"{PATH_CONSOLE_DIR}/serial0"  # fan-out, many readers
PATH_LAUNCHER_DIR: Final = "/run/virtpod/launcher"  # host directory of this pod, root only
PATH_LAUNCHER_SOCKET: Final = f"{PATH_LAUNCHER_DIR}/launcher.sock"  # gRPC
PATH_VNC_SOCKET: Final = f"{PATH_LAUNCHER_DIR}/vnc"
PATH_SERIAL_DOOR: Final = f"{PATH_LAUNCHER_DIR}/serial0"  # as PATH_SERIAL_SOCKET, for the handler
PATH_CAPABILITIES_CACHE: Final = "/var/cache/virtpod/capabilities"
PATH_KVM_VERDICT: Final = f"{PATH_CAPABILITIES_CACHE}/kvm"  # "works", written by the handler
PATH_SCRATCH: Final = "/var/lib/virtpod"  # emptyDir: overlays, emptyDisks, cloud-init ISOs
PATH_TERMINATION_MESSAGE: Final = "/dev/termination-log"

# Paths on the node (hostPath volumes of launcher pods and of the handler).
HOST_RUN_DIR: Final = "/run/virtpod"
HOST_LAUNCHERS_DIR: Final = f"{HOST_RUN_DIR}/launchers"  # <pod uid>/launcher.sock
HOST_CAPABILITIES_DIR: Final = f"{HOST_RUN_DIR}/capabilities"
HOST_KVM_VERDICT: Final = f"{HOST_CAPABILITIES_DIR}/kvm"  # the probe's word, for launchers

QEMU_UID: Final = 107  # what KubeVirt's container disks expect
QEMU_GID: Final = 107


class Phase(StrEnum):
    """VirtualMachineInstance.status.phase."""

    UNSET = ""
    PENDING = "Pending"
    SCHEDULING = "Scheduling"
    SCHEDULED = "Scheduled"
    RUNNING = "Running"
    SUCCEEDED = "Succeeded"
    FAILED = "Failed"
    UNKNOWN = "Unknown"


# Before any guest has run; and when its life is over, which no VMI leaves.
STARTING_PHASES: Final = frozenset({Phase.UNSET, Phase.PENDING, Phase.SCHEDULING, Phase.SCHEDULED})
FINAL_PHASES: Final = frozenset({Phase.SUCCEEDED, Phase.FAILED})


class RunStrategy(StrEnum):
    """VirtualMachine.spec.runStrategy."""

    ALWAYS = "Always"
    HALTED = "Halted"
    MANUAL = "Manual"
    RERUN_ON_FAILURE = "RerunOnFailure"
    ONCE = "Once"
    WAIT_AS_RECEIVER = "WaitAsReceiver"


class PrintableStatus(StrEnum):
    """VirtualMachine.status.printableStatus; where several fit, the first of this list does."""

    TERMINATING = "Terminating"
    STOPPING = "Stopping"
    MIGRATING = "Migrating"
    PAUSED = "Paused"
    RUNNING = "Running"
    PVC_NOT_FOUND = "ErrorPvcNotFound"
    DATA_VOLUME_ERROR = "DataVolumeError"
    UNSCHEDULABLE = "ErrorUnschedulable"
    PROVISIONING = "Provisioning"
    WAITING_FOR_VOLUME_BINDING = "WaitingForVolumeBinding"
    ERR_IMAGE_PULL = "ErrImagePull"
    IMAGE_PULL_BACK_OFF = "ImagePullBackOff"
    STARTING = "Starting"
    CRASH_LOOP_BACK_OFF = "CrashLoopBackOff"
    STOPPED = "Stopped"
    WAITING_FOR_RECEIVER = "WaitingForReceiver"
    UNKNOWN = "Unknown"


class Condition(StrEnum):
    """Types of conditions, of all kinds."""

    READY = "Ready"
    POD_SCHEDULED = "PodScheduled"
    SYNCHRONIZED = "Synchronized"
    UNSUPPORTED = "Unsupported"
    SOFTWARE_EMULATION = "SoftwareEmulation"
    PAUSED = "Paused"
    LIVE_MIGRATABLE = "LiveMigratable"
    AGENT_CONNECTED = "AgentConnected"
    # of a VirtualMachine
    FAILURE = "Failure"
    RESTART_REQUIRED = "RestartRequired"
    MANUAL_RECOVERY_REQUIRED = "ManualRecoveryRequired"
    # of a VirtualMachineInstanceReplicaSet
    REPLICA_FAILURE = "ReplicaFailure"
    REPLICA_PAUSED = "ReplicaPaused"


class Reason(StrEnum):
    """Reasons of conditions, of status.reason and of Events: one word for one cause."""

    # Ready=False, before there is a guest
    POD_NOT_EXISTS = "PodNotExists"
    POD_TERMINATING = "PodTerminating"
    GUEST_NOT_RUNNING = "GuestNotRunning"
    POD_NAME_TAKEN = "PodNameTaken"
    WAITING_FOR_OLD_POD = "WaitingForOldPod"
    UNSCHEDULABLE = "Unschedulable"
    QUOTA_EXCEEDED = "QuotaExceeded"
    FAILED_CREATE = "FailedCreate"
    POD_REJECTED = "PodRejected"
    FAILED_PVC_NOT_FOUND = "FailedPvcNotFound"
    DATA_VOLUMES_NOT_READY = "NotAllDVsReady"
    FAILED_DATA_VOLUME_IMPORT = "FailedDataVolumeImport"
    ERR_IMAGE_PULL = "ErrImagePull"
    IMAGE_PULL_BACK_OFF = "ImagePullBackOff"
    CONTAINER_CREATE_FAILED = "ContainerCreateFailed"
    # the spec
    FIELD_NOT_SUPPORTED = "FieldNotSupported"
    FIELD_INVALID = "FieldValueInvalid"
    # Running
    GUEST_RUNNING = "GuestRunning"
    KVM_UNAVAILABLE = "KVMUnavailable"
    PAUSED_BY_USER = "PausedByUser"
    PAUSED_IO_ERROR = "PausedIOError"
    LAUNCHER_UNRESPONSIVE = "LauncherUnresponsive"
    LIVE_MIGRATION_NOT_SUPPORTED = "LiveMigrationNotSupported"
    # how it ended
    GUEST_SHUTDOWN = "GuestShutdown"
    GUEST_CRASHED = "GuestCrashed"
    QEMU_CRASHED = "QemuCrashed"
    KILLED = "KilledAtDeadline"
    START_FAILED = "StartFailed"
    DISK_IN_USE = "DiskInUse"
    LAUNCHER_CRASHED = "LauncherCrashed"
    POD_DELETED = "PodDeleted"
    OOM_KILLED = "OOMKilled"
    EVICTED = "Evicted"
    NODE_LOST = "NodeLost"
    # Ready=False of a VirtualMachine
    VMI_NOT_EXISTS = "VMINotExists"
    VMI_CONDITION_MISSING = "VMIConditionMissing"
    # RestartRequired=True of a VirtualMachine
    SPEC_CHANGED = "SpecChanged"
    # ReplicaFailure=True of a VirtualMachineInstanceReplicaSet
    CRASH_LOOP_BACK_OFF = "CrashLoopBackOff"
    # events (reference: VMI events)
    SUCCESSFUL_CREATE = "SuccessfulCreate"
    SUCCESSFUL_DELETE = "SuccessfulDelete"
    SUCCESSFUL_DATA_VOLUME_CREATE = "SuccessfulDataVolumeCreate"
    FAILED_DATA_VOLUME_CREATE = "FailedDataVolumeCreate"
    UNAUTHORIZED_DATA_VOLUME_CREATE = "UnauthorizedDataVolumeCreate"
    FAILED_DELETE = "FailedDelete"
    FAILED_UPDATE = "FailedUpdate"
    SUCCESSFUL_PAUSED = "SuccessfulPaused"
    SUCCESSFUL_RESUMED = "SuccessfulResumed"
    STARTED = "Started"
    STOPPED = "Stopped"
    SHUTTING_DOWN = "ShuttingDown"
    PAUSED = "Paused"
    UNPAUSED = "Unpaused"
    RESET = "Reset"
    SOFT_REBOOTED = "SoftRebooted"
    FREEZE_ERROR = "FreezeError"
    SYNC_FAILED = "SyncFailed"
