import { describe, expect, it, vi } from 'vitest';
import { buildConfiguration, buildSpec } from './agent.ts';
import { buildFence, never, patience, skipUnless, type Scene } from './scene.ts';

/** A day in the life of a quote: what a shell, an INI file, a template, YAML, and a terminal would each make something of. */
const hostileText = [
  `'single' "double" \`back\` \\ \\n % %% %(here)s $HOME \${HOME} $(HOME) $$(HOME) $(touch /tmp/x) ; # comment`,
  '[section]',
  '\ttab\r',
  '{{ template }} <xml> &amp; \u0001 \u001b[31m é 漢字 😀 \u2028',
  '',
].join('\n');

export function describeConfiguration(scene: Scene): void {
  describe('the configuration', () => {
    it('is swapped under a living process, all of its files, and no other process comes', async (test) => {
      skipUnless(test, scene, ({ hotConfiguration }) => hotConfiguration, 'a new configuration is a new process here');
      const files = { 'agent.json': '{"revision":1}', 'more.json': '{}' };
      const wanted = { 'agent.json': '{"revision":2}', 'more.json': '{"more":true}' };
      const ref = await scene.start(test, { configuration: buildConfiguration(1, files) });
      const { processId } = await scene.observe(ref);
      expect((await scene.ask(ref)).files).toEqual(files);
      const spec = buildSpec(scene.on, { revision: 2, configuration: buildConfiguration(2, wanted) });
      await scene.on.runtime.putConfiguration(ref, spec, buildFence(2), never);
      expect(await scene.observe(ref)).toMatchObject({
        revision: 2,
        configurationHash: 'hash-2',
        generation: 2,
        ready: true,
        current: true,
        processId,
      });
      // The kubelet takes its time, up to a minute and a half.
      await vi.waitFor(async () => expect((await scene.ask(ref)).files).toEqual(wanted), {
        ...patience,
        timeout: 120_000,
      });
      expect((await scene.observe(ref)).processId).toBe(processId);
      expect(await scene.agentsInTurn(ref)).toHaveLength(1);
    });

    it('reaches the agent byte for byte, as do its environment and its secrets', async (test) => {
      const files = { 'agent.json': hostileText, 'empty.txt': '', 'large.txt': 'x'.repeat(100_000) };
      const ref = await scene.start(test, {
        environment: { HOSTILE: hostileText, EMPTY: '' },
        secretEnvironment: { SECRET: hostileText, SECOND: 'ends in a backslash \\' },
        configuration: buildConfiguration(1, files),
        assets: [{ mountPath: '/opt/extra', files: { 'deep/er/one.txt': hostileText } }],
      });
      expect(await scene.ask(ref)).toMatchObject({ files, secret: hostileText });
      expect(
        await scene.tell(ref, 'const { HOSTILE, EMPTY, SECOND } = process.env; return { HOSTILE, EMPTY, SECOND }'),
      ).toEqual({
        HOSTILE: hostileText,
        EMPTY: '',
        SECOND: 'ends in a backslash \\',
      });
    });

    it('has secrets, which nobody but the agent is told', async (test) => {
      const ref = await scene.start(test, { secretEnvironment: { SECRET: 'a-secret-that-nobody-sees' } });
      const told = [
        await scene.observe(ref),
        await scene.on.runtime.compare(ref, { spec: buildSpec(scene.on), power: 'on' }, never),
        await scene.on.runtime.tailLogs(ref, 1000, never),
      ];
      expect(JSON.stringify(told)).not.toContain('a-secret-that-nobody-sees');
    });

    it('brings other files at the start of a process, where its environment says they are', async (test) => {
      const assets = [{ mountPath: '/opt/extra', files: { 'plugin/index.js': 'one' } }];
      const environment = { EXTRA: '/opt/extra/plugin' };
      const ref = await scene.start(test, { assets, environment });
      const read = 'return fs.readFileSync(path.join(process.env.EXTRA, "index.js"), "utf8")';
      expect(await scene.tell(ref, read)).toBe('one');
      const { processId } = await scene.observe(ref);
      const changed = [{ mountPath: '/opt/extra', files: { 'plugin/index.js': 'two' } }];
      const spec = buildSpec(scene.on, { assets: changed, environment });
      await scene.on.runtime.ensureInstance(ref, spec, buildFence(2), never);
      await scene.becomes(ref, { ready: true, current: true, generation: 2 });
      expect((await scene.observe(ref)).processId).not.toBe(processId);
      expect(await scene.tell(ref, read)).toBe('two');
    });
  });
}
