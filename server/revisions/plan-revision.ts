import { createHash } from 'node:crypto';
import type { AdapterRules, Rendered } from '../../activities/adapters/adapter.ts';
import type { UnifiedConfiguration } from '../../activities/adapters/configuration.ts';
import { configurationProblem } from '../../activities/adapters/refusal.ts';
import type { Resources } from '../../activities/runtimes/runtime.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Fault } from '../../workflows/contracts/problems.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { missingSecrets } from '../secrets/missing-secrets.ts';

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
 * @throws Problem 'agent.configuration-refused', 'agent.configuration-owned', 'secret.reference-unknown', 'request.invalid'
 */
export async function planRevision(
  tx: Transaction,
  rules: AdapterRules,
  { tenantId, projectId }: { tenantId: string; projectId: string },
  configuration: UnifiedConfiguration,
  resources: Resources,
): Promise<RevisionPlan> {
  const refused = configurationProblem(rules.check(configuration), '/configuration');
  if (refused) throw refused;
  assertLargeEnough(rules, resources);
  const rendered = rules.render(configuration);
  const secretNames = [...new Set(Object.values(rendered.secretReferences))].sort();
  await assertSecretsExist(tx, { tenantId, projectId }, secretNames, configuration);
  return { configuration, resources, rendered, configurationHash: hashOf(rendered), secretNames };
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
  if (faults.length > 0) throw new Problem('request.invalid', 'The agent needs more than that.', { faults });
}

const tooSmall = (name: string, least: string): Fault => ({
  pointer: `/resources/${name}`,
  detail: `This agent needs at least ${least}.`,
});

async function assertSecretsExist(
  tx: Transaction,
  place: { tenantId: string; projectId: string },
  names: string[],
  configuration: UnifiedConfiguration,
): Promise<void> {
  if (names.length === 0) return;
  const missing = await missingSecrets(tx, place, names);
  if (missing.length === 0) return;
  throw new Problem('secret.reference-unknown', missing.join(', '), {
    faults: pointersTo(missing, configuration, '/configuration'),
  });
}

/** Where the configuration names one of these secrets. */
function pointersTo(names: string[], value: unknown, pointer: string): Fault[] {
  if (typeof value !== 'object' || value === null) return [];
  const { secret } = value as { secret?: unknown };
  if (typeof secret === 'string' && names.includes(secret)) {
    return [{ pointer: `${pointer}/secret`, detail: `There is no secret named ${secret}.` }];
  }
  return Object.entries(value).flatMap(([key, child]) =>
    pointersTo(names, child, `${pointer}/${key.replaceAll('~', '~0').replaceAll('/', '~1')}`),
  );
}
