import { Client, Connection } from '@temporalio/client';

export interface Temporal {
  client: Client;
  namespace: string;
  close(): Promise<void>;
}

/** Connects when first used, so that a process starts, and answers, without Temporal. */
export function openTemporal({ address, namespace }: { address: string; namespace: string }): Temporal {
  const connection = Connection.lazy({ address });
  return {
    client: new Client({ connection, namespace }),
    namespace,
    close: () => connection.close(),
  };
}
