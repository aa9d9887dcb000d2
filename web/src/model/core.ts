/** What pages read of Kubernetes' own kinds, and of CDI's and Multus'; see kubevirt.ts. */
import type { KubeObject } from "../data/api.ts";

/** metav1.Condition as kubevirt.io and the core kinds have it. */
export interface Condition {
  readonly type: string;
  readonly status: string;
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string | null;
  readonly lastProbeTime?: string | null;
}

/** A Quantity: "128Mi", "500m", or a plain number. */
export type Quantity = string | number;
export type Quantities = Readonly<Record<string, Quantity>>;

export interface Namespace extends KubeObject {
  readonly status?: { readonly phase?: string };
}

export interface Node extends KubeObject {
  readonly spec?: {
    readonly unschedulable?: boolean;
    readonly taints?: readonly {
      readonly key: string;
      readonly value?: string;
      readonly effect: string;
    }[];
  };
  readonly status?: {
    readonly capacity?: Quantities;
    readonly allocatable?: Quantities;
    readonly conditions?: readonly Condition[];
    readonly addresses?: readonly { readonly type: string; readonly address: string }[];
    readonly nodeInfo?: {
      readonly architecture?: string;
      readonly kernelVersion?: string;
      readonly osImage?: string;
      readonly kubeletVersion?: string;
      readonly containerRuntimeVersion?: string;
    };
  };
}

/** core/v1 Event. */
export interface KubeEvent extends KubeObject {
  /** Normal or Warning. */
  readonly type?: string;
  readonly reason?: string;
  readonly message?: string;
  readonly count?: number;
  readonly firstTimestamp?: string | null;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
  readonly source?: { readonly component?: string; readonly host?: string };
  readonly reportingComponent?: string;
  readonly involvedObject: {
    readonly kind?: string;
    readonly namespace?: string;
    readonly name?: string;
    readonly uid?: string;
    readonly fieldPath?: string;
  };
}

export interface ContainerStatus {
  readonly name: string;
  readonly ready?: boolean;
  readonly restartCount?: number;
  readonly image?: string;
  readonly state?: {
    readonly waiting?: { readonly reason?: string; readonly message?: string };
    readonly running?: { readonly startedAt?: string };
    readonly terminated?: {
      readonly reason?: string;
      readonly message?: string;
      readonly exitCode?: number;
      readonly finishedAt?: string;
    };
  };
}

export interface Pod extends KubeObject {
  readonly spec?: {
    readonly nodeName?: string;
    readonly containers?: readonly {
      readonly name: string;
      readonly image?: string;
      readonly resources?: { readonly requests?: Quantities; readonly limits?: Quantities };
    }[];
    readonly volumes?: readonly {
      readonly name: string;
      readonly persistentVolumeClaim?: { readonly claimName: string };
    }[];
  };
  readonly status?: {
    readonly phase?: string;
    readonly reason?: string;
    readonly message?: string;
    readonly podIP?: string;
    readonly startTime?: string;
    readonly conditions?: readonly Condition[];
    readonly containerStatuses?: readonly ContainerStatus[];
  };
}

export interface Claim extends KubeObject {
  readonly spec?: {
    readonly accessModes?: readonly string[];
    readonly storageClassName?: string;
    readonly volumeMode?: string;
    readonly volumeName?: string;
    readonly resources?: { readonly requests?: Quantities };
  };
  readonly status?: { readonly phase?: string; readonly capacity?: Quantities };
}

export interface DataVolume extends KubeObject {
  readonly spec?: {
    readonly source?: Readonly<Record<string, unknown>>;
    readonly storage?: { readonly resources?: { readonly requests?: Quantities } };
    readonly pvc?: { readonly resources?: { readonly requests?: Quantities } };
  };
  readonly status?: {
    readonly phase?: string;
    readonly progress?: string;
    readonly claimName?: string;
    readonly conditions?: readonly Condition[];
  };
}

export interface StorageClass extends KubeObject {
  readonly provisioner?: string;
  readonly reclaimPolicy?: string;
  readonly volumeBindingMode?: string;
  readonly allowVolumeExpansion?: boolean;
}

export interface NetworkAttachment extends KubeObject {
  /** config is a CNI configuration, as JSON text. */
  readonly spec?: { readonly config?: string };
}

export interface Service extends KubeObject {
  readonly spec?: {
    readonly type?: string;
    readonly clusterIP?: string;
    readonly selector?: Readonly<Record<string, string>>;
    readonly ports?: readonly {
      readonly name?: string;
      readonly port: number;
      readonly protocol?: string;
      readonly targetPort?: number | string;
      readonly nodePort?: number;
    }[];
  };
}
