import { Client } from 'undici';

export interface Load {
  url: string;
  path: string;
  headers: Record<string, string>;
  connections: number;
  durationMs: number;
}

/** Requests one after the other on each connection. @returns answers a second; any but 200 is an error */
export async function requestsPerSecond({ url, path, headers, connections, durationMs }: Load): Promise<number> {
  const startedMs = performance.now();
  const untilMs = startedMs + durationMs;
  let answered = 0;
  const loop = async (): Promise<void> => {
    const client = new Client(url);
    try {
      while (performance.now() < untilMs) {
        const { statusCode, body } = await client.request({ method: 'GET', path, headers });
        await body.dump({ limit: 10_000_000 });
        if (statusCode !== 200) throw new Error(`${url}${path} answers ${statusCode}`);
        answered += 1;
      }
    } finally {
      await client.close();
    }
  };
  await Promise.all(Array.from({ length: connections }, loop));
  return answered / ((performance.now() - startedMs) / 1000);
}
