import { v7 as uuidv7 } from 'uuid';
import type { Requester } from '../../operations/requester.ts';
import type { Transaction } from '../../persistence/transaction.ts';
import type { RevisionContent } from '../targets/candidate.ts';

export interface NewRevision {
  instanceId: string;
  content: RevisionContent;
}

/** As many in one statement as make a few megabytes. */
const batchSize = 500;

/**
 * Writes the next revision of many instances, numbered by the database in the statement that inserts them.
 * The instances are locked by the caller, so that nobody else takes the number.
 * @returns instance -> number
 */
export async function insertRevisions(
  tx: Transaction,
  tenantId: string,
  revisions: readonly NewRevision[],
  by: Requester,
): Promise<Map<string, number>> {
  const numbers = new Map<string, number>();
  for (let start = 0; start < revisions.length; start += batchSize) {
    const batch = revisions
      .slice(start, start + batchSize)
      .map(({ instanceId, content }) => ({ id: uuidv7(), instanceId, ...content }));
    const rows = await tx.query<{ instanceId: string; number: number }>(insertion, [
      tenantId,
      tenantId,
      by.userId,
      JSON.stringify(batch),
    ]);
    for (const { instanceId, number } of rows) numbers.set(instanceId, number);
  }
  return numbers;
}

const insertion = `
  insert into revisions (tenant_id, id, instance_id, number, agent_version_id, configuration, configuration_hash,
    resources, secret_names, template_id, template_version, variables, overrides, provenance, created_by)
  select ?::uuid, x.id, x."instanceId",
    (select max(number) + 1 from revisions where tenant_id = ?::uuid and instance_id = x."instanceId"),
    x."agentVersionId", x.configuration, x."configurationHash", x.resources,
    array(select jsonb_array_elements_text(x."secretNames")), x."templateId", x."templateVersion", x.variables,
    x.overrides, x.provenance, ?::uuid
  from jsonb_to_recordset(?::jsonb) as x (id uuid, "instanceId" uuid, "agentVersionId" uuid, configuration jsonb,
    "configurationHash" text, resources jsonb, "secretNames" jsonb, "templateId" uuid, "templateVersion" int,
    variables jsonb, overrides jsonb, provenance jsonb)
  returning instance_id as "instanceId", number`;
