import { globSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { checkout } from '../../deploy/local/directories.ts';

// What docs/security/asvs.md leaves out because there is nothing of the kind here. Whoever brings it in is told so.

const sources = globSync('{server,workflows,activities,migrations,web/src}/**/*.{ts,mjs,js,vue}', {
  cwd: checkout,
}).filter((file) => !/\.test\.ts$|\/testing\//.test(file));
const filesWith = (pattern: RegExp): string[] =>
  sources.filter((file) => pattern.test(readFileSync(`${checkout}/${file}`, 'utf8'))).toSorted();

const absent: [what: string, pattern: RegExp, but?: string[]][] = [
  ['makes code of a text by itself', /\beval\(|\bnew Function\(|node:vm'/],
  // By a list of arguments, never through a shell: `tar`, in a pod or container of the tenant’s own; and on a machine the
  // one program that is asked there, by messages, for all that is done.
  [
    'runs a program',
    /child_process/,
    [
      'activities/runtimes/docker/state-tool.mjs',
      'activities/runtimes/kubernetes/state-server.mjs',
      'activities/runtimes/machine/local-host.ts',
    ],
  ],
  ['takes a text for HTML', /v-html|(inner|outer)HTML|insertAdjacentHTML|document\.write|dangerouslyUseHTMLString/],
  ['leads a request elsewhere', /\.redirect\(|\.status = 30[12378]|writeHead\(30[12378]/],
  ['opens or takes a WebSocket of its own', /new WebSocket\b|WebSocketServer|\.on\('upgrade'/],
  ['prints beside the log', /\bconsole\./],
];

describe('the product', () => {
  it('is looked through', () => {
    expect(sources.length).toBeGreaterThan(700);
  });

  it.each(absent)('has nothing that %s', (_what, pattern, but = []) => {
    expect(filesWith(pattern)).toEqual(but);
  });

  it('has no library for LDAP, XPath, XML, LaTeX, JNDI, memcache, mail, GraphQL, Markdown or templates of text', () => {
    const { dependencies, devDependencies } = JSON.parse(readFileSync(`${checkout}/package.json`, 'utf8')) as Record<
      'dependencies' | 'devDependencies',
      Record<string, string>
    >;
    const names = Object.keys({ ...dependencies, ...devDependencies });
    expect(names.length).toBeGreaterThan(50);
    const unwanted =
      /ldap|xpath|xml|latex|katex|java|memcache|mail|smtp|imap|graphql|apollo|markdown|marked|bbcode|handlebars|mustache|nunjucks|\bejs\b|\bpug\b/;
    expect(names.filter((name) => unwanted.test(name))).toEqual([]);
  });
});
