/**
 * What pages read of objects: the fields they use, and no others. All of it comes from the API
 * server, so every field may be absent, and every string is somebody's text.
 */
import type { KubeObject, Metadata } from "../data/api.ts";
import type { Condition, Quantities, Quantity } from "./core.ts";

export type * from "./core.ts";

export type RunStrategy = "Always" | "Halted" | "Manual" | "RerunOnFailure" | "Once";

/** Which instancetype or preference; kind is the cluster's unless it says otherwise. */
export interface Matcher {
  readonly name?: string;
  readonly kind?: string;
  readonly revisionName?: string;
}

export interface Cpu {
  readonly cores?: number;
  readonly sockets?: number;
  readonly threads?: number;
  readonly model?: string;
}

export interface DiskTarget {
  readonly bus?: string;
  readonly readonly?: boolean;
}

export interface Disk {
  readonly name: string;
  readonly disk?: DiskTarget;
  readonly cdrom?: DiskTarget;
  readonly lun?: DiskTarget;
  readonly bootOrder?: number;
  readonly serial?: string;
  readonly shareable?: boolean;
}

export interface Interface {
  readonly name: string;
  readonly model?: string;
  readonly macAddress?: string;
  readonly masquerade?: object;
  readonly bridge?: object;
  readonly sriov?: object;
  readonly binding?: { readonly name: string };
  readonly ports?: readonly {
    readonly name?: string;
    readonly port: number;
    readonly protocol?: string;
  }[];
  readonly state?: string;
}

export interface Network {
  readonly name: string;
  readonly pod?: object;
  readonly multus?: { readonly networkName: string; readonly default?: boolean };
}

export interface Volume {
  readonly name: string;
  readonly containerDisk?: { readonly image: string; readonly imagePullPolicy?: string };
  readonly persistentVolumeClaim?: { readonly claimName: string; readonly readOnly?: boolean };
  readonly dataVolume?: { readonly name: string };
  readonly emptyDisk?: { readonly capacity: Quantity };
  readonly cloudInitNoCloud?: object;
  readonly cloudInitConfigDrive?: object;
  readonly configMap?: { readonly name?: string };
  readonly secret?: { readonly secretName?: string };
  readonly serviceAccount?: { readonly serviceAccountName?: string };
}

export interface Devices {
  readonly disks?: readonly Disk[];
  readonly interfaces?: readonly Interface[];
  readonly autoattachGraphicsDevice?: boolean;
  readonly autoattachSerialConsole?: boolean;
  readonly logSerialConsole?: boolean;
  readonly rng?: object;
  readonly watchdog?: object;
}

/** spec of a VirtualMachineInstance, and of a VirtualMachine's template. */
export interface InstanceSpec {
  readonly architecture?: string;
  readonly domain: {
    readonly cpu?: Cpu;
    readonly memory?: { readonly guest?: Quantity };
    readonly resources?: { readonly requests?: Quantities; readonly limits?: Quantities };
    readonly machine?: { readonly type?: string };
    readonly firmware?: {
      readonly uuid?: string;
      readonly serial?: string;
      readonly bootloader?: {
        readonly efi?: { readonly secureBoot?: boolean };
        readonly bios?: object;
      };
    };
    readonly devices?: Devices;
  };
  readonly networks?: readonly Network[];
  readonly volumes?: readonly Volume[];
  readonly terminationGracePeriodSeconds?: number;
  readonly evictionStrategy?: string;
  readonly nodeSelector?: Readonly<Record<string, string>>;
  readonly hostname?: string;
}

export interface StateChangeRequest {
  readonly action: "Start" | "Stop";
  readonly uid?: string;
}

export interface VirtualMachine extends KubeObject {
  readonly spec: {
    readonly runStrategy?: RunStrategy;
    /** Deprecated: true means Always, false means Halted. */
    readonly running?: boolean;
    readonly instancetype?: Matcher;
    readonly preference?: Matcher;
    readonly dataVolumeTemplates?: readonly KubeObject[];
    readonly template: { readonly metadata?: Partial<Metadata>; readonly spec: InstanceSpec };
  };
  readonly status?: {
    readonly printableStatus?: string;
    readonly created?: boolean;
    readonly ready?: boolean;
    readonly runStrategy?: RunStrategy;
    readonly conditions?: readonly Condition[];
    readonly stateChangeRequests?: readonly StateChangeRequest[];
    readonly startFailure?: {
      readonly consecutiveFailCount?: number;
      readonly retryAfterTimestamp?: string;
    };
    readonly instancetypeRef?: Matcher;
    readonly preferenceRef?: Matcher;
    readonly observedGeneration?: number;
    readonly desiredGeneration?: number;
    readonly volumeSnapshotStatuses?: readonly {
      readonly name: string;
      readonly enabled: boolean;
      readonly reason?: string;
    }[];
    /** What lists show of the instance. */
    readonly instance?: {
      readonly nodeName?: string;
      readonly ipAddress?: string;
      readonly vcpus?: number;
      readonly memory?: string;
      readonly reason?: string;
    };
  };
}

export interface InterfaceStatus {
  readonly name?: string;
  readonly mac?: string;
  readonly ipAddress?: string;
  readonly ipAddresses?: readonly string[];
  readonly interfaceName?: string;
  readonly podInterfaceName?: string;
  readonly infoSource?: string;
  readonly linkState?: string;
}

export interface VolumeStatus {
  readonly name: string;
  readonly target?: string;
  readonly phase?: string;
  readonly reason?: string;
  readonly message?: string;
  /** Bytes. */
  readonly size?: number;
  readonly persistentVolumeClaimInfo?: {
    readonly claimName?: string;
    readonly accessModes?: readonly string[];
    readonly volumeMode?: string;
    readonly capacity?: Quantities;
    readonly requests?: Quantities;
  };
}

export interface MigrationState {
  readonly sourceNode?: string;
  readonly targetNode?: string;
  readonly startTimestamp?: string;
  readonly endTimestamp?: string;
  readonly completed?: boolean;
  readonly failed?: boolean;
  readonly failureReason?: string;
  readonly migrationUid?: string;
}

export interface VirtualMachineInstance extends KubeObject {
  readonly spec: InstanceSpec;
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly nodeName?: string;
    /** Nodes by UID of the VM's pods. */
    readonly activePods?: Readonly<Record<string, string>>;
    readonly qosClass?: string;
    readonly conditions?: readonly Condition[];
    readonly phaseTransitionTimestamps?: readonly {
      readonly phase: string;
      readonly phaseTransitionTimestamp: string;
    }[];
    readonly interfaces?: readonly InterfaceStatus[];
    readonly guestOSInfo?: {
      readonly id?: string;
      readonly name?: string;
      readonly prettyName?: string;
      readonly version?: string;
      readonly versionId?: string;
      readonly kernelRelease?: string;
      readonly kernelVersion?: string;
      readonly machine?: string;
    };
    readonly memory?: {
      readonly guestAtBoot?: Quantity;
      readonly guestCurrent?: Quantity;
      readonly guestRequested?: Quantity;
      readonly memoryOverhead?: Quantity;
    };
    readonly currentCPUTopology?: Cpu;
    readonly machine?: { readonly type?: string };
    readonly volumeStatus?: readonly VolumeStatus[];
    readonly migrationState?: MigrationState;
    readonly migrationMethod?: string;
    readonly fsFreezeStatus?: string;
    readonly launcherContainerImageVersion?: string;
  };
}

export interface VirtualMachineSnapshot extends KubeObject {
  readonly spec?: { readonly source?: { readonly kind?: string; readonly name?: string } };
  readonly status?: {
    readonly phase?: string;
    readonly creationTime?: string | null;
    readonly readyToUse?: boolean;
    readonly error?: { readonly time?: string; readonly message?: string };
    readonly conditions?: readonly Condition[];
  };
}

export interface VirtualMachineInstanceMigration extends KubeObject {
  readonly spec?: { readonly vmiName?: string };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly Condition[];
    readonly migrationState?: MigrationState;
  };
}

/** An instancetype of the cluster or of a namespace. */
export interface Instancetype extends KubeObject {
  readonly spec: {
    readonly cpu?: { readonly guest?: number; readonly dedicatedCPUPlacement?: boolean };
    readonly memory?: { readonly guest?: Quantity };
  };
}

/** A preference of the cluster or of a namespace. */
export interface Preference extends KubeObject {
  readonly spec: {
    readonly annotations?: Readonly<Record<string, string>>;
    readonly requirements?: {
      readonly cpu?: { readonly guest?: number };
      readonly memory?: { readonly guest?: Quantity };
    };
    readonly [field: string]: unknown;
  };
}

/** One sample of a running VM; counters since qemu's start. */
export interface Metrics {
  /** RFC 3339, with a fraction of the second. */
  readonly time: string;
  readonly vcpus: number;
  readonly cpuSeconds: number;
  readonly memory: {
    /** The guest's RAM. */
    readonly bytes: number;
    /** Null where the guest has no balloon driver that tells. */
    readonly unusedBytes: number | null;
    /** What programs could have, caches included; null or absent likewise. */
    readonly usableBytes?: number | null;
    /** Of qemu, on the node. */
    readonly residentBytes: number;
  };
  readonly disks: readonly {
    readonly name: string;
    readonly readBytes: number;
    readonly writtenBytes: number;
    readonly reads: number;
    readonly writes: number;
  }[];
  readonly interfaces: readonly {
    readonly name: string;
    readonly receivedBytes: number;
    readonly sentBytes: number;
  }[];
  /** Who looks at the consoles. */
  readonly viewers: { readonly serial: number; readonly vnc: number };
}

/** The condition of a type, if the object has it. */
export function findCondition(
  conditions: readonly Condition[] | undefined,
  type: string,
): Condition | undefined {
  return conditions?.find((each) => each.type === type);
}
