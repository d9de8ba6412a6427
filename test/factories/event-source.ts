interface ReceivedEvent {
  id: string;
  data: { sequence: number; type: string; [member: string]: unknown };
}

export interface OpenStream {
  status: number;
  received: ReceivedEvent[];
  /** The id of the last block, events or not: what a browser would send when it comes back. */
  lastEventId(): string;
  /** Resolves when the server has ended it. */
  ended: Promise<void>;
  close(): void;
}

/** Follows a stream of server-sent events as a browser does, until it is closed here or there. */
export async function openStream(url: string, headers: Record<string, string>): Promise<OpenStream> {
  const closing = new AbortController();
  const response = await fetch(url, { headers, signal: closing.signal });
  const received: ReceivedEvent[] = [];
  let lastEventId = '';

  const take = (block: string): void => {
    const fields = new Map(
      block.split('\n').map((line) => [line.split(': ', 1)[0], line.slice(line.indexOf(': ') + 2)]),
    );
    lastEventId = fields.get('id') ?? lastEventId;
    const data = fields.get('data');
    if (data) received.push({ id: lastEventId, data: JSON.parse(data) });
  };
  const follow = async (): Promise<void> => {
    let pending = '';
    const decoder = new TextDecoder();
    for await (const chunk of response.body ?? []) {
      pending += decoder.decode(chunk, { stream: true });
      const blocks = pending.split('\n\n');
      pending = blocks.pop() ?? '';
      blocks.forEach(take);
    }
  };
  const ended = follow().catch((error: unknown) => {
    if (!closing.signal.aborted) throw error;
  });
  return { status: response.status, received, lastEventId: () => lastEventId, ended, close: () => closing.abort() };
}
