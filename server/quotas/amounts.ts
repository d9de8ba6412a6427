/** What is counted, for limits, holdings and use alike. */
export interface Amounts {
  cpuMillis: number;
  memoryBytes: number;
  storageBytes: number;
  instances: number;
}

export const amountNames = [
  'cpuMillis',
  'memoryBytes',
  'storageBytes',
  'instances',
] as const satisfies (keyof Amounts)[];

export const amountsOf = ({ cpuMillis, memoryBytes, storageBytes, instances }: Amounts): Amounts => ({
  cpuMillis,
  memoryBytes,
  storageBytes,
  instances,
});

/** What a new tenant gets where nothing is said. */
export const defaultLimits: Amounts = {
  cpuMillis: 4_000,
  memoryBytes: 16 * 2 ** 30,
  storageBytes: 100 * 2 ** 30,
  instances: 20,
};
