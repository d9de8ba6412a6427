import { describe, expect, it } from 'vitest';
import { createLogger } from './logger.ts';
import { bind, withBindings } from './request-context.ts';

const logged = (write: (logger: ReturnType<typeof createLogger>) => void): string[] => {
  const lines: string[] = [];
  write(createLogger({ name: 'api', level: 'info', destination: { write: (line) => void lines.push(line) } }));
  return lines;
};

describe('a line of the log', () => {
  it('is one line of JSON, whatever somebody has written into it', () => {
    const forged = 'acme"}\n{"level":30,"msg":"signed in"}\r\u2028\u001b[2J\0';
    const lines = logged((logger) => logger.info({ path: forged }, forged));
    expect(lines).toHaveLength(1);
    expect(lines[0]).toMatch(/^\{\P{Cc}*\}\n$/u);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({ path: forged, msg: forged });
  });

  it('says when, in time that knows no zone, which process, and in whose request', () => {
    const before = Date.now();
    const [line = ''] = withBindings({ requestId: 'trace-12345678' }, () => {
      bind({ userId: 'somebody' });
      return logged((logger) => logger.info('done'));
    });
    const entry = JSON.parse(line) as Record<string, unknown>;
    expect(entry).toMatchObject({ name: 'api', pid: process.pid, requestId: 'trace-12345678', userId: 'somebody' });
    expect(entry.hostname).toEqual(expect.any(String));
    // Milliseconds since 1970 in UTC.
    expect(entry.time).toBeGreaterThanOrEqual(before);
    expect(entry.time).toBeLessThanOrEqual(Date.now());
  });

  it.each(['password', 'token', 'refresh_token', 'value', 'kubeconfig', 'authorization', 'set-cookie'])(
    'masks what stands under %s, also deeper',
    (key) => {
      const lines = logged((logger) =>
        logger.info({ [key]: 'sk-1', body: { [key]: 'sk-2', more: { [key]: 'sk-3' } } }),
      );
      expect(lines.join()).not.toContain('sk-');
      expect(lines.join()).toContain('[redacted]');
    },
  );
});
