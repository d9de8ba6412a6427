import { z } from 'zod';
import { dnsLabel } from '../http/fields.ts';
import { Limits } from '../quotas/quota.schema.ts';

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

/** No `..`, and nothing that a shell or a configuration file would read as more than a name. */
const path = z
  .string()
  .max(200)
  .regex(
    /^(\/(?!\.{1,2}(\/|$))[A-Za-z0-9_.-]+)+$/,
    'an absolute path of letters, digits, dots, hyphens and underscores',
  );
const directory = path.describe('Everything of the platform on that machine is below it; it never changes');
const socketPath = path.describe('Of the engine’s API, on the machine that the workers run on');

const address = z
  .string()
  .max(253)
  .regex(/^[A-Za-z0-9:][A-Za-z0-9.:-]*$/, 'a host name or an IP address');
const port = z.int().min(1).max(65_535);
const user = z.string().regex(/^[a-z_][a-z0-9_.-]{0,31}$/, 'the name of an account');
const hostKey = z
  .string()
  .regex(/^SHA256:[A-Za-z0-9+/]{43}$/, 'SHA256: and the fingerprint, as ssh-keygen -lf shows it')
  .describe('A host with any other key is not talked to');

const host = z
  .strictObject({ address, port: port.default(22), user, hostKey })
  .describe('Over SSH; left out: the machine that the workers run on')
  .meta({ id: 'SshHost' });

const capacity = Limits.partial()
  .describe('What the cluster has in all, as its operator says; what is left out is not known, and bounds nothing')
  .meta({ id: 'ClusterCapacity' });

const kubernetes = {
  dnsPolicy: dnsPolicy.optional(),
  storageClass: storageClass.optional(),
  clusterRanges: clusterRanges.optional(),
  agentAddress: agentAddress.optional(),
};
const withCapacity = { capacity: capacity.optional() };

export const KubernetesSettings = z.strictObject({ ...kubernetes, ...withCapacity }).meta({ id: 'KubernetesSettings' });
export const MachineSettings = z
  .strictObject({ directory, host: host.optional(), ...withCapacity })
  .meta({ id: 'MachineSettings' });
export const EngineSettings = z.strictObject({ socketPath, ...withCapacity }).meta({ id: 'EngineSettings' });

export const SettingsAnswer = z
  .strictObject({
    ...kubernetes,
    directory: directory.optional(),
    host: host.optional(),
    socketPath: socketPath.optional(),
    ...withCapacity,
  })
  .describe('Those of its runtime')
  .meta({ id: 'ClusterSettings' });

export const SettingsPatch = z
  .strictObject({
    dnsPolicy: dnsPolicy.nullable().optional(),
    storageClass: storageClass.nullable().optional(),
    clusterRanges: clusterRanges.nullable().optional(),
    agentAddress: agentAddress.nullable().optional(),
    host: z
      .strictObject({ address, port, user, hostKey })
      .partial()
      .optional()
      .describe('Of a machine that is reached over SSH'),
    socketPath: socketPath.optional().describe('Of an engine'),
    capacity: capacity.nullable().optional().describe('Takes the place of what was said before'),
  })
  .describe('Only those of the cluster’s runtime');
export type SettingsPatch = z.output<typeof SettingsPatch>;
