import { z } from 'zod';
import { dnsLabel, notBlank, permissionList, prose } from '../http/fields.ts';
import { pageOf, pageQuery, repeated } from '../http/page.ts';

const phase = z.enum(['Preparing', 'Ready', 'Unreachable']);

const Preparation = z
  .strictObject({ message: prose(500).min(1).meta(notBlank), percent: z.number().min(0).max(100).optional() })
  .meta({ id: 'ClusterPreparation' });

const dnsPolicy = z.enum(['ClusterFirst', 'Default']).describe('Default where the cluster has no DNS of its own');
const storageClass = dnsLabel.describe('Class of the instances’ volumes; the cluster’s own default without it');

/** A policy makes exceptions from the whole, which cannot be the whole itself. */
const range = z
  .union([z.cidrv4().max(18), z.cidrv6().max(43)])
  .refine((cidr) => !cidr.endsWith('/0'), 'a part of the addresses')
  .meta({ not: { pattern: '/0$' } });
const clusterRanges = z
  .array(range)
  .max(64)
  .describe(
    'Addresses of pods, services and nodes (CIDR), which no agent is given access to. Without them none is given ' +
      'access to any private address',
  );

const agentAddress = z
  .string()
  .max(300)
  .describe(
    'An https address that holds {instanceId} (http on this machine only), without credentials. Where agents are reached when neither the cluster’s own network nor tunnels through its API server are to be ' +
      'used, such as https://agents.example.org/{instanceId}. Whoever answers there is sent the agents’ own tokens',
  );

const Settings = z
  .strictObject({
    dnsPolicy: dnsPolicy.optional(),
    storageClass: storageClass.optional(),
    clusterRanges: clusterRanges.optional(),
    agentAddress: agentAddress.optional(),
  })
  .meta({ id: 'ClusterSettings' });

const kubeconfig = z
  .string()
  .min(1)
  .max(131_072)
  .describe('Write-only. Certificates or token inline: no exec, auth provider, file paths or plain HTTP');

const oneOfTwo = { error: 'either kubeconfig or preparation', path: ['preparation'] };

export const NewCluster = z
  .strictObject({
    name: dnsLabel,
    runtime: z.literal('kubernetes'),
    kubeconfig: kubeconfig.optional().describe('Without it the cluster is in preparation until a PATCH brings one'),
    preparation: Preparation.optional(),
    settings: Settings.default({}),
  })
  .refine((body) => !(body.kubeconfig && body.preparation), oneOfTwo)
  .meta({ id: 'NewCluster', not: { required: ['kubeconfig', 'preparation'] } });

export const ClusterPatch = z
  .strictObject({
    name: dnsLabel.optional(),
    kubeconfig: kubeconfig.optional().describe('Takes the place of an older one and makes the cluster Ready'),
    preparation: Preparation.nullable().optional().describe('Sets the phase to Preparing; null ends it'),
    settings: z
      .strictObject({
        dnsPolicy: dnsPolicy.nullable().optional(),
        storageClass: storageClass.nullable().optional(),
        clusterRanges: clusterRanges.nullable().optional(),
        agentAddress: agentAddress.nullable().optional(),
      })
      .optional(),
  })
  .refine((body) => !(body.kubeconfig && body.preparation), oneOfTwo)
  .meta({
    id: 'ClusterPatch',
    not: { properties: { preparation: { type: 'object' } }, required: ['kubeconfig', 'preparation'] },
  });
export type ClusterPatch = z.output<typeof ClusterPatch>;

export const ClusterAnswer = z
  .strictObject({
    id: z.uuid(),
    name: z.string(),
    runtime: z.string(),
    phase,
    preparation: Preparation.nullable(),
    version: z.string().nullable(),
    lastSeenAt: z.iso.datetime().nullable(),
    settings: Settings.nullable().describe('null for who may not change the cluster'),
    message: z.string().nullable().describe('Why it is not reachable; null for who may not change the cluster'),
    generation: z.int(),
    createdAt: z.iso.datetime(),
    permissions: permissionList,
  })
  .meta({ id: 'Cluster' });
export type ClusterAnswer = z.infer<typeof ClusterAnswer>;

export const ClusterList = pageOf(ClusterAnswer, 'ClusterList');

export const ClusterQuery = z.strictObject({
  ...pageQuery,
  name: z.string().max(63).optional().describe('Part of the name'),
  phase: repeated(phase),
  sort: z.enum(['name', '-name', 'createdAt', '-createdAt']).default('name'),
});
