import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { dataDirectory } from './directories.ts';

export interface StartOptions {
  /** Where all data is kept. */
  data: string;
  reset: boolean;
  /** Named port of api and portal, of which the next free one is taken; else that of the last start, or the usual one. */
  port?: number;
  runOn: RunOn;
}

/** Where the first agents run. */
export type RunOn =
  /** As processes beside the platform: in minutes, without root. */
  | { kind: 'machine' }
  /** A local Kubernetes that is built here; without a node a control plane only, as where there is no root. */
  | { kind: 'kubernetes'; node: boolean }
  /** A cluster of the user's own. */
  | { kind: 'given'; kubeconfig: string; context: string };

const usage = `npm start -- [options]
  (no option)                         agents run as processes of this machine, without root
  --kubernetes                        a local single-node Kubernetes, built here
  --no-node                           its control plane only: instances wait for a node
  --kubeconfig FILE --context NAME    register this cluster instead, build none
  --data DIR                          where all data is kept (also OCC_DATA)
  --port N                            port of api and portal, or the next free one (that of the last start, or 8080)
  --reset                             delete the data first, and start over; not together with DATABASE_URL
  --help
Given in the environment, and then used instead of being started:
  DATABASE_URL       PostgreSQL 15 or later, as a role that may create roles and tables
  TEMPORAL_ADDRESS   host:port; also TEMPORAL_NAMESPACE, TEMPORAL_UI_URL (a UI with the public path /temporal)
  S3_ENDPOINT        http(s)://host:port; also S3_ACCESS_KEY, S3_SECRET_KEY, S3_BUCKET, S3_REGION,
                     S3_STS_ENDPOINT, S3_ROLE_ARN`;

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      kubernetes: { type: 'boolean', default: false },
      'no-node': { type: 'boolean', default: false },
      kubeconfig: { type: 'string' },
      context: { type: 'string' },
      data: { type: 'string' },
      port: { type: 'string' },
      reset: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  }).values;
}

function portOf(text: string): number {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`--port ${text} is no TCP port`);
  return port;
}

/**
 * Reads the command line of `npm start`.
 * @throws Error with the usage when it cannot be understood; 'help' when only the usage is wanted
 */
export function readStartOptions(args: readonly string[]): StartOptions | 'help' {
  let values: ReturnType<typeof parse>;
  try {
    values = parse(args);
  } catch (error) {
    throw new Error(`${error instanceof Error ? error.message : String(error)}\n\n${usage}`, { cause: error });
  }
  if (values.help) {
    process.stdout.write(`${usage}\n`);
    return 'help';
  }
  return {
    data: resolve(values.data ?? dataDirectory()),
    reset: values.reset,
    runOn: placeOf(values),
    ...(values.port !== undefined && { port: portOf(values.port) }),
  };
}

function placeOf({ kubeconfig, context, kubernetes, 'no-node': noNode }: ReturnType<typeof parse>): RunOn {
  if ((kubeconfig === undefined) !== (context === undefined)) {
    throw new Error(`--kubeconfig and --context go together: no context is ever guessed.\n\n${usage}`);
  }
  if (kubeconfig === undefined || context === undefined) {
    return kubernetes || noNode ? { kind: 'kubernetes', node: !noNode } : { kind: 'machine' };
  }
  if (kubernetes || noNode) throw new Error(`Either a Kubernetes is built here or yours is used.\n\n${usage}`);
  return { kind: 'given', kubeconfig: resolve(kubeconfig), context };
}
