import { createHash } from 'node:crypto';
import type { AdapterRules, Rendered } from '../../activities/adapters/adapter.ts';
import type { UnifiedConfiguration } from '../../activities/adapters/configuration.ts';
import { configurationProblem } from '../../activities/adapters/refusal.ts';
import type { Resources } from '../../activities/runtimes/runtime.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Fault } from '../../workflows/contracts/problems.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { KnownSecrets } from '../secrets/known-secrets.ts';
import { pointerOf } from '../configs/json-pointer.ts';

export interface RevisionPlan {
  configuration: UnifiedConfiguration;
  resources: Resources;
  rendered: Rendered;
  /** Over everything that the process sees of its configuration: files, variables, references. */
  configurationHash: string;
  secretNames: string[];
}

/**
 * Renders and checks a configuration by the platform's rules. Whether the agent's own program takes it, the
 * operation's first step finds out.
 * @throws Problem 'agent.configuration-refused', 'agent.configuration-owned', 'secret.reference-unknown', 'request.unfit'
 */
export async function planRevision(
  tx: Transaction,
  rules: AdapterRules,
  { tenantId, projectId }: { tenantId: string; projectId: string },
  configuration: UnifiedConfiguration,
  resources: Resources,
  secrets: KnownSecrets = new KnownSecrets(tx),
): Promise<RevisionPlan> {
  const refused = configurationProblem(rules.check(configuration), '/configuration');
  if (refused) throw refused;
  assertLargeEnough(rules, resources);
  const rendering = renderRevision(rules, configuration);
  const missing = await secrets.missing({ tenantId, projectId }, rendering.secretNames);
  if (missing.length > 0) {
    throw new Problem('secret.reference-unknown', missing.join(', '), {
      faults: secretFaults(missing, configuration, ['configuration']),
    });
  }
  return { configuration, resources, ...rendering };
}

/** What the process will see, and the hash that it is known by. */
export function renderRevision(
  rules: AdapterRules,
  configuration: UnifiedConfiguration,
): Pick<RevisionPlan, 'rendered' | 'configurationHash' | 'secretNames'> {
  const rendered = rules.render(configuration);
  const secretNames = [...new Set(Object.values(rendered.secretReferences))].sort();
  return { rendered, configurationHash: hashOf(rendered), secretNames };
}

/** Where the configuration names one of these secrets, which do not exist. */
export function secretFaults(missing: readonly string[], value: unknown, path: readonly string[] = []): Fault[] {
  if (typeof value !== 'object' || value === null) return [];
  const { secret } = value as { secret?: unknown };
  if (typeof secret === 'string' && missing.includes(secret)) {
    return [{ pointer: pointerOf([...path, 'secret']), detail: `There is no secret named ${secret}.` }];
  }
  return Object.entries(value).flatMap(([key, child]) => secretFaults(missing, child, [...path, key]));
}

function hashOf({ files, environment, secretReferences }: Rendered): string {
  const inOrder = (record: Record<string, string>) =>
    Object.entries(record).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
  const document = JSON.stringify([files, environment, secretReferences].map(inOrder));
  return createHash('sha256').update(document).digest('hex');
}

function assertLargeEnough({ minimumResources: least }: AdapterRules, resources: Resources): void {
  const faults: Fault[] = [];
  if (resources.cpuMillis < least.cpuMillis) faults.push(tooSmall('cpu', `${least.cpuMillis}m`));
  if (resources.memoryBytes < least.memoryBytes) faults.push(tooSmall('memory', `${least.memoryBytes / 2 ** 20}Mi`));
  if (resources.storageBytes < least.storageBytes) {
    faults.push(tooSmall('storage', `${least.storageBytes / 2 ** 20}Mi`));
  }
  if (faults.length > 0) throw new Problem('request.unfit', 'The agent needs more than that.', { faults });
}

const tooSmall = (name: string, least: string): Fault => ({
  pointer: `/resources/${name}`,
  detail: `This agent needs at least ${least}.`,
});
