import type { MaintenanceSchedule } from '../api/types.ts';
import { useText } from '../i18n/use-text.ts';

const known = [
  'checked',
  'drifted',
  'repaired',
  'unknown',
  'woken',
  'usage_samples',
  'usage_hours',
  'events',
  'operation_steps',
  'idempotency_keys',
  'sessions',
  'backups',
  'audit_entries',
  'signed',
  'stored',
  'unstored',
] as const;

/** What a run has done, in words. A figure that is newer than this page is shown under its own name. */
export function resultText(result: NonNullable<MaintenanceSchedule['lastResult']>): string {
  const { t, count, number } = useText();
  const told = Object.entries(result)
    .filter(([, amount]) => amount > 0)
    .map(([what, amount]) => {
      const one = known.find((name) => name === what);
      return one ? count(`maintenance.result.${one}`, amount) : `${what}: ${number(amount)}`;
    });
  return told.length > 0 ? told.join(' · ') : t('maintenance.nothingDue');
}
