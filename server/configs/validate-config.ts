import type { z } from 'zod';
import { rulesOf } from '../../activities/adapters/registry.ts';
import type { Fault } from '../../workflows/contracts/problems.ts';
import type { Instance } from '../instances/instance.entity.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { ConfigurationCheck } from '../revisions/configuration-check.entity.ts';
import { renderRevision, secretFaults } from '../revisions/plan-revision.ts';
import { Revision } from '../revisions/revision.entity.ts';
import type { ConfigTemplate } from './config-template.entity.ts';
import type { ConfigValidation, ConfigVerdict } from './config.schema.ts';
import { contentFaults, type TemplateContent } from './layer-document.ts';
import { LayerReader } from './layer-reader.ts';
import type { LayerFault } from './layers.ts';
import { ownLayerOf } from './own-layer.ts';
import { requireConfigVersion } from './require-config.ts';
import { resolveLayers, type ResolvedLayers } from './resolve-layers.ts';

type Request = z.output<typeof ConfigValidation>;

/**
 * All that can be said of a template's content before anything is touched: schema, variables, locks, the platform's
 * rules, secrets, and what the agent's own program said of the same bytes before.
 * @param instance in whose place and with whose layer it is rendered; null for none
 * @throws Problem 'config.version-unknown'
 */
export async function validateConfig(
  tx: Transaction,
  template: ConfigTemplate,
  request: Request,
  instance: Instance | null,
): Promise<ConfigVerdict> {
  const content = await contentOf(tx, template, request);
  const faulty = contentFaults(content);
  if (faulty.length > 0) return nothingRendered(faulty.map(faultOfContent));

  const layers = new LayerReader(tx);
  const { tenantId, agentKind } = template;
  const revision = instance && (await wantedRevision(tx, instance));
  const projectId = instance?.projectId ?? request.projectId ?? template.projectId ?? null;
  const given = revision?.templateId === template.id ? revision.variables : {};
  const resolved = resolveLayers({
    above: await layers.layersAbove({ tenantId, projectId }, agentKind),
    template: content,
    variables: { ...given, ...request.variables },
    instance: revision ? ownLayerOf(revision) : {},
  });
  const { configuration, locate } = resolved;
  if (!configuration) return nothingRendered(resolved.faults);

  const rules = rulesOf(agentKind);
  const ruled = rules.check(configuration).map(({ code, ...fault }) => located(fault, code, locate));
  if (resolved.faults.length + ruled.length > 0) {
    return { ...nothingRendered([...resolved.faults, ...ruled]), configuration, provenance: resolved.provenance };
  }
  const { rendered, configurationHash, secretNames } = renderRevision(rules, configuration);
  const missing = projectId === null ? [] : await layers.secrets.missing({ tenantId, projectId }, secretNames);
  const unknown = secretFaults(missing, configuration).map((one) => located(one, 'secret.reference-unknown', locate));
  const agentVersionId = request.agentVersionId ?? revision?.agentVersionId;
  const check = agentVersionId
    ? await tx.em.findOne(ConfigurationCheck, { tenantId, agentVersionId, configurationHash })
    : null;
  const told = (check?.faults ?? []).map((one) => located(withoutBase(one), 'agent.configuration-refused', locate));
  const faults = [...unknown, ...told];
  return {
    valid: faults.length === 0,
    faults,
    configuration,
    provenance: resolved.provenance,
    files: rendered.files,
    configurationHash,
    programCheck: check ? (check.faults.length === 0 ? 'passed' : 'failed') : 'unknown',
  };
}

async function contentOf(tx: Transaction, template: ConfigTemplate, request: Request): Promise<TemplateContent> {
  const saved = await requireConfigVersion(tx, template, request.version ?? template.latestVersion);
  return {
    configuration: request.configuration ?? saved.configuration,
    variables: request.variablesSchema ?? saved.variables,
    locks: request.locks ?? saved.locks,
  };
}

const wantedRevision = (tx: Transaction, { tenantId, id, revision }: Instance): Promise<Revision> =>
  tx.em.findOneOrFail(Revision, { tenantId, instanceId: id, number: revision });

const nothingRendered = (faults: LayerFault[]): ConfigVerdict => ({
  valid: false,
  faults,
  configuration: null,
  provenance: {},
  files: {},
  configurationHash: null,
  programCheck: 'unknown',
});

/** The template's own document is the layer; its variables' schema is a part of the request. */
function faultOfContent({ pointer, detail }: Fault): LayerFault {
  const ofSchema = pointer.startsWith('/variables');
  return ofSchema
    ? {
        code: 'config.schema-invalid',
        layer: null,
        pointer: pointer.replace('/variables', '/variablesSchema'),
        variable: null,
        detail,
      }
    : {
        code: 'request.unfit',
        layer: 'template',
        pointer: pointer.slice('/configuration'.length),
        variable: null,
        detail,
      };
}

const located = (
  { pointer, detail }: Fault,
  code: LayerFault['code'],
  locate: ResolvedLayers['locate'],
): LayerFault => ({ code, ...locate(pointer), detail });

const withoutBase = ({ pointer, detail }: Fault): Fault => ({
  pointer: pointer.replace(/^\/configuration/, ''),
  detail,
});
