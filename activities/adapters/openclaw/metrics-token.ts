import { createHmac } from 'node:crypto';

const metricsTokenVariable = 'OCC_METRICS_TOKEN';

/** Reads counters and nothing else; the gateway's token, which may do everything, does not follow from it. */
export const metricsTokenOf = (gatewayToken: string): string =>
  createHmac('sha256', gatewayToken).update('metrics').digest('hex');

export const derivedSecrets = (gatewayToken: string): Record<string, string> => ({
  [metricsTokenVariable]: metricsTokenOf(gatewayToken),
});
