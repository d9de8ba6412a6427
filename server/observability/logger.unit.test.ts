import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

const module = new URL('logger.ts', import.meta.url).href;

/** What a process prints that logs like this, line by line. */
function printed(statement: string): Record<string, unknown>[] {
  const program = `
    const { createLogger } = await import(${JSON.stringify(module)});
    const logger = createLogger({ name: 'api', level: 'info' });
    ${statement}`;
  const output = execFileSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' });
  return output
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);
}

// Each starts a process.
describe('a line of the log', { timeout: 30_000 }, () => {
  it('says when, of which process and how bad, as JSON', () => {
    const before = Date.now();
    const [line] = printed(`logger.warn({ operation: 'createRole' }, 'access denied');`);
    expect(line).toMatchObject({ name: 'api', level: 40, msg: 'access denied', operation: 'createRole' });
    expect(line?.time).toSatisfy((time: number) => time >= before && time <= Date.now());
  });

  it('masks what stands under the name of a secret', () => {
    const secret = 'sk-of-nobody';
    const given = {
      password: secret,
      value: secret,
      headers: { authorization: secret, cookie: secret },
      body: { credentials: { kubeconfig: secret, refresh_token: secret } },
    };
    const lines = printed(`logger.info(${JSON.stringify(given)}, 'a request');`);
    expect(JSON.stringify(lines)).not.toContain(secret);
    expect(lines).toMatchObject([{ password: '[redacted]', body: { credentials: { kubeconfig: '[redacted]' } } }]);
  });

  it('is one line, whatever somebody has written into it', () => {
    const forged = 'nobody"}\n{"level":30,"msg":"signed in as root"}\u001b[2J';
    const lines = printed(`logger.info({ actor: ${JSON.stringify(forged)} }, ${JSON.stringify(forged)});`);
    expect(lines).toMatchObject([{ actor: forged, msg: forged }]);
  });
});
