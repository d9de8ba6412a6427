import type {
  CoreV1Event,
  V1ConfigMap,
  V1LimitRange,
  V1Namespace,
  V1NetworkPolicy,
  V1PersistentVolumeClaim,
  V1Pod,
  V1ResourceQuota,
  V1Secret,
  V1Service,
  V1StatefulSet,
} from '@kubernetes/client-node';

/**
 * The client's types as they are on the wire: times are text, and `from`, `default` have no underscore. Only the
 * types are taken from the client here; loading it costs a second and 87 MB, which only the tunnel has to pay.
 */
export type Wire<T> = T extends Date
  ? string
  : T extends (infer Item)[]
    ? Wire<Item>[]
    : T extends object
      ? { [Key in keyof T as Key extends `_${infer Bare}` ? Bare : Key]: Wire<T[Key]> }
      : T;

type Metadata = NonNullable<Wire<V1StatefulSet>['metadata']>;

/** An object on its way to the cluster. */
export type Manifest<T = object> = Omit<Wire<T>, 'metadata' | 'status'> & {
  apiVersion: string;
  kind: string;
  metadata: Metadata & { name: string };
};

/** An object as the cluster holds it. Members of a list carry neither kind nor version. */
export type Stored<T = object> = Omit<Wire<T>, 'metadata'> & {
  metadata: Metadata & { name: string; uid: string; resourceVersion: string };
};

export interface Kinds {
  Namespace: V1Namespace;
  ResourceQuota: V1ResourceQuota;
  LimitRange: V1LimitRange;
  NetworkPolicy: V1NetworkPolicy;
  StatefulSet: V1StatefulSet;
  Pod: V1Pod;
  ConfigMap: V1ConfigMap;
  Secret: V1Secret;
  Service: V1Service;
  PersistentVolumeClaim: V1PersistentVolumeClaim;
  Event: CoreV1Event;
}
export type Kind = keyof Kinds;

const resources: Record<Kind, { apiVersion: string; plural: string }> = {
  Namespace: { apiVersion: 'v1', plural: 'namespaces' },
  ResourceQuota: { apiVersion: 'v1', plural: 'resourcequotas' },
  LimitRange: { apiVersion: 'v1', plural: 'limitranges' },
  NetworkPolicy: { apiVersion: 'networking.k8s.io/v1', plural: 'networkpolicies' },
  StatefulSet: { apiVersion: 'apps/v1', plural: 'statefulsets' },
  Pod: { apiVersion: 'v1', plural: 'pods' },
  ConfigMap: { apiVersion: 'v1', plural: 'configmaps' },
  Secret: { apiVersion: 'v1', plural: 'secrets' },
  Service: { apiVersion: 'v1', plural: 'services' },
  PersistentVolumeClaim: { apiVersion: 'v1', plural: 'persistentvolumeclaims' },
  Event: { apiVersion: 'v1', plural: 'events' },
};

/** Path below the server's address; without a name the collection, without a namespace all of them. */
export function pathOf(kind: Kind, namespace?: string, name?: string, subresource?: string): string {
  const { apiVersion, plural } = resources[kind];
  const group = apiVersion === 'v1' ? '/api/v1' : `/apis/${apiVersion}`;
  const segments = [namespace ? `namespaces/${encodeURIComponent(namespace)}` : '', plural];
  if (name !== undefined) segments.push(encodeURIComponent(name));
  if (subresource) segments.push(subresource);
  return [group, ...segments.filter(Boolean)].join('/');
}

/**
 * Does the stored object hold everything that is wanted? The cluster adds defaults to objects, never to lists, so
 * that lists must agree in length.
 */
export function covers(stored: unknown, wanted: unknown): boolean {
  if (wanted === undefined) return true;
  if (Array.isArray(wanted)) {
    return (
      Array.isArray(stored) &&
      stored.length === wanted.length &&
      wanted.every((item, index) => covers(stored[index], item))
    );
  }
  if (typeof wanted === 'object' && wanted !== null) {
    if (typeof stored !== 'object' || stored === null) return Object.keys(wanted).length === 0;
    return Object.entries(wanted).every(([key, value]) => covers(Reflect.get(stored, key), value));
  }
  return stored === wanted;
}
