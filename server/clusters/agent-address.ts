import { Problem } from '../../workflows/contracts/problem.ts';

const placeholder = '{instanceId}';
const brokenEscape = /%(?![0-9a-f]{2})/i;
const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * An address that the agents' own tokens may be sent to: encrypted, or on this very machine. The placeholder stands in
 * the path, so that it cannot choose the host.
 */
function isAgentAddress(text: string): boolean {
  if (!URL.canParse(text) || brokenEscape.test(text) || text.split(placeholder).length !== 2) return false;
  const { protocol, hostname, username, password, pathname, search, hash } = new URL(text);
  const isPrivate = protocol === 'https:' || (protocol === 'http:' && loopback.test(hostname));
  const isBare = `${username}${password}${search}${hash}` === '';
  return isPrivate && isBare && pathname.includes(encodeURI(placeholder));
}

/** @throws Problem 'request.unfit' */
export function requireAgentAddress({ agentAddress }: { agentAddress?: string | null | undefined }): void {
  if (!agentAddress || isAgentAddress(agentAddress)) return;
  const detail = 'an https address that holds {instanceId} (http on this machine only), without credentials';
  throw new Problem('request.unfit', undefined, { faults: [{ pointer: '/settings/agentAddress', detail }] });
}
