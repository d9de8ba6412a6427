import type { Report } from './report.ts';

const clearLine = '\r\u001B[K';

/**
 * Reports to stderr. On a terminal a message with a percentage stays on one line that is overwritten;
 * otherwise each message is a plain line, and of those with a percentage one a tenth.
 */
export function terminalReport(output: NodeJS.WriteStream = process.stderr): Report {
  const lastTenth = new Map<string, number>();
  let lastMessage = '';
  let statusShown = false;

  return (message, percent) => {
    const inProgress = percent !== undefined && percent < 100;
    if (inProgress && output.isTTY) {
      const line = `  ${message} (${Math.floor(percent)} %)`;
      output.write(`${clearLine}${line.slice(0, Math.max(20, (output.columns || 80) - 1))}`);
      statusShown = true;
      return;
    }
    const topic = message.split(':', 1)[0] ?? '';
    const tenth = inProgress ? Math.floor(percent / 10) : -1;
    if (inProgress && lastTenth.get(topic) === tenth) return;
    lastTenth.set(topic, tenth);
    if (message === lastMessage) return;
    lastMessage = message;
    output.write(`${statusShown ? clearLine : ''}  ${message}${inProgress ? ` (${Math.floor(percent)} %)` : ''}\n`);
    statusShown = false;
  };
}
