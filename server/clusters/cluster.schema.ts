import { z } from 'zod';
import { dnsLabel, notBlank, permissionList, prose } from '../http/fields.ts';
import { labels } from '../http/labels.ts';
import { pageOf, pageQuery, repeated } from '../http/page.ts';
import {
  EngineSettings,
  KubernetesSettings,
  MachineSettings,
  SettingsAnswer,
  SettingsPatch,
} from './cluster-settings.schema.ts';
import { runtimeKinds, type RuntimeKind } from './runtime-kinds.ts';

const phase = z.enum(['Preparing', 'Ready', 'Unreachable']);
const runtime = z.enum(Object.keys(runtimeKinds) as [RuntimeKind, ...RuntimeKind[]]);

const Preparation = z
  .strictObject({ message: prose(500).min(1).meta(notBlank), percent: z.number().min(0).max(100).optional() })
  .meta({ id: 'ClusterPreparation' });

const kubeconfig = z
  .string()
  .min(1)
  .max(131_072)
  .describe('Write-only. Certificates or token inline: no exec, auth provider, file paths or plain HTTP');
const privateKey = z
  .string()
  .min(1)
  .max(16_384)
  .describe('Write-only. Of the account on the host, in PEM or OpenSSH format, without a passphrase');

const oneOfTwo = { error: 'either kubeconfig or preparation', path: ['preparation'] };

const common = {
  name: dnsLabel,
  labels: labels.default({}).describe('To choose clusters by, as Kubernetes labels'),
  tenantId: z
    .uuid()
    .nullable()
    .default(null)
    .describe(
      'The only tenant whose instances may be there. Without one, a cluster that does not isolate tenants (a machine) ' +
        'belongs to the tenant of the first instance on it',
    ),
};

export const NewCluster = z
  .discriminatedUnion('runtime', [
    z
      .strictObject({
        ...common,
        runtime: z.literal('kubernetes'),
        kubeconfig: kubeconfig.optional().describe('Without it the cluster is in preparation until a PATCH brings one'),
        preparation: Preparation.optional(),
        settings: KubernetesSettings.default({}),
      })
      .refine((body) => !(body.kubeconfig && body.preparation), oneOfTwo)
      .meta({ id: 'NewKubernetesCluster', not: { required: ['kubeconfig', 'preparation'] } }),
    z
      .strictObject({
        ...common,
        runtime: z.literal('machine'),
        settings: MachineSettings,
        privateKey: privateKey.optional().describe('Where the machine is reached over SSH, and only there'),
      })
      .meta({ id: 'NewMachine' }),
    z
      .strictObject({ ...common, runtime: z.literal('docker'), settings: EngineSettings })
      .meta({ id: 'NewDockerEngine' }),
    z
      .strictObject({ ...common, runtime: z.literal('podman'), settings: EngineSettings })
      .meta({ id: 'NewPodmanEngine' }),
  ])
  .meta({ id: 'NewCluster' });
export type NewCluster = z.output<typeof NewCluster>;

export const ClusterPatch = z
  .strictObject({
    name: dnsLabel.optional(),
    kubeconfig: kubeconfig.optional().describe('Takes the place of an older one and makes the cluster Ready'),
    privateKey: privateKey.optional().describe('Takes the place of an older one'),
    preparation: Preparation.nullable().optional().describe('Sets the phase to Preparing; null ends it'),
    labels: labels.optional().describe('Take the place of all labels'),
    tenantId: z
      .uuid()
      .nullable()
      .optional()
      .describe('Gives the cluster to a tenant, or to all; refused while others have anything on it'),
    settings: SettingsPatch.optional(),
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
    runtime,
    isolatesTenants: z.boolean().describe('Else it belongs to one tenant'),
    tenantId: z.uuid().nullable().describe('The only tenant whose instances may be there'),
    tenantName: z.string().nullable(),
    labels: z.record(z.string(), z.string()),
    phase,
    preparation: Preparation.nullable(),
    cordonedAt: z.iso.datetime().nullable().describe('Since when it takes no new instances'),
    version: z.string().nullable(),
    lastSeenAt: z.iso.datetime().nullable(),
    settings: SettingsAnswer.nullable().describe('null for who may not change the cluster'),
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
  runtime: repeated(runtime),
  tenantId: z.uuid().optional().describe('Only those that this tenant may have instances on'),
  sort: z.enum(['name', '-name', 'createdAt', '-createdAt']).default('name'),
});

const amounts = <Amount extends z.ZodType>(amount: Amount) =>
  z.strictObject({ cpuMillis: amount, memoryBytes: amount, storageBytes: amount, instances: amount });

export const ClusterCapacityAnswer = z
  .strictObject({
    total: amounts(z.int().nullable()).describe('As its operator says; null: not known'),
    reserved: amounts(z.int()).describe('By the instances that the platform has there'),
    free: amounts(z.int().nullable()).describe('The difference; negative where more is reserved than there is'),
    phases: z.record(z.string(), z.int()).describe('How many instances there are in each phase'),
  })
  .meta({ id: 'ClusterUse' });
export type ClusterCapacityAnswer = z.infer<typeof ClusterCapacityAnswer>;

const allowed = z
  .array(z.uuid())
  .max(200)
  .nullable()
  .describe('The shared clusters for new instances; null: all. Its own are always allowed');
export const AllowedClusters = z.strictObject({ clusterIds: allowed }).meta({ id: 'AllowedClusters' });
