import { readFileSync, writeFileSync } from 'node:fs';
import { runCommand } from '../../../deploy/local/kubernetes/command.ts';

const forwarding = '/proc/sys/net/ipv4/ip_forward';
const tables = ['filter', 'nat'] as const;

const rulesOf = async (table: string): Promise<string[]> =>
  (await runCommand('iptables', ['-w', '30', '-t', table, '-S'])).trim().split('\n');

/** True where chains of that name are there: another engine's, which a second one would empty. */
export async function hasChains(pattern: RegExp): Promise<boolean> {
  for (const table of tables) {
    if ((await rulesOf(table)).some((rule) => pattern.test(rule.replace(/^-N /, '')) && rule.startsWith('-N ')))
      return true;
  }
  return false;
}

/**
 * Engines write rules into the machine's packet filter and leave some; one that switches forwarding on itself also
 * changes a policy. @returns what takes away again what is of these chains, and leaves all else as it is
 */
export function keepPacketFilter(pattern: RegExp): () => Promise<void> {
  const before = readFileSync(forwarding, 'utf8');
  writeFileSync(forwarding, '1');
  return async () => {
    for (const table of tables) {
      const rules = await rulesOf(table);
      const chains = rules.filter((rule) => rule.startsWith('-N ')).map((rule) => rule.slice(3));
      const ours = chains.filter((chain) => pattern.test(chain));
      const run = (args: string[]) => runCommand('iptables', ['-w', '30', '-t', table, ...args]);
      for (const rule of rules) {
        const words = rule.match(/"[^"]*"|\S+/g)?.map((word) => word.replaceAll('"', '')) ?? [];
        const [verb, chain = '', ...rest] = words;
        const target = rest[rest.indexOf('-j') + 1] ?? '';
        if (verb === '-A' && !ours.includes(chain) && ours.includes(target)) await run(['-D', chain, ...rest]);
      }
      for (const chain of ours) await run(['-F', chain]);
      for (const chain of ours) await run(['-X', chain]);
    }
    if (before.trim() === '0') writeFileSync(forwarding, before);
  };
}
