/** A server on this machine that can be treated as roughly as tests need. */
export interface Service {
  /** Ends it in its own orderly way. Safe to repeat. */
  stop(): Promise<void>;
  /** Sends a signal to its process. After SIGKILL it stays away until `restart`. */
  kill(signal: NodeJS.Signals): Promise<void>;
  /** Runs it again at the same addresses, with the same data, however it ended; returns when it serves. */
  restart(): Promise<void>;
}
