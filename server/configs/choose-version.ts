import { Problem } from '../../workflows/contracts/problem.ts';
import type { LayerReader } from './layer-reader.ts';

export interface ChooseVersion {
  /** What the instance is bound to now; null for a new one. */
  present: { templateId?: string | null; templateVersion?: number | null } | null;
  /** Left out: as it is; null: none. */
  templateId?: string | null;
  /** Left out: as it is; of another template the published one. */
  templateVersion?: number;
}

/**
 * The template and version that an instance is to be bound to. What it is bound to already it may keep, whatever became
 * of that since.
 * @throws Problem 'config.unknown', 'config.retired', 'config.not-published' (also for a draft),
 *   'config.version-unknown', 'config.version-retired'
 */
export async function chooseVersion(
  layers: LayerReader,
  tenantId: string,
  { present, templateId, templateVersion }: ChooseVersion,
): Promise<{ id: string; version: number } | null> {
  const [presentId, presentVersion] = [present?.templateId ?? null, present?.templateVersion ?? null];
  const id = templateId === undefined ? presentId : templateId;
  if (id === null) return null;
  const keeps = id === presentId && (templateVersion === undefined || templateVersion === presentVersion);
  if (keeps && presentVersion !== null) return { id, version: presentVersion };

  const template = await layers.template(tenantId, id);
  if (template.retiredAt) throw new Problem('config.retired', template.name);
  const wanted = templateVersion ?? template.publishedVersion;
  if (!wanted) throw new Problem('config.not-published', template.name);
  const { version } = await layers.version(tenantId, id, wanted);
  if (version.status === 'draft') throw new Problem('config.not-published', `Version ${wanted} is a draft.`);
  if (version.status === 'retired') throw new Problem('config.version-retired', `version ${wanted}`);
  return { id, version: wanted };
}
