import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { dataDirectory } from './directories.ts';

export interface StartOptions {
  /** Where all data is kept. */
  data: string;
  reset: boolean;
  /** Wanted port of api and portal; the next free one above it is taken otherwise. */
  port: number;
  /** A cluster of the user's own, to be registered instead of a Kubernetes being built. */
  cluster?: { kubeconfig: string; context: string };
}

const usage = `npm start -- [options]
  --kubernetes                        a local single-node Kubernetes (the default)
  --kubeconfig FILE --context NAME    register this cluster instead, build none
  --data DIR                          where all data is kept (also OCC_DATA)
  --port N                            wanted port of api and portal (8080)
  --reset                             delete the data first, and start over
  --help
Given in the environment, and then used instead of being started:
  DATABASE_URL       PostgreSQL 15 or later, as a role that may create roles and tables
  TEMPORAL_ADDRESS   host:port; also TEMPORAL_NAMESPACE, TEMPORAL_UI_URL
  S3_ENDPOINT        http(s)://host:port; also S3_ACCESS_KEY, S3_SECRET_KEY, S3_BUCKET, S3_REGION`;

function parse(args: readonly string[]) {
  return parseArgs({
    args: [...args],
    options: {
      kubernetes: { type: 'boolean', default: true },
      kubeconfig: { type: 'string' },
      context: { type: 'string' },
      data: { type: 'string' },
      port: { type: 'string', default: '8080' },
      reset: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  }).values;
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
  const { kubeconfig, context } = values;
  if ((kubeconfig === undefined) !== (context === undefined)) {
    throw new Error(`--kubeconfig and --context go together: no context is ever guessed.\n\n${usage}`);
  }
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 1 || port > 65_535) throw new Error(`--port ${values.port} is no TCP port`);
  return {
    data: resolve(values.data ?? dataDirectory()),
    reset: values.reset,
    port,
    ...(kubeconfig !== undefined && context !== undefined
      ? { cluster: { kubeconfig: resolve(kubeconfig), context } }
      : {}),
  };
}
