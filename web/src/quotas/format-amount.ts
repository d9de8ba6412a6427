import type { Amounts } from '../api/types.ts';
import type { MessageKey } from '../i18n/use-text.ts';

export const amountNames = [
  'cpuMillis',
  'memoryBytes',
  'storageBytes',
  'instances',
] as const satisfies (keyof Amounts)[];
export type AmountName = (typeof amountNames)[number];

export const amountWords: Record<AmountName, MessageKey> = {
  cpuMillis: 'quotas.cpu',
  memoryBytes: 'quotas.memory',
  storageBytes: 'quotas.storage',
  instances: 'quotas.instances',
};

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'];

export function formatBytes(amount: number, locale: string): string {
  const power = Math.min(units.length - 1, amount > 0 ? Math.floor(Math.log2(amount) / 10) : 0);
  const shown = new Intl.NumberFormat(locale, { maximumFractionDigits: 1 }).format(amount / 1024 ** power);
  return `${shown} ${units[power]}`;
}

/** The amount in the unit that a person thinks in: cores, GiB, instances. */
export function formatAmount(name: AmountName, amount: number, locale: string): string {
  if (name === 'memoryBytes' || name === 'storageBytes') return formatBytes(amount, locale);
  const shown = name === 'cpuMillis' ? amount / 1_000 : amount;
  return new Intl.NumberFormat(locale, { maximumFractionDigits: 2 }).format(shown);
}
