import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';

/** As `openSeverable`, between sockets of this machine. Ends of one direction are passed on, as an engine needs them. */
export async function openSeverableSocket(near: string, far: string) {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (accepted) => {
    const forwarded = connect({ path: far, allowHalfOpen: true });
    for (const [socket, other] of [
      [accepted, forwarded],
      [forwarded, accepted],
    ] as const) {
      sockets.add(socket);
      socket.pipe(other);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        sockets.delete(socket);
        other.destroy();
      });
    }
  });
  server.listen(near);
  await once(server, 'listening');
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return {
    cut,
    close: async (): Promise<void> => {
      const closed = once(server, 'close');
      server.close();
      cut();
      await closed;
    },
  };
}
