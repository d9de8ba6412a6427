import { expect, it } from 'vitest';
import { echo } from './echo.ts';
import { startModelServer } from './openai-server.ts';

it('repeats what was said last, and says that it is no model', async () => {
  const server = await startModelServer({ host: '127.0.0.1', plan: echo });
  try {
    const messages = [
      { role: 'user', content: 'before' },
      { role: 'assistant', content: 'yes?' },
      { role: 'user', content: [{ type: 'text', text: 'Hello there' }] },
    ];
    const response = await fetch(`${server.url}/chat/completions`, {
      method: 'POST',
      body: JSON.stringify({ model: 'echo', messages }),
    });
    expect(await response.json()).toMatchObject({
      choices: [{ message: { content: '[echo model, no AI] You said: Hello there' } }],
    });
  } finally {
    await server.close();
  }
});
