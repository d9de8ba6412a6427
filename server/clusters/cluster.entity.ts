import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { Amounts } from '../quotas/amounts.ts';
import type { RuntimeKind } from './runtime-kinds.ts';

export interface ClusterPreparation {
  message: string;
  percent?: number;
}

export interface KubernetesSettings {
  /** `Default` where the cluster has no DNS of its own. */
  dnsPolicy?: 'ClusterFirst' | 'Default';
  storageClass?: string;
  /** Of pods, services and nodes, as CIDR: what no agent is ever given access to. */
  clusterRanges?: string[];
  /** A proxy that stands before the agents, in place of tunnels through the API server; holds `{instanceId}`. */
  agentAddress?: string;
}

/** Another machine, reached over SSH. */
export interface SshHost {
  address: string;
  port: number;
  user: string;
  /** `SHA256:` and the fingerprint: a host with any other key is not talked to. */
  hostKey: string;
}

export interface MachineSettings {
  /** Absolute; everything of the platform on that machine is below it. */
  directory: string;
  /** Left out: the machine that the worker runs on. */
  host?: SshHost;
}

export interface EngineSettings {
  /** Of the engine's API, on the machine that the worker runs on. */
  socketPath: string;
}

/** Which of them a cluster has follows from its runtime; `capacity` is what its operator says that it has in all. */
export type ClusterSettings = Partial<KubernetesSettings & MachineSettings & EngineSettings> & {
  capacity?: Partial<Amounts>;
};

export const Cluster = defineEntity({
  name: 'Cluster',
  tableName: 'clusters',
  properties: {
    id: p.uuid().primary(),
    name: p.text(),
    runtime: p.text().$type<RuntimeKind>(),
    /** The only tenant whose instances may be there; null: any that may choose it. */
    tenantId: p.uuid().nullable(),
    labels: p.json<Record<string, string>>().default('{}'),
    phase: p.enum(['Preparing', 'Ready', 'Unreachable'] as const),
    preparation: p.json<ClusterPreparation>().nullable(),
    settings: p.json<ClusterSettings>().default('{}'),
    /** Since when it takes no new instances. */
    cordonedAt: p.datetime().nullable(),
    version: p.text().nullable(),
    message: p.text().nullable(),
    lastSeenAt: p.datetime().nullable(),
    generation: p.integer().default(1),
    createdAt: p.datetime().defaultRaw('now()'),
    createdBy: p.uuid().nullable(),
  },
});
export type Cluster = InferEntity<typeof Cluster>;

/** The sealed kubeconfig or private key, out of reach of the app role. */
export const ClusterCredential = defineEntity({
  name: 'ClusterCredential',
  tableName: 'cluster_credentials',
  properties: {
    clusterId: p.uuid().primary(),
    sealed: p.blob(),
    updatedAt: p.datetime().defaultRaw('now()'),
  },
});
export type ClusterCredential = InferEntity<typeof ClusterCredential>;
