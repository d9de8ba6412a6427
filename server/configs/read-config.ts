import type { Reach } from '../access/caller.ts';
import { Problem } from '../../workflows/contracts/problem.ts';
import type { Transaction } from '../persistence/transaction.ts';
import { configColumns, configJoins, readableConfigs, type ConfigRow } from './config-row.ts';
import type { ConfigVersion } from './config-version.entity.ts';
import { requireConfigVersion } from './require-config.ts';
import { instancesAtVersion } from './list-config-versions.ts';

export interface ReadConfig {
  row: ConfigRow;
  latest: ConfigVersion;
  /** That run the latest version now. */
  latestInstances: number;
}

/**
 * A template with its latest version.
 * @throws Problem 'config.unknown', also for what the caller's reach does not hold
 */
export async function readConfig(tx: Transaction, reach: Reach, id: string): Promise<ReadConfig> {
  const readable = readableConfigs(reach);
  const [row] = await tx.query<ConfigRow>(
    `select ${configColumns} from config_templates c ${configJoins} where c.id = ? and ${readable.sql}`,
    [id, ...readable.parameters],
  );
  if (!row) throw new Problem('config.unknown', id);
  const latest = await requireConfigVersion(tx, row, row.latestVersion);
  return { row, latest, latestInstances: await instancesAtVersion(tx, latest) };
}
