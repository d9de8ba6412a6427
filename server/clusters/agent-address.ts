const placeholder = '{instanceId}';
const loopback = /^(localhost|127(\.\d+){3}|\[::1\])$/;

/**
 * An address that the agents' own tokens may be sent to: encrypted, or on this very machine. The placeholder stands in
 * the path, so that it cannot choose the host.
 */
export function isAgentAddress(text: string): boolean {
  if (!URL.canParse(text) || text.split(placeholder).length !== 2) return false;
  const { protocol, hostname, username, password, pathname, search, hash } = new URL(text);
  const isPrivate = protocol === 'https:' || (protocol === 'http:' && loopback.test(hostname));
  const isBare = `${username}${password}${search}${hash}` === '';
  return isPrivate && isBare && decodeURIComponent(pathname).includes(placeholder);
}
