import { spawn } from 'node:child_process';

export type CommandOptions = {
  cwd?: string;
  env?: NodeJS.ProcessEnv;
  input?: string;
  signal?: AbortSignal;
  timeoutMs?: number;
  /** Called with every line the program writes to its error stream. */
  onErrorLine?: (line: string) => void;
};

/** A program that could not be started, or ended with anything but 0. The message ends with its last words. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  /** True when there is no such program. */
  readonly missing: boolean;

  constructor(message: string, missing: boolean) {
    super(message);
    this.missing = missing;
  }
}

const lastWords = (text: string) => text.trim().split('\n').slice(-8).join('\n');

/**
 * Runs a program to its end.
 * @returns what it wrote to its standard output
 * @throws CommandError
 */
export function runCommand(program: string, args: readonly string[], options: CommandOptions = {}): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const child = spawn(program, args, {
    cwd: options.cwd,
    env: options.env,
    signal: options.signal,
    timeout: options.timeoutMs,
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let output = '';
  let errors = '';
  let openLine = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-16_384);
    const lines = (openLine + text).split('\n');
    openLine = lines.pop() ?? '';
    for (const line of lines) options.onErrorLine?.(line);
  });
  // The program may end without reading its input; how it ended is what counts.
  child.stdin.on('error', () => {});
  child.stdin.end(options.input);
  child.on('error', (error: NodeJS.ErrnoException) => {
    if (error.name === 'AbortError') return reject(error);
    reject(new CommandError(`${program}: ${error.message}`, error.code === 'ENOENT'));
  });
  child.on('close', (code, signal) => {
    if (code === 0) return resolve(output);
    const end = signal ? `was ended by ${signal}` : `ended with ${code}`;
    reject(new CommandError(`${program} ${args.slice(0, 3).join(' ')} ${end}\n${lastWords(errors || output)}`, false));
  });
  return promise;
}
