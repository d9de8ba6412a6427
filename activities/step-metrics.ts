import type { ActivityInboundCallsInterceptor } from '@temporalio/worker';
import type { Context } from '@temporalio/activity';
import { Histogram, type Registry } from 'prom-client';

/** How long each attempt of a step took, and whether it came to its end. */
export function stepMetrics(registry: Registry): (context: Context) => { inbound: ActivityInboundCallsInterceptor } {
  const seconds = new Histogram({
    name: 'occ_step_attempt_seconds',
    help: 'Time of one attempt of a step',
    labelNames: ['step', 'outcome'],
    buckets: [0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300],
    registers: [registry],
  });
  return ({ info }) => ({
    inbound: {
      async execute(input, next) {
        const stop = seconds.startTimer({ step: info.activityType });
        try {
          const result: unknown = await next(input);
          stop({ outcome: 'done' });
          return result;
        } catch (error) {
          stop({ outcome: 'failed' });
          throw error;
        }
      },
    },
  });
}
