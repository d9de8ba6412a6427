import { defineEntity, p, type InferEntity } from '@mikro-orm/core';
import type { RuntimeKind } from './runtime-kinds.ts';

export interface ClusterPreparation {
  message: string;
  percent?: number;
}

export interface ClusterSettings {
  /** `Default` where the cluster has no DNS of its own. */
  dnsPolicy?: 'ClusterFirst' | 'Default';
  storageClass?: string;
  /** Of pods, services and nodes, as CIDR: what no agent is ever given access to. */
  clusterRanges?: string[];
  /** A proxy that stands before the agents, in place of tunnels through the API server; holds `{instanceId}`. */
  agentAddress?: string;
}

export const Cluster = defineEntity({
  name: 'Cluster',
  tableName: 'clusters',
  properties: {
    id: p.uuid().primary(),
    name: p.text(),
    runtime: p.text().$type<RuntimeKind>(),
    phase: p.enum(['Preparing', 'Ready', 'Unreachable'] as const),
    preparation: p.json<ClusterPreparation>().nullable(),
    settings: p.json<ClusterSettings>().default('{}'),
    version: p.text().nullable(),
    message: p.text().nullable(),
    lastSeenAt: p.datetime().nullable(),
    generation: p.integer().default(1),
    createdAt: p.datetime().defaultRaw('now()'),
    createdBy: p.uuid().nullable(),
  },
});
export type Cluster = InferEntity<typeof Cluster>;

/** The sealed kubeconfig, out of reach of the app role. */
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
