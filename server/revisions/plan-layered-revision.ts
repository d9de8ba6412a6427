import type { AdapterRules } from '../../activities/adapters/adapter.ts';
import type { Resources } from '../../activities/runtimes/runtime.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Fault } from '../../workflows/contracts/problems.ts';
import type { LayerReader } from '../configs/layer-reader.ts';
import type { LayerFault } from '../configs/layers.ts';
import { resolveFor, type WantedLayers } from '../configs/resolve-for.ts';
import type { ResolvedLayers } from '../configs/resolve-layers.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { planRevision, type RevisionPlan } from './plan-revision.ts';
import type { Revision } from './revision.entity.ts';

export interface LayeredPlan extends RevisionPlan {
  templateId: string | null;
  templateVersion: number | null;
  variables: Record<string, unknown>;
  overrides: Record<string, unknown>;
  provenance: ResolvedLayers['provenance'];
}

/**
 * What an instance's layers render to, checked by the platform's rules. Faults point at where the value was written:
 * `/configuration/…` for the instance's own layer, `/variables/…`, and `/<layer>/configuration/…` for those above.
 * @param layers of this transaction; shared by all instances that are planned in it
 * @throws Problem 'config.unknown', 'config.version-unknown', 'config.kind-mismatch', 'config.variables-invalid',
 *   'config.value-locked' and those of `planRevision`
 */
export async function planLayeredRevision(
  tx: Transaction,
  layers: LayerReader,
  rules: AdapterRules,
  place: { tenantId: string; projectId: string },
  wanted: WantedLayers,
  resources: Resources,
): Promise<LayeredPlan> {
  const resolved = await resolveFor(layers, rules.kind, place, wanted);
  const { template, variables, overrides } = wanted;
  if (resolved.faults.length > 0 || !resolved.configuration) throw problemOf(resolved.faults, variables);
  const plan = await located(resolved, variables, (configuration) =>
    planRevision(tx, rules, place, configuration, resources, layers.secrets),
  );
  const [templateId, templateVersion] = [template?.id ?? null, template?.version ?? null];
  return { ...plan, templateId, templateVersion, variables, overrides, provenance: resolved.provenance };
}

/** The fields of a revision's row that a plan decides. */
export const columnsOfPlan = (plan: LayeredPlan) =>
  ({
    configuration: plan.configuration,
    configurationHash: plan.configurationHash,
    resources: plan.resources,
    secretNames: plan.secretNames,
    templateId: plan.templateId,
    templateVersion: plan.templateVersion,
    variables: plan.variables,
    overrides: plan.overrides,
    provenance: plan.provenance,
  }) satisfies Partial<Revision>;

/** The first that must be right for the others to mean anything. */
const codesInOrder = ['config.variables-invalid', 'config.value-locked'] as const;

function problemOf(faults: readonly LayerFault[], given: Record<string, unknown>): Problem {
  const code = codesInOrder.find((one) => faults.some((fault) => fault.code === one)) ?? 'agent.configuration-refused';
  const told = faults.filter((fault) => fault.code === code);
  const [first] = told;
  const extra: Record<string, string> = first?.layer ? { layer: first.layer, pointer: first.pointer } : {};
  return new Problem(code, told.length === 1 ? first?.detail : undefined, {
    faults: told.map((fault) => ({ pointer: pointerInRequest(fault, given), detail: fault.detail })),
    extra,
  });
}

/** Where the caller can correct it: a value that he gave himself, his own layer, or the layer above that holds it. */
function pointerInRequest(
  { layer, pointer, variable }: Omit<LayerFault, 'code' | 'detail'>,
  given: Record<string, unknown>,
): string {
  if (pointer.startsWith('/variables') && layer === null) return pointer;
  if (variable !== null && Object.hasOwn(given, variable)) return `/variables/${variable}`;
  if (layer === null || layer === 'instance') return `/configuration${pointer}`;
  return `/${layer}/configuration${pointer}`;
}

const base = '/configuration';

async function located(
  { configuration, locate }: ResolvedLayers,
  given: Record<string, unknown>,
  plan: (configuration: NonNullable<ResolvedLayers['configuration']>) => Promise<RevisionPlan>,
): Promise<RevisionPlan> {
  if (!configuration) throw new Error('layers without a fault make no configuration');
  try {
    return await plan(configuration);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    const faults = error.faults.map((fault): Fault => {
      if (!fault.pointer.startsWith(`${base}/`)) return fault;
      return { ...fault, pointer: pointerInRequest(locate(fault.pointer.slice(base.length)), given) };
    });
    throw new Problem(error.code, error.detail, { faults, extra: error.extra, cause: error });
  }
}
