import { join } from 'node:path';
import { cacheDirectory } from '../../deploy/local/directories.ts';
import { startObjectStorage } from '../../deploy/local/object-storage.ts';
import { startPostgres } from '../../deploy/local/postgres.ts';
import type { Report } from '../../deploy/local/report.ts';
import { reportAs } from '../../deploy/local/report.ts';
import { ensureTemporal } from '../../deploy/local/temporal-program.ts';
import { startTemporal } from '../../deploy/local/temporal.ts';
import { buildWeb } from '../../deploy/local/web-build.ts';
import { agentPackages, ensureAgentProgram } from './agent-programs.ts';
import { ensureChromium } from './chromium.ts';
import { buildDocker, whyNoDocker } from './engines/docker.ts';
import { ensureTestImage } from './engines/image.ts';
import { buildPodman } from './engines/podman.ts';
import { prepareEngine, type EngineName } from './engines/requirements.ts';
import { serveKubernetesControl } from './kubernetes-control.ts';
import type { Needs } from './needs.ts';
import { ensureSchemathesis } from './schemathesis.ts';
import type { Missing } from './skips.ts';

interface Stoppable {
  stop(): Promise<void>;
}

/** What a part gives to the tests, and how it ends. */
interface Part {
  variables: NodeJS.ProcessEnv;
  stoppable?: Stoppable[];
  missing?: Missing;
}

async function bringUpPostgres(directory: string, report: Report): Promise<Part> {
  const postgres = await startPostgres({ directory: join(directory, 'postgres'), durable: false, report });
  return { variables: { TEST_POSTGRES_URL: postgres.url }, stoppable: [postgres] };
}

async function bringUpTemporal(directory: string, report: Report): Promise<Part> {
  const program = await ensureTemporal({ cache: cacheDirectory(), report });
  const temporal = await startTemporal({ directory: join(directory, 'temporal'), report });
  return {
    variables: {
      TEST_TEMPORAL_ADDRESS: temporal.address,
      TEST_TEMPORAL_UI: temporal.uiUrl,
      TEST_TEMPORAL_PROGRAM: program,
    },
    stoppable: [temporal],
  };
}

async function bringUpObjectStorage(directory: string, report: Report): Promise<Part> {
  const storage = await startObjectStorage({ directory: join(directory, 'object-storage'), report });
  return {
    variables: {
      TEST_S3_ENDPOINT: storage.endpoint,
      TEST_S3_ACCESS_KEY: storage.accessKey,
      TEST_S3_SECRET_KEY: storage.secretKey,
    },
    stoppable: [storage],
  };
}

async function bringUpWeb(report: Report): Promise<Part> {
  return { variables: { TEST_WEB_ROOT: await buildWeb({ cache: cacheDirectory(), report }) } };
}

async function bringUpBrowser(report: Report): Promise<Part> {
  const program = await ensureChromium(report);
  if (program) return { variables: { TEST_CHROMIUM: program } };
  return { variables: {}, missing: { browser: 'no Chromium, and it can be installed only by root on Debian' } };
}

async function bringUpSchemathesis(report: Report): Promise<Part> {
  return { variables: { TEST_SCHEMATHESIS: await ensureSchemathesis(report) } };
}

/** A program that is named from outside is taken as it is. */
async function bringUpOpenClaw(report: Report, signal: AbortSignal): Promise<Part> {
  const given = process.env.TEST_OPENCLAW_COMMAND;
  return {
    variables: { TEST_OPENCLAW_COMMAND: given || (await ensureAgentProgram(agentPackages.openClaw, report, signal)) },
  };
}

async function bringUpOpenCode(report: Report, signal: AbortSignal): Promise<Part> {
  const given = process.env.TEST_OPENCODE_COMMAND;
  return {
    variables: { TEST_OPENCODE_COMMAND: given || (await ensureAgentProgram(agentPackages.openCode, report, signal)) },
  };
}

/** Without a node: needs neither root nor Linux. */
async function bringUpControlPlane(directory: string, report: Report, signal: AbortSignal): Promise<Part> {
  const { startKubernetes } = await import('../../deploy/local/kubernetes/index.ts');
  const options = { directory: join(directory, 'kubernetes'), cacheDirectory: cacheDirectory(), volatile: true };
  const kubernetes = await startKubernetes({ ...options, node: false, report, signal });
  return { variables: { TEST_CONTROL_PLANE_KUBECONFIG: kubernetes.platformKubeconfig }, stoppable: [kubernetes] };
}

async function bringUpKubernetes(
  directory: string,
  controlPlane: boolean,
  report: Report,
  signal: AbortSignal,
): Promise<Part> {
  const cache = cacheDirectory();
  const skip = async (reason: string): Promise<Part> => {
    report(`tests with a node are skipped: ${reason}`);
    const part = controlPlane ? await bringUpControlPlane(directory, report, signal) : { variables: {} };
    return {
      ...part,
      variables: { ...part.variables, TEST_KUBERNETES_SKIPPED: reason },
      missing: { kubernetes: `no node: ${reason}` },
    };
  };
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return skip('a node needs Linux and root');
  const { startKubernetes, prepareKubernetes } = await import('../../deploy/local/kubernetes/index.ts');
  const { ensureOpenClawImage } = await import('../../deploy/local/openclaw-image/index.ts');

  const [image] = await Promise.all([
    ensureOpenClawImage({ cacheDirectory: cache, report: reportAs('image', report), signal }),
    prepareKubernetes({ cacheDirectory: cache, report, signal }),
  ]);
  const kubernetes = await startKubernetes({
    directory: join(directory, 'kubernetes'),
    cacheDirectory: cache,
    node: true,
    volatile: true,
    report,
    signal,
  });
  if (!kubernetes.node) {
    await kubernetes.stop();
    return skip(kubernetes.nodeSkipped ?? 'the node did not start');
  }
  report('importing the OpenClaw image');
  await kubernetes.importImage(image.archive);
  const control = await serveKubernetesControl(kubernetes);
  return {
    variables: {
      TEST_KUBECONFIG: kubernetes.adminKubeconfig,
      TEST_PLATFORM_KUBECONFIG: kubernetes.platformKubeconfig,
      TEST_CONTROL_PLANE_KUBECONFIG: kubernetes.platformKubeconfig,
      TEST_CLUSTER_HOST: kubernetes.hostAddressFromPods,
      // Without the pods' network: the tests' own model listens on the node's address, which is on it.
      TEST_CLUSTER_RANGES: kubernetes.serviceNetwork,
      TEST_OPENCLAW_IMAGE: image.reference,
      TEST_KUBERNETES_CONTROL: control.url,
    },
    stoppable: [kubernetes, control],
  };
}

async function bringUpEngine(engine: EngineName, directory: string, report: Report): Promise<Part> {
  const reason = (await prepareEngine(engine, report)) ?? (engine === 'docker' ? await whyNoDocker() : undefined);
  if (reason) {
    report(`tests with it are skipped: ${reason}`);
    return { variables: {}, missing: { [engine]: `no ${engine}: ${reason}` } };
  }
  const image = await ensureTestImage(cacheDirectory());
  const place = join(directory, engine);
  const server = engine === 'docker' ? buildDocker(place, { packetFilter: true }) : buildPodman(place);
  try {
    await server.start();
    await server.load(image.archive);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    variables: {
      [`TEST_${engine.toUpperCase()}_SOCKET`]: server.socketPath,
      TEST_ENGINE_IMAGE: image.reference,
    },
    stoppable: [server],
  };
}

/** One after the other: each looks at the packet filter before it writes into it. */
async function bringUpEngines(needs: Partial<Needs>, directory: string, report: Report): Promise<Part> {
  const whole: Required<Part> = { variables: {}, stoppable: [], missing: {} };
  for (const engine of ['docker', 'podman'] as const) {
    if (!needs[engine]) continue;
    const part = await bringUpEngine(engine, directory, reportAs(engine, report));
    Object.assign(whole.variables, part.variables);
    Object.assign(whole.missing, part.missing);
    whole.stoppable.push(...(part.stoppable ?? []));
  }
  return whole;
}

export interface TestPlatform {
  variables: NodeJS.ProcessEnv;
  /** What could not be brought up here, and why; tests that need it are skipped. */
  missing: Missing;
  stop(): Promise<void>;
}

/** Starts what is needed, all at once. When one part fails, the others are ended again. */
export async function bringUp(
  needs: Partial<Needs>,
  directory: string,
  report: Report,
  signal: AbortSignal,
): Promise<TestPlatform> {
  const starting: Promise<Part>[] = [];
  const { controlPlane = false } = needs;
  if (needs.kubernetes) {
    starting.push(bringUpKubernetes(directory, controlPlane, reportAs('kubernetes', report), signal));
  } else if (controlPlane) {
    starting.push(bringUpControlPlane(directory, reportAs('kubernetes', report), signal));
  }
  if (needs.postgres) starting.push(bringUpPostgres(directory, reportAs('postgres', report)));
  if (needs.temporal) starting.push(bringUpTemporal(directory, reportAs('temporal', report)));
  if (needs.objectStorage) starting.push(bringUpObjectStorage(directory, reportAs('object-storage', report)));
  if (needs.schemathesis) starting.push(bringUpSchemathesis(reportAs('schemathesis', report)));
  if (needs.web) starting.push(bringUpWeb(reportAs('web', report)));
  if (needs.browser) starting.push(bringUpBrowser(reportAs('browser', report)));
  if (needs.docker || needs.podman) starting.push(bringUpEngines(needs, directory, report));
  if (needs.openClaw) starting.push(bringUpOpenClaw(reportAs('openclaw', report), signal));
  if (needs.openCode) starting.push(bringUpOpenCode(reportAs('opencode', report), signal));

  const outcomes = await Promise.allSettled(starting);
  const parts = outcomes.filter((outcome) => outcome.status === 'fulfilled').map((outcome) => outcome.value);
  async function stop(): Promise<void> {
    for (const part of parts.flatMap(({ stoppable = [] }) => stoppable).toReversed()) await part.stop();
  }
  const failures = outcomes
    .filter((outcome) => outcome.status === 'rejected')
    .map((outcome) => outcome.reason as unknown);
  if (failures.length > 0) {
    await stop();
    throw new AggregateError(
      failures,
      failures.map((failure) => (failure instanceof Error ? failure.message : String(failure))).join('\n\n'),
    );
  }
  return {
    variables: Object.assign({}, ...parts.map(({ variables }) => variables)) as NodeJS.ProcessEnv,
    missing: Object.assign({}, ...parts.map(({ missing }) => missing)) as Missing,
    stop,
  };
}
