import { pino, type Logger } from 'pino';
import { currentBindings } from './request-context.ts';

export type { Logger };

const secretKeys = [
  'password',
  'passwordHash',
  'token',
  'accessToken',
  'access_token',
  'refreshToken',
  'refresh_token',
  'secret',
  'value',
  'kubeconfig',
  'authorization',
  'cookie',
];

/** JSON lines on standard output; anything under a key that names a secret is masked, two levels deep. */
export const createLogger = (options: { name: string; level: string }): Logger =>
  pino({
    name: options.name,
    level: options.level,
    mixin: () => ({ ...currentBindings() }),
    redact: {
      paths: secretKeys.flatMap((key) => [key, `*.${key}`, `*.*.${key}`]),
      censor: '[redacted]',
    },
  });
