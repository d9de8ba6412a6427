import { readFileSync } from 'node:fs';
import { z } from 'zod';
import type { PerMinute } from './limits/rate-limits.ts';
import type { StreamBounds } from './limits/stream-places.ts';

const optional = z.string().min(1).optional();
const port = z.coerce.number().int().min(0).max(65_535);
const shared = {
  DATABASE_URL: z.url({ protocol: /^postgres(ql)?$/ }),
  LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'silent']).default('info'),
  NODE_ENV: z.string().default('production'),
};
const temporal = {
  TEMPORAL_ADDRESS: z.string().min(1),
  TEMPORAL_NAMESPACE: z.string().min(1).default('default'),
};
const healthPort = { HEALTH_PORT: port.optional() };
const secretsKey = { SECRETS_KEY_FILE: z.string().min(1) };
const storage = {
  S3_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  S3_ACCESS_KEY: optional,
  S3_SECRET_KEY: optional,
  S3_BUCKET: z.string().min(3).default('open-cluster-claw'),
  S3_REGION: z.string().min(1).default('us-east-1'),
  S3_STS_ENDPOINT: z.url({ protocol: /^https?$/ }).optional(),
  S3_ROLE_ARN: optional,
};

/** Requests a minute; 0 for no limit. */
const perMinute = z.coerce.number().int().min(0).max(10_000_000);
const limits = {
  RATE_LIMIT_ADDRESS: perMinute.default(1_200),
  RATE_LIMIT_USER: perMinute.default(2_400),
  RATE_LIMIT_TOKEN: perMinute.default(1_200),
  RATE_LIMIT_TENANT: perMinute.default(6_000),
  STREAMS_PER_USER: z.coerce.number().int().min(1).default(30),
  STREAMS_PER_TENANT: z.coerce.number().int().min(1).default(300),
  STREAMS_PER_PROCESS: z.coerce.number().int().min(1).default(2_000),
  TRUSTED_PROXIES: z.coerce.number().int().min(0).max(10).default(0),
};

/** An attempt of a wait ends after 20 minutes whatever it waits for. */
const patienceOfWait = z.coerce.number().int().min(1).max(900);

type Environment = Record<string, string | undefined>;

interface DatabaseConfig {
  databaseUrl: string;
  logLevel: string;
  /** Elsewhere every answer is held against its declaration. */
  isProduction: boolean;
}

interface TemporalConfig {
  temporal: { address: string; namespace: string };
}

export interface ApiConfig extends DatabaseConfig, TemporalConfig {
  /** Where the api, and nobody else, reaches Temporal's UI; it shows it behind its own sign-in. */
  temporalUiUrl: string | null;
  secretsKeyFile: string;
  tokenKey: Uint8Array;
  /** Proves signatures of the audit's checkpoints; null: nothing can be said of them. */
  auditPublicKeyFile: string | null;
  host: string;
  port: number;
  publicUrl: string;
  webRoot: string | null;
  /** Of a model that repeats what it is told, which a first agent can be tried with; null: there is none. */
  echoModelUrl: string | null;
  perMinute: PerMinute;
  streams: StreamBounds;
  /** How many proxies of our own a request comes through. */
  trustedProxies: number;
}

/** A bucket on any S3 server. */
export interface StorageConfig {
  endpoint: string;
  accessKey: string;
  secretKey: string;
  bucket: string;
  region: string;
  /** Where credentials for one tenant's part are asked for, and as which role; null: there are only the bucket's own. */
  sts: { endpoint: string; roleArn: string | null } | null;
}

export interface WorkerConfig extends DatabaseConfig, TemporalConfig {
  /** Null where none was given: what needs a copy of an agent's state is then refused. */
  storage: StorageConfig | null;
  secretsKeyFile: string;
  workflowBundlesDirectory: string | null;
  /** An image may fail to be pulled for so long before a start gives up. */
  imagePatienceMs: number;
  /** An agent may go on working for so long before an upgrade gives up; so may the object storage be away meanwhile. */
  restPatienceMs: number;
  /** A started agent may take so long until it is ready. */
  readyPatienceMs: number;
  /** A ready agent may take so long to prove the configuration that it was given. */
  proofPatienceMs: number;
  /** Asked by analyses of rollouts; null where there is none. */
  prometheusUrl: string | null;
  /** Signs checkpoints of the audit; null: there are none then, and nothing of the audit is ever removed. */
  auditKeyFile: string | null;
  auditRetentionDays: number;
  healthPort: number | null;
}

export interface ObserverConfig extends DatabaseConfig, TemporalConfig {
  secretsKeyFile: string;
  /** How often each agent is asked what it has done. */
  usageIntervalMs: number;
  healthPort: number | null;
}

export const databaseConfig = (environment: Environment): DatabaseConfig => databasePart(read(shared, environment));

export function apiConfig(environment: Environment): ApiConfig {
  const given = read(
    {
      ...shared,
      ...temporal,
      ...secretsKey,
      ...limits,
      TEMPORAL_UI_URL: z.url({ protocol: /^https?$/ }).optional(),
      TOKEN_KEY_FILE: z.string().min(1),
      AUDIT_PUBLIC_KEY_FILE: optional,
      HOST: z.string().min(1).default('127.0.0.1'),
      PORT: port.default(8080),
      PUBLIC_URL: z.url({ protocol: /^https?$/ }).optional(),
      WEB_ROOT: optional,
      ECHO_MODEL_URL: z.url({ protocol: /^http$/ }).optional(),
    },
    environment,
  );
  return Object.freeze({
    ...databasePart(given),
    ...temporalPart(given),
    temporalUiUrl: given.TEMPORAL_UI_URL ?? null,
    secretsKeyFile: given.SECRETS_KEY_FILE,
    tokenKey: keyIn('TOKEN_KEY_FILE', given.TOKEN_KEY_FILE),
    auditPublicKeyFile: given.AUDIT_PUBLIC_KEY_FILE ?? null,
    host: given.HOST,
    port: given.PORT,
    publicUrl: given.PUBLIC_URL ?? `http://${given.HOST}:${given.PORT}`,
    webRoot: given.WEB_ROOT ?? null,
    echoModelUrl: given.ECHO_MODEL_URL ?? null,
    perMinute: {
      address: given.RATE_LIMIT_ADDRESS,
      user: given.RATE_LIMIT_USER,
      token: given.RATE_LIMIT_TOKEN,
      tenant: given.RATE_LIMIT_TENANT,
    },
    streams: {
      user: given.STREAMS_PER_USER,
      tenant: given.STREAMS_PER_TENANT,
      process: given.STREAMS_PER_PROCESS,
    },
    trustedProxies: given.TRUSTED_PROXIES,
  });
}

export function workerConfig(environment: Environment): WorkerConfig {
  const given = read(
    {
      ...shared,
      ...temporal,
      ...secretsKey,
      ...healthPort,
      ...storage,
      WORKFLOW_BUNDLES_DIR: optional,
      IMAGE_PATIENCE_SECONDS: z.coerce.number().int().min(0).max(3_600).default(600),
      REST_PATIENCE_SECONDS: z.coerce.number().int().min(0).max(7_200).default(600),
      READY_PATIENCE_SECONDS: patienceOfWait.default(600),
      PROOF_PATIENCE_SECONDS: patienceOfWait.default(240),
      PROMETHEUS_URL: z.url({ protocol: /^https?$/ }).optional(),
      AUDIT_KEY_FILE: optional,
      AUDIT_RETENTION_DAYS: z.coerce.number().int().min(31).max(36_500).default(400),
    },
    environment,
  );
  return Object.freeze({
    ...databasePart(given),
    ...temporalPart(given),
    storage: storagePart(given),
    secretsKeyFile: given.SECRETS_KEY_FILE,
    workflowBundlesDirectory: given.WORKFLOW_BUNDLES_DIR ?? null,
    imagePatienceMs: given.IMAGE_PATIENCE_SECONDS * 1_000,
    restPatienceMs: given.REST_PATIENCE_SECONDS * 1_000,
    readyPatienceMs: given.READY_PATIENCE_SECONDS * 1_000,
    proofPatienceMs: given.PROOF_PATIENCE_SECONDS * 1_000,
    prometheusUrl: given.PROMETHEUS_URL ?? null,
    auditKeyFile: given.AUDIT_KEY_FILE ?? null,
    auditRetentionDays: given.AUDIT_RETENTION_DAYS,
    healthPort: given.HEALTH_PORT ?? null,
  });
}

/** Of the program that proves the audit, on whatever machine. */
export function auditProofConfig(environment: Environment) {
  const given = read({ ...shared, ...storage, AUDIT_PUBLIC_KEY_FILE: optional }, environment);
  return {
    ...databasePart(given),
    storage: storagePart(given),
    auditPublicKeyFile: given.AUDIT_PUBLIC_KEY_FILE ?? null,
  };
}

export function observerConfig(environment: Environment): ObserverConfig {
  const given = read(
    {
      ...shared,
      ...temporal,
      ...secretsKey,
      ...healthPort,
      USAGE_INTERVAL_SECONDS: z.coerce.number().min(0.5).max(3_600).default(60),
    },
    environment,
  );
  return Object.freeze({
    ...databasePart(given),
    ...temporalPart(given),
    secretsKeyFile: given.SECRETS_KEY_FILE,
    usageIntervalMs: given.USAGE_INTERVAL_SECONDS * 1_000,
    healthPort: given.HEALTH_PORT ?? null,
  });
}

/** For the first log line: what a process runs with, without what it must keep to itself. */
export function maskedConfig(config: object): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(config).map(([name, value]) => {
      if (value instanceof Uint8Array) return [name, '[secret]'];
      if (name === 'storage' && value !== null) return [name, { ...(value as StorageConfig), secretKey: '[secret]' }];
      return [name, name === 'databaseUrl' && typeof value === 'string' ? withoutPassword(value) : value];
    }),
  );
}

const databasePart = (given: { DATABASE_URL: string; LOG_LEVEL: string; NODE_ENV: string }): DatabaseConfig => ({
  databaseUrl: given.DATABASE_URL,
  logLevel: given.LOG_LEVEL,
  isProduction: given.NODE_ENV === 'production',
});

const temporalPart = (given: { TEMPORAL_ADDRESS: string; TEMPORAL_NAMESPACE: string }): TemporalConfig => ({
  temporal: { address: given.TEMPORAL_ADDRESS, namespace: given.TEMPORAL_NAMESPACE },
});

function storagePart(given: z.output<z.ZodObject<typeof storage>>): StorageConfig | null {
  const { S3_ENDPOINT: endpoint, S3_ACCESS_KEY: accessKey, S3_SECRET_KEY: secretKey } = given;
  if (!endpoint) return null;
  if (!accessKey || !secretKey) throw new Error('S3_ENDPOINT needs S3_ACCESS_KEY and S3_SECRET_KEY.');
  const { S3_BUCKET: bucket, S3_REGION: region, S3_STS_ENDPOINT: stsEndpoint, S3_ROLE_ARN: roleArn = null } = given;
  const sts = stsEndpoint ? { endpoint: stsEndpoint, roleArn } : null;
  return { endpoint, accessKey, secretKey, bucket, region, sts };
}

/** An empty variable counts as one that is not set. */
function read<Shape extends z.ZodRawShape>(shape: Shape, environment: Environment): z.output<z.ZodObject<Shape>> {
  const set = Object.fromEntries(Object.entries(environment).filter(([, value]) => value !== ''));
  const result = z.object(shape).safeParse(set);
  if (result.success) return result.data;
  const faults = result.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new Error(`The environment is not complete.\n${faults.join('\n')}`);
}

function keyIn(variable: string, file: string): Uint8Array {
  const key = Buffer.from(readFileSync(file, 'utf8').trim(), 'base64');
  if (key.byteLength < 32) throw new Error(`${variable} must hold at least 32 bytes in base64`);
  return key;
}

function withoutPassword(url: string): string {
  const masked = new URL(url);
  if (masked.password) masked.password = '***';
  return masked.href;
}
