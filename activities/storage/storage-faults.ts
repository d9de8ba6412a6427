import { S3Error } from 'minio';
import { Problem } from '../../workflows/contracts/problem.ts';

const fullCodes = new Set([
  'EntityTooLarge',
  'InsufficientStorage',
  'QuotaExceeded',
  'XMinioAdminBucketQuotaExceeded',
  'XMinioStorageFull',
]);
/** Servers that know no code for it say it in words. */
const fullWords =
  /no (free|more free|writable|space)|no space left|disk (is )?full|quota exceeded|insufficient storage/i;
const passingCodes = new Set([
  'InternalError',
  'RequestTimeout',
  'ServiceUnavailable',
  'SlowDown',
  'UnknownError',
  'XMinioServerNotInitialized',
]);

/** The fault of the catalogue behind whatever the client threw. Our own cancellation passes through unchanged. */
export function storageProblemOf(error: unknown, signal: AbortSignal): unknown {
  if (error instanceof Problem) return error;
  if (signal.aborted) return signal.reason;
  const { code = '', message = '' } = refusalOfCredentials(error) ?? (error as { code?: string; message?: string });
  const options = { cause: error };
  if (error instanceof DOMException && error.name === 'TimeoutError') {
    return new Problem('storage.unavailable', 'The object storage did not answer in time.', options);
  }
  if (fullCodes.has(code) || fullWords.test(message))
    return new Problem('storage.full', sentence(code, message), options);
  // Without an answer in S3's own form: a network fault, a proxy's page, a server on its way up or down.
  const answered = (error instanceof S3Error || refusalOfCredentials(error) !== null) && code !== '';
  if (!answered || passingCodes.has(code)) return new Problem('storage.unavailable', sentence(code, message), options);
  return new Problem('storage.refused', sentence(code, message), options);
}

/** The client wraps what the server said to its question for credentials; null for every other error. */
function refusalOfCredentials(error: unknown): { code: string; message: string } | null {
  for (let at = error; typeof at === 'object' && at !== null; at = (at as { cause?: unknown }).cause) {
    const said = (at as { ErrorResponse?: { Error?: { Code?: string; Message?: string } } }).ErrorResponse?.Error;
    if (said) return { code: said.Code ?? '', message: said.Message ?? '' };
  }
  return null;
}

const sentence = (code: string, message: string): string => [code, message].filter(Boolean).join(': ').slice(0, 300);
