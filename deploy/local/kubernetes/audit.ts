import { writeFileSync } from 'node:fs';
import type { Layout } from './layout.ts';

/**
 * Who created or removed a pod, who wrote a workload, and what: the question first and the answer after it, so that a
 * server that is killed in between has still said that it was asked. What kubelets and controllers report of an object
 * (`status`) is not in it.
 */
const policy = {
  apiVersion: 'audit.k8s.io/v1',
  kind: 'Policy',
  omitManagedFields: true,
  rules: [
    {
      level: 'RequestResponse',
      verbs: ['create', 'delete', 'deletecollection'],
      resources: [{ group: '', resources: ['pods', 'pods/eviction'] }],
    },
    {
      level: 'RequestResponse',
      verbs: ['create', 'update', 'patch', 'delete', 'deletecollection'],
      resources: [{ group: 'apps', resources: ['statefulsets', 'statefulsets/scale'] }],
    },
    { level: 'None' },
  ],
};

/** Never turned over: whoever reads it wants all of it. */
const megabytesAtMost = 10_000;

/** Lines of JSON, written before the server goes on. */
export const auditLogOf = (layout: Layout): string => layout.path('logs', 'audit.jsonl');

/** The API server's flags for it. */
export function auditFlags(layout: Layout): string[] {
  const policyFile = layout.path('audit-policy.json');
  writeFileSync(policyFile, `${JSON.stringify(policy, null, 2)}\n`);
  return [
    `--audit-policy-file=${policyFile}`,
    `--audit-log-path=${auditLogOf(layout)}`,
    '--audit-log-mode=blocking',
    `--audit-log-maxsize=${megabytesAtMost}`,
  ];
}
