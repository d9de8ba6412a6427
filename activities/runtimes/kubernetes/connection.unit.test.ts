import { setImmediate as nextTurn } from 'node:timers/promises';
import { expect, it, vi } from 'vitest';
import { Connection } from './connection.ts';

const access = {
  server: 'https://127.0.0.1:1',
  certificateAuthority: '',
  serverName: undefined,
  identity: { token: 'of nobody' },
} as unknown as ConstructorParameters<typeof Connection>[0];

it('is left in peace also where it has ended by itself before', async () => {
  const unhandled = vi.fn<(reason: unknown) => void>();
  process.on('unhandledRejection', unhandled);
  try {
    const connection = new Connection(access, { gated: false });
    const used = connection.take();
    await used.destroy();
    connection.leave(used);
    await nextTurn();
    await nextTurn();
    expect(connection.take()).not.toBe(used);
    expect(unhandled).not.toHaveBeenCalled();
  } finally {
    process.off('unhandledRejection', unhandled);
  }
});
