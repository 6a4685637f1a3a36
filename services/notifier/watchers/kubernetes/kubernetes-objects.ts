/** The parts of Kubernetes' objects that are read here, as they are in JSON. https://kubernetes.io/docs/reference/kubernetes-api/ */
export interface ObjectMeta {
  readonly name: string;
  readonly namespace?: string;
  readonly uid?: string;
  readonly resourceVersion?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly { readonly kind: string; readonly name: string; readonly controller?: boolean }[];
}

export interface KubernetesObject {
  readonly metadata: ObjectMeta;
}

export interface StatusCondition {
  readonly type: string;
  readonly status: 'True' | 'False' | 'Unknown';
  readonly reason?: string;
  readonly message?: string;
  readonly lastTransitionTime?: string;
}

export type Quantities = Readonly<Record<string, string>>;

export interface KubernetesNode extends KubernetesObject {
  readonly spec?: { readonly unschedulable?: boolean };
  readonly status?: { readonly conditions?: readonly StatusCondition[]; readonly allocatable?: Quantities };
}

interface Requesting {
  readonly resources?: { readonly requests?: Quantities };
}

interface Terminated {
  readonly reason?: string;
  readonly finishedAt?: string;
  readonly exitCode?: number;
}

export interface ContainerStatus {
  readonly name: string;
  readonly restartCount?: number;
  readonly state?: { readonly terminated?: Terminated };
  readonly lastState?: { readonly terminated?: Terminated };
}

export interface KubernetesPod extends KubernetesObject {
  readonly spec?: {
    readonly nodeName?: string;
    readonly containers?: readonly Requesting[];
    readonly initContainers?: readonly (Requesting & { readonly restartPolicy?: string })[];
    readonly overhead?: Quantities;
    readonly resources?: { readonly requests?: Quantities };
  };
  readonly status?: {
    readonly phase?: string;
    readonly conditions?: readonly StatusCondition[];
    readonly containerStatuses?: readonly ContainerStatus[];
    readonly initContainerStatuses?: readonly ContainerStatus[];
  };
}

export interface KubernetesDeployment extends KubernetesObject {
  readonly spec?: { readonly replicas?: number };
  readonly status?: { readonly availableReplicas?: number; readonly conditions?: readonly StatusCondition[] };
}

export interface KubernetesDaemonSet extends KubernetesObject {
  readonly status?: { readonly desiredNumberScheduled?: number; readonly numberAvailable?: number };
}

export interface KubernetesQuota extends KubernetesObject {
  readonly status?: { readonly hard?: Quantities; readonly used?: Quantities };
}

export interface KubernetesClaim extends KubernetesObject {
  readonly spec?: { readonly storageClassName?: string };
  readonly status?: { readonly phase?: string };
}

export interface KubernetesAutoscaler extends KubernetesObject {
  readonly spec?: {
    readonly minReplicas?: number;
    readonly maxReplicas?: number;
    readonly scaleTargetRef?: { readonly kind: string; readonly name: string };
  };
  readonly status?: { readonly currentReplicas?: number; readonly conditions?: readonly StatusCondition[] };
}

/** core/v1; what was written by events.k8s.io/v1 is seen there, too, with its count in `series`. */
export interface KubernetesEvent extends KubernetesObject {
  readonly involvedObject: { readonly kind?: string; readonly namespace?: string; readonly name?: string; readonly fieldPath?: string };
  readonly reason?: string;
  readonly message?: string;
  readonly type?: string;
  readonly count?: number;
  readonly lastTimestamp?: string | null;
  readonly eventTime?: string | null;
  readonly series?: { readonly count?: number; readonly lastObservedTime?: string };
}
