import { AsyncLocalStorage } from 'node:async_hooks';

/** What every log line of a request carries without being handed around. */
export interface RequestBindings {
  requestId: string;
  userId?: string;
  tenantId?: string;
  operationId?: string;
}

const storage = new AsyncLocalStorage<RequestBindings>();

export const withBindings = <T>(bindings: RequestBindings, work: () => T): T => storage.run(bindings, work);

/** Adds to the bindings of the running request; outside of one it does nothing. */
export function bind(more: Partial<RequestBindings>): void {
  const bindings = storage.getStore();
  if (bindings) Object.assign(bindings, more);
}

export const currentBindings = (): RequestBindings | undefined => storage.getStore();
