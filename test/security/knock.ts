import { request } from 'node:http';

interface Knocked {
  status: number;
  /** Their names. */
  headers: string[];
}

/** The head of an answer to a request that fetch would not make, such as one for a socket. */
export function knock(url: string, method: string, headers: Record<string, string>): Promise<Knocked> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { method, headers }, (response) => {
      resolve({ status: response.statusCode ?? 0, headers: Object.keys(response.headers) });
      response.destroy();
    });
    asked.on('upgrade', (response, socket) => {
      resolve({ status: response.statusCode ?? 0, headers: Object.keys(response.headers) });
      socket.destroy();
    });
    asked.on('error', reject);
    asked.end();
  });
}
