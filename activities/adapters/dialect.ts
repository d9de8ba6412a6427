/** How one kind of agent writes in its native file what the platform's rules have to know of. */
export interface Dialect {
  /** Names of the variables that a string of the native file asks for. */
  variablesIn(text: string): string[];
  /** How that is written. */
  placeholder(name: string): string;
  /** Of variables that steer the program: a tenant may not set them. */
  reservedPrefixes: readonly string[];
  hasNativeProvider(native: Record<string, unknown>, name: string): boolean;
  /** Why this member of the native part cannot be, or null. */
  refusal(key: string, value: unknown): string | null;
}
