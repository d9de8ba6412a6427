import { parse } from 'yaml';
import { z } from 'zod';

import { Problem } from '../../../workflows/contracts/problem.ts';

/** How to reach one cluster and as whom: everything inline, nothing that is read or run on the platform's machine. */
export interface ClusterAccess {
  server: string;
  certificateAuthority: string;
  /** Name in the server's certificate where it differs from the address. */
  serverName: string | undefined;
  identity: { token: string } | { certificate: string; key: string };
}

const named = <T extends z.ZodType>(field: string, content: T) =>
  z.array(z.looseObject({ name: z.string().min(1), [field]: content })).min(1);

const documentSchema = z.looseObject({
  'current-context': z.string().min(1),
  clusters: named('cluster', z.record(z.string(), z.unknown())),
  contexts: named('context', z.looseObject({ cluster: z.string(), user: z.string() })),
  users: named('user', z.record(z.string(), z.unknown())),
});

/** Each of these runs a program, reads a file or weakens the connection of the process that uses the kubeconfig. */
const refusedKeys: Record<string, string> = {
  exec: 'runs a program',
  'auth-provider': 'runs a plugin',
  tokenFile: 'reads a file',
  'client-certificate': 'reads a file; use client-certificate-data',
  'client-key': 'reads a file; use client-key-data',
  'certificate-authority': 'reads a file; use certificate-authority-data',
  'insecure-skip-tls-verify': 'accepts any certificate',
  'proxy-url': 'sends the traffic through another server',
  username: 'is a password; use a token or a certificate',
  password: 'is a password; use a token or a certificate',
  as: 'speaks as somebody else',
  'as-uid': 'speaks as somebody else',
  'as-groups': 'speaks as somebody else',
  'as-user-extra': 'speaks as somebody else',
};

const textSchema = z.string().min(1);

const refuse = (detail: string, cause?: unknown): never => {
  throw new Problem('cluster.kubeconfig-refused', detail, { cause });
};

/**
 * Reads the current context of a kubeconfig. Pure: opens no file, loads no client, so that the api may use it.
 * @throws Problem 'cluster.kubeconfig-refused'; its detail never holds a value of the document
 */
export function parseKubeconfig(text: string): ClusterAccess {
  const document = documentSchema.safeParse(parseYaml(text));
  if (!document.success) {
    const where = document.error.issues.map((issue) => issue.path.join('.')).join(', ');
    return refuse(`Not a kubeconfig: see ${where || 'the top level'}.`);
  }
  const context = document.data.contexts.find((entry) => entry.name === document.data['current-context'])?.context;
  if (!isRecord(context)) return refuse('The current context is not among the contexts.');
  const cluster = document.data.clusters.find((entry) => entry.name === context['cluster'])?.cluster;
  const user = document.data.users.find((entry) => entry.name === context['user'])?.user;
  if (!isRecord(cluster)) return refuse('The cluster of the current context is missing.');
  if (!isRecord(user)) return refuse('The user of the current context is missing.');
  refuseUnsafe(cluster, 'cluster');
  refuseUnsafe(user, 'user');
  return {
    server: readServer(cluster['server']),
    certificateAuthority: readPem(cluster['certificate-authority-data'], 'certificate-authority-data', 'CERTIFICATE'),
    serverName:
      cluster['tls-server-name'] === undefined ? undefined : readText(cluster['tls-server-name'], 'tls-server-name'),
    identity: readIdentity(user),
  };
}

function parseYaml(text: string): unknown {
  try {
    return parse(text, { maxAliasCount: 0, logLevel: 'silent' });
  } catch (cause) {
    // The parser's message quotes the document, which holds credentials.
    return refuse('Not readable as YAML.', cause);
  }
}

function refuseUnsafe(section: Record<string, unknown>, name: string): void {
  for (const [key, why] of Object.entries(refusedKeys)) {
    const value = section[key];
    if (value !== undefined && value !== null && value !== false && value !== '') refuse(`${name}.${key} ${why}.`);
  }
}

function readServer(value: unknown): string {
  const text = readText(value, 'server');
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url?.protocol !== 'https:') return refuse('cluster.server must be an https address.');
  if (url.username || url.password) return refuse('cluster.server must not hold credentials.');
  return `${url.origin}${url.pathname.replace(/\/+$/, '')}`;
}

function readIdentity(user: Record<string, unknown>): ClusterAccess['identity'] {
  if (user['token'] !== undefined) {
    const token = readText(user['token'], 'token');
    return /^[\x21-\x7e]+$/.test(token) ? { token } : refuse('user.token holds characters that no token has.');
  }
  if (user['client-certificate-data'] === undefined)
    return refuse('The user has neither token nor client-certificate-data.');
  return {
    certificate: readPem(user['client-certificate-data'], 'client-certificate-data', 'CERTIFICATE'),
    key: readPem(user['client-key-data'], 'client-key-data', 'PRIVATE KEY'),
  };
}

function readText(value: unknown, key: string): string {
  const parsed = textSchema.safeParse(value);
  return parsed.success ? parsed.data : refuse(`${key} is missing.`);
}

function readPem(value: unknown, key: string, label: string): string {
  const pem = Buffer.from(readText(value, key), 'base64').toString('utf8');
  if (!pem.includes('-----BEGIN') || !pem.includes(`${label}-----`)) return refuse(`${key} is not a PEM in base64.`);
  return pem;
}

const isRecord = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null;
