import { pino, type DestinationStream, type Logger } from 'pino';
import { currentBindings } from './request-context.ts';
import { toldError } from './told-error.ts';

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
  'secretKey',
  'sessionToken',
  'authorization',
  'cookie',
  'set-cookie',
];

const pathOf = (key: string): string => (/^\w+$/.test(key) ? `.${key}` : `["${key}"]`);

/**
 * JSON lines on standard output; anything under a key that names a secret is masked, two levels deep, and of errors only
 * what `toldError` lets through.
 */
export const createLogger = (options: { name: string; level: string; destination?: DestinationStream }): Logger =>
  pino(
    {
      name: options.name,
      level: options.level,
      mixin: () => ({ ...currentBindings() }),
      serializers: { err: (error: unknown) => toldError(error) },
      redact: {
        paths: secretKeys.map(pathOf).flatMap((path) => [path.replace(/^\./, ''), `*${path}`, `*.*${path}`]),
        censor: '[redacted]',
      },
    },
    options.destination ?? pino.destination(1),
  );
