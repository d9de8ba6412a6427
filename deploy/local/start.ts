// `npm start`: the whole product on this machine, until Ctrl-C.
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { temporalUiPath } from '../../server/temporal-ui/ui-path.ts';
import { registerOfficialVersion } from './agent-version.ts';
import { ensureDataDirectory, requireDeletable } from './data-directory.ts';
import { readContext } from './given-kubeconfig.ts';
import { defaultOpenClawVersion } from './openclaw-image/index.ts';
import { orderedStop } from './ordered-stop.ts';
import { platformApi, type PlatformApi } from './platform-api.ts';
import { forgetProcess, livingProcess, rememberProcess } from './process-identity.ts';
import { registerCluster } from './register-cluster.ts';
import { reportAs } from './report.ts';
import { requireOwnDatabase, reset } from './reset.ts';
import { startOnMachine } from './start-machine.ts';
import { readStartOptions } from './start-options.ts';
import type { StartOptions } from './start-options.ts';
import { startProduct } from './start-product.ts';
import type { RunningProduct } from './start-product.ts';
import { terminalReport } from './terminal-report.ts';

const report = terminalReport();
const parts = orderedStop(report);
const interruption = new AbortController();

async function startCluster(options: StartOptions, { environment, administrator }: RunningProduct): Promise<void> {
  const api = platformApi(`http://127.0.0.1:${environment.PORT}`, administrator);
  switch (options.runOn.kind) {
    case 'given':
      return registerGivenCluster(api, options.runOn);
    case 'machine':
      return startOnMachine({
        data: options.data,
        api,
        report: reportAs('machine', report),
        keep: (agents) => parts.keep('machine', agents),
      });
    case 'kubernetes': {
      const { startLocalKubernetes } = await import('./start-kubernetes.ts');
      return startLocalKubernetes({
        directory: options.data,
        node: options.runOn.node,
        api,
        report: reportAs('kubernetes', report),
        signal: interruption.signal,
        keep: (kubernetes) => parts.keep('kubernetes', kubernetes),
      });
    }
  }
}

async function registerGivenCluster(api: PlatformApi, given: { kubeconfig: string; context: string }): Promise<void> {
  const { context } = given;
  const name = context
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '')
    .slice(0, 60);
  const kubeconfig = readContext(given);
  const cluster = await registerCluster(api, { name, settings: {}, report: reportAs('cluster', report) });
  await registerOfficialVersion(api, defaultOpenClawVersion);
  await cluster.ready(kubeconfig);
  report(`cluster: "${context}" is registered as "${name}"`);
}

function describeAccess({ environment, administrator: { name, password } }: RunningProduct): string {
  return [
    '',
    `  Portal and API   ${environment.PUBLIC_URL}`,
    `  Administrator    ${name}`,
    `  Password         ${password ?? '(as it was given; this data directory did not generate it)'}`,
    `  Temporal UI      ${environment.TEMPORAL_UI_URL ? new URL(temporalUiPath, environment.PUBLIC_URL).href : '(none was given)'}`,
    '',
    '  Ctrl-C stops everything; the next start finds its data again.',
    '',
    '',
  ].join('\n');
}

/** One `npm start` at a time per data directory. */
function claim(data: string): void {
  const lock = join(data, 'start.pid');
  const other = livingProcess(lock);
  if (other !== undefined) {
    throw new Error(
      `${data} is in use by another start (process ${other}). Stop it, or choose another directory: --data DIR`,
    );
  }
  ensureDataDirectory(data);
  rememberProcess(lock, process.pid);
  process.on('exit', () => forgetProcess(lock));
}

async function run(options: StartOptions): Promise<void> {
  const place = { data: options.data, report, parts, echoModel: options.runOn.kind === 'machine' };
  const product = await startProduct(place, options.port);
  interruption.signal.throwIfAborted();
  try {
    await startCluster(options, product);
  } catch (error) {
    // The rest is of use without a cluster, and the portal says why there is none.
    if (!interruption.signal.aborted) report(`cluster: ${error instanceof Error ? error.message : String(error)}`);
  }
  if (!interruption.signal.aborted) process.stdout.write(describeAccess(product));
}

function stopOnSignals(running: () => Promise<unknown>): void {
  let signalledMs = 0;
  const onSignal = () => {
    // Ctrl-C may come twice at once, from the terminal and from npm; only a later one is impatience.
    if (signalledMs > 0 && Date.now() - signalledMs > 2_000) process.exit(130);
    if (signalledMs > 0) return;
    signalledMs = Date.now();
    report('stopping; a second Ctrl-C leaves at once, and the next start cleans up');
    interruption.abort();
    void end(running());
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, onSignal);
}

async function end(running: Promise<unknown>): Promise<void> {
  await parts.stopAll();
  // What was just being started ends as soon as it has started.
  await Promise.race([Promise.allSettled([running]), delay(20_000)]);
  process.exit(0);
}

async function main(): Promise<void> {
  const options = readStartOptions(process.argv.slice(2));
  if (options === 'help') return;
  // Before anything of ours is put there.
  if (options.reset) {
    requireOwnDatabase(options.data, process.env.DATABASE_URL);
    requireDeletable(options.data);
  }
  claim(options.data);
  if (options.reset) {
    report(`deleting ${options.data}`);
    await reset(options.data);
    claim(options.data);
  }
  // Ends only by a signal: the parts run in processes of their own.
  const waiting = setInterval(() => undefined, 2 ** 30);
  let running: Promise<void> = Promise.resolve();
  stopOnSignals(() => running);
  running = run(options);
  await running.catch((error: unknown) => {
    clearInterval(waiting);
    if (!interruption.signal.aborted) throw error;
  });
}

main().catch(async (error: unknown) => {
  process.stderr.write(`\n${error instanceof Error ? error.message : String(error)}\n`);
  await parts.stopAll();
  process.exit(1);
});
