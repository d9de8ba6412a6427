import { AppsV1Api, CoreV1Api, KubeConfig, NetworkingV1Api } from '@kubernetes/client-node';
import type { V1ConfigMap, V1ObjectMeta, V1PersistentVolume, V1Pod } from '@kubernetes/client-node';
import type { TestKubernetes } from '../platform/kubernetes.ts';

export interface InstanceIds {
  id: string;
  tenantId: string;
}

/** What a cluster administrator sees of an instance: past the product, by another client. */
export class NodeView {
  readonly #core: CoreV1Api;
  readonly #apps: AppsV1Api;
  readonly #networking: NetworkingV1Api;

  constructor({ adminKubeconfig }: TestKubernetes) {
    const config = new KubeConfig();
    config.loadFromString(adminKubeconfig);
    this.#core = config.makeApiClient(CoreV1Api);
    this.#apps = config.makeApiClient(AppsV1Api);
    this.#networking = config.makeApiClient(NetworkingV1Api);
  }

  /** Kinds of all objects that carry the instance's label, in the order of the alphabet. */
  async kindsOf(instance: InstanceIds): Promise<string[]> {
    const query = this.#query(instance);
    const lists: Record<string, Promise<{ items: { metadata?: V1ObjectMeta }[] }>> = {
      ConfigMap: this.#core.listNamespacedConfigMap(query),
      NetworkPolicy: this.#networking.listNamespacedNetworkPolicy(query),
      PersistentVolumeClaim: this.#core.listNamespacedPersistentVolumeClaim(query),
      Pod: this.#core.listNamespacedPod(query),
      Secret: this.#core.listNamespacedSecret(query),
      Service: this.#core.listNamespacedService(query),
      StatefulSet: this.#apps.listNamespacedStatefulSet(query),
    };
    const found = await Promise.all(
      Object.entries(lists).map(async ([kind, list]) => (await list).items.map(() => kind)),
    );
    return found.flat();
  }

  async podsOf(instance: InstanceIds): Promise<V1Pod[]> {
    return (await this.#core.listNamespacedPod(this.#query(instance))).items;
  }

  /** The one pod that there is. */
  async podOf(instance: InstanceIds): Promise<{ uid: string; address: string; memoryLimit: string | undefined }> {
    const [pod, ...others] = await this.podsOf(instance);
    if (!pod?.metadata?.uid || others.length > 0) throw new Error(`There are ${others.length + (pod ? 1 : 0)} pods`);
    return {
      uid: pod.metadata.uid,
      address: pod.status?.podIP ?? '',
      memoryLimit: pod.spec?.containers[0]?.resources?.limits?.['memory'],
    };
  }

  async configMapOf({ id, tenantId }: InstanceIds): Promise<V1ConfigMap> {
    return this.#core.readNamespacedConfigMap({ namespace: namespaceOf(tenantId), name: `i-${id}` });
  }

  /** Volumes whose claim is the instance's. */
  async volumesOf({ id, tenantId }: InstanceIds): Promise<V1PersistentVolume[]> {
    const { items } = await this.#core.listPersistentVolume();
    return items.filter(({ spec }) => {
      const claim = spec?.claimRef;
      return claim?.namespace === namespaceOf(tenantId) && claim.name === `i-${id}`;
    });
  }

  /** The token that opens the instance's gateway, from where the platform has laid it down. */
  async gatewayTokenOf({ id, tenantId }: InstanceIds, variable: string): Promise<string> {
    const secret = await this.#core.readNamespacedSecret({ namespace: namespaceOf(tenantId), name: `i-${id}` });
    return Buffer.from(secret.data?.[variable] ?? '', 'base64').toString();
  }

  #query({ id, tenantId }: InstanceIds): { namespace: string; labelSelector: string } {
    return { namespace: namespaceOf(tenantId), labelSelector: `open-cluster-claw.io/instance=${id}` };
  }
}

const namespaceOf = (tenantId: string): string => `occ-${tenantId}`;
