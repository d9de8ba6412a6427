import { Problem } from '../../../workflows/contracts/problem.ts';
import type { Fault } from '../../../workflows/contracts/problems.ts';
import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { ConfigTemplate } from '../config-template.entity.ts';
import { ConfigVersion } from '../config-version.entity.ts';
import { contentFaults, lockFaults, type TemplateContent } from '../layer-document.ts';
import { LayerReader } from '../layer-reader.ts';

/**
 * Writes the template's latest version as a draft, once it has passed what can be checked without values and instances.
 * @throws Problem 'request.unfit', 'config.schema-invalid', 'config.value-locked' with pointers into the request
 */
export async function addConfigVersion(
  tx: Transaction,
  template: ConfigTemplate,
  { configuration, variables, locks }: TemplateContent,
  reason: string,
  by: Requester,
): Promise<ConfigVersion> {
  refuse(contentFaults({ configuration, variables, locks }));
  const { tenantId, projectId, agentKind } = template;
  const above = await new LayerReader(tx).layersAbove({ tenantId, projectId: projectId ?? null }, agentKind);
  const locked = lockFaults(above, { name: 'template', configuration, locks });
  if (locked.length > 0) throw new Problem('config.value-locked', undefined, { faults: locked });
  const version = tx.em.create(ConfigVersion, {
    tenantId,
    templateId: template.id,
    version: template.latestVersion,
    status: 'draft',
    configuration,
    variables,
    locks,
    reason,
    createdAt: new Date(),
    createdBy: by.userId,
    createdByName: by.name,
  });
  await tx.em.flush();
  return version;
}

function refuse(faults: Fault[]): void {
  if (faults.length === 0) return;
  const onlySchema = faults.every(({ pointer }) => pointer.startsWith('/variables'));
  throw new Problem(onlySchema ? 'config.schema-invalid' : 'request.unfit', undefined, { faults });
}
