import type { Severity } from '../../domain/alert';
import type { KubernetesNode } from '../kubernetes/kubernetes-objects';
import { wordsOf, type Finding } from './finding';

export interface NodeRules {
  /** A node is cordoned for work on it; told when it seems to have been forgotten. */
  readonly cordonedSeconds: number;
}

const BAD_WHEN_TRUE = new Map<string, { name: string; severity: Severity; holdSeconds: number }>(
  Object.entries({
    MemoryPressure: { name: 'node-memory-pressure', severity: 'warning', holdSeconds: 0 },
    DiskPressure: { name: 'node-disk-pressure', severity: 'warning', holdSeconds: 0 },
    PIDPressure: { name: 'node-pid-pressure', severity: 'warning', holdSeconds: 0 },
    // A node that joins has it until its network plugin is up.
    NetworkUnavailable: { name: 'node-network-unavailable', severity: 'critical', holdSeconds: 60 },
  } as const),
);

/** What a node's conditions say; a condition that is unknown is told by Ready, which is unknown then, too. */
export function nodeFindings(node: KubernetesNode, rules: NodeRules): Finding[] {
  const labels = { node: node.metadata.name };
  const conditions = node.status?.conditions ?? [];
  const findings = conditions.flatMap((condition): Finding[] => {
    const rule = BAD_WHEN_TRUE.get(condition.type);
    return rule && condition.status === 'True' ? [{ ...rule, labels, annotations: wordsOf(condition) }] : [];
  });
  const ready = conditions.find(({ type }) => type === 'Ready');
  // Without the condition a kubelet has not told anything yet.
  if (ready && ready.status !== 'True') {
    const annotations = { ...wordsOf(ready), status: ready.status };
    findings.push({ name: 'node-not-ready', severity: 'critical', labels, annotations, holdSeconds: 0 });
  }
  if (node.spec?.unschedulable)
    findings.push({ name: 'node-cordoned', severity: 'info', labels, annotations: {}, holdSeconds: rules.cordonedSeconds });
  return findings;
}
