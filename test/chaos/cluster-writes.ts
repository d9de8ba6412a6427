import { readFileSync } from 'node:fs';

/** One request that changed a pod or a workload, or may have. */
export interface ClusterWrite {
  id: string;
  at: Date;
  /** The user that asked for it. */
  by: string;
  verb: string;
  resource: string;
  namespace: string;
  name: string;
  /** Of the answer; null where the server died before it had given one, and nobody can say whether it was done. */
  code: number | null;
  /** Of the object that it was about, as the answer has it. */
  uid: string | null;
  /** Of the object after it. */
  generation: number | null;
  /** The revision of the workload that a pod is of. */
  revision: string | null;
}

interface AuditEvent {
  auditID: string;
  stage: string;
  verb: string;
  user: { username: string };
  objectRef: { resource: string; subresource?: string; namespace?: string; name?: string };
  responseStatus?: { code?: number };
  requestObject?: { metadata?: { name?: string } };
  responseObject?: {
    metadata?: { uid?: string; name?: string; generation?: number; labels?: Record<string, string> };
    details?: { uid?: string };
  };
  requestReceivedTimestamp: string;
}

/**
 * What the API server says of who wrote what, in the order in which it was asked.
 * @throws Error for a line that cannot be read: then nothing can be told from the rest either
 */
export function readClusterWrites(auditLog: string): ClusterWrite[] {
  const writes = new Map<string, ClusterWrite>();
  for (const line of readFileSync(auditLog, 'utf8').split('\n')) {
    if (line === '') continue;
    const event = JSON.parse(line) as AuditEvent;
    writes.set(event.auditID, writeOf(event));
  }
  return [...writes.values()].toSorted((a, b) => a.at.getTime() - b.at.getTime());
}

/** The later line of a request is the one with the answer. */
function writeOf(event: AuditEvent): ClusterWrite {
  const { objectRef, requestObject, responseObject, responseStatus } = event;
  const { resource, subresource, namespace = '' } = objectRef;
  return {
    id: event.auditID,
    at: new Date(event.requestReceivedTimestamp),
    by: event.user.username,
    verb: event.verb,
    resource: subresource ? `${resource}/${subresource}` : resource,
    namespace,
    name: objectRef.name ?? responseObject?.metadata?.name ?? requestObject?.metadata?.name ?? '',
    code: event.stage === 'ResponseComplete' ? (responseStatus?.code ?? null) : null,
    uid: responseObject?.metadata?.uid ?? responseObject?.details?.uid ?? null,
    generation: responseObject?.metadata?.generation ?? null,
    revision: responseObject?.metadata?.labels?.['controller-revision-hash'] ?? null,
  };
}
