import { startTemporal } from '../../deploy/local/temporal.ts';
import type { LocalTemporal } from '../../deploy/local/temporal.ts';
import { throwAwayDirectory } from './directory.ts';
import { provided } from './environment.ts';

/** `host:port` of the server that all suites share. */
export function sharedTemporalAddress(): string {
  return provided('TEST_TEMPORAL_ADDRESS');
}

/** Of that server's UI. */
export const sharedTemporalUi = (): string => provided('TEST_TEMPORAL_UI');

/** A server of one's own, to be killed and restarted at will. The caller stops it. */
export function startOwnTemporal(): Promise<LocalTemporal> {
  return startTemporal({ directory: throwAwayDirectory('temporal'), report: () => undefined });
}
