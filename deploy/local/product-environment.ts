import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { loadAuditSigner } from '../../server/audit/checkpoint.ts';
import { ensureDirectory } from './directories.ts';
import { keptSecret } from './kept-secret.ts';
import type { ObjectStorage } from './object-storage.ts';

export interface ProductPlace {
  /** Keys, passwords, workflow bundles, logs. */
  directory: string;
  /** Connection string of a role that may create roles and tables. */
  databaseOwnerUrl: string;
  temporal: { address: string; namespace: string; uiUrl: string };
  /** Left out or null: as the environment says. */
  storage?: ObjectStorage | null;
  port: number;
  /** The built portal; without it the api serves no pages. */
  webRoot?: string;
  echoModelUrl?: string | undefined;
}

/** The same connection as the role that the product's processes use, which the migrations create with this password. */
function appUrl(ownerUrl: string, passwordFile: string): string {
  const url = new URL(ownerUrl);
  url.username = 'occ_app';
  url.password = keptSecret(passwordFile, () => randomBytes(18).toString('base64url'));
  return url.href;
}

/** Everything that the product's programs read from their environment. */
export function productEnvironment(place: ProductPlace): NodeJS.ProcessEnv {
  const secrets = ensureDirectory(join(place.directory, 'secrets'));
  const keyFile = (name: string) => {
    const file = join(secrets, name);
    keptSecret(file, () => randomBytes(32).toString('base64'));
    return file;
  };
  return {
    ...process.env,
    // A person's own cluster must not be reachable by accident.
    KUBECONFIG: undefined,
    DATABASE_URL: appUrl(place.databaseOwnerUrl, join(secrets, 'database-password')),
    DATABASE_OWNER_URL: place.databaseOwnerUrl,
    TEMPORAL_ADDRESS: place.temporal.address,
    TEMPORAL_NAMESPACE: place.temporal.namespace,
    TEMPORAL_UI_URL: place.temporal.uiUrl,
    ...(place.storage && storageVariables(place.storage)),
    SECRETS_KEY_FILE: keyFile('secrets-key'),
    TOKEN_KEY_FILE: keyFile('token-key'),
    ...auditKeys(keyFile('audit-key')),
    HOST: '127.0.0.1',
    PORT: String(place.port),
    PUBLIC_URL: `http://localhost:${place.port}`,
    WEB_ROOT: place.webRoot,
    ECHO_MODEL_URL: place.echoModelUrl,
    WORKFLOW_BUNDLES_DIR: ensureDirectory(join(place.directory, 'bundles')),
    LOG_LEVEL: process.env.LOG_LEVEL ?? 'info',
  };
}

/** The public half in a file of its own, since whoever proves need not be able to sign. */
function auditKeys(file: string): NodeJS.ProcessEnv {
  const publicFile = `${file}.pub`;
  keptSecret(publicFile, () => loadAuditSigner(file).keys.text);
  return { AUDIT_KEY_FILE: file, AUDIT_PUBLIC_KEY_FILE: publicFile };
}

export const storageVariables = (storage: ObjectStorage): NodeJS.ProcessEnv => ({
  S3_ENDPOINT: storage.endpoint,
  S3_ACCESS_KEY: storage.accessKey,
  S3_SECRET_KEY: storage.secretKey,
  S3_BUCKET: storage.bucket,
  // One server for both.
  S3_STS_ENDPOINT: storage.endpoint,
});

/** For the processes that run all the time: the owner of the tables is above all rights and row-level security. */
export function withoutOwner({ DATABASE_OWNER_URL: _owner, ...environment }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return environment;
}
