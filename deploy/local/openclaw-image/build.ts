// `npm run openclaw-image -- [version]`: builds the image, puts it into the running local cluster, and enters it as an
// agent version that instances can be made of.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { registerAgentVersion } from '../agent-version.ts';
import { cacheDirectory, dataDirectory } from '../directories.ts';
import { importIntoRunning } from '../kubernetes/index.ts';
import { platformApi } from '../platform-api.ts';
import { defaultOpenClawVersion, ensureOpenClawImage, type OpenClawImage } from './index.ts';

const usage = `npm run openclaw-image -- [VERSION] [options]
  VERSION          version of OpenClaw (${defaultOpenClawVersion})
  --api URL        the product to enter it at (the one that "npm start" runs)
  --username NAME  a platform administrator there (admin); the password comes from OCC_PASSWORD,
                   or for "npm start" from its data directory
  --data DIR       data directory of "npm start" (also OCC_DATA)
  --help
Prints the path of the image's archive, for import into other clusters.`;

const say = (message: string) => process.stderr.write(`${message}\n`);

function readOptions() {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      api: { type: 'string' },
      username: { type: 'string', default: 'admin' },
      data: { type: 'string', default: dataDirectory() },
      help: { type: 'boolean', default: false },
    },
  });
  if (positionals.length > 1) throw new Error(`One version at a time.\n\n${usage}`);
  return { ...values, version: positionals[0] ?? defaultOpenClawVersion };
}

type Options = ReturnType<typeof readOptions>;

/** Address and password of the product: as given, else of the one that `npm start` keeps in the data directory. */
function findProduct({ api, data }: Options): { url: string; password: string } | undefined {
  const read = (...parts: string[]) => {
    const file = join(data, ...parts);
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  };
  const port = read('port');
  const url = api?.replace(/\/$/, '') ?? (port && `http://127.0.0.1:${port}`);
  const password = process.env['OCC_PASSWORD'] ?? read('secrets', 'administrator-password');
  if (url && password) return { url, password };
  if (api) throw new Error('Set OCC_PASSWORD to the password of the platform administrator.');
  return undefined;
}

async function enter(options: Options, image: OpenClawImage): Promise<void> {
  const product = findProduct(options);
  if (!product) {
    say('No product runs here: not entered as an agent version (see --help).');
    return;
  }
  const { url, password } = product;
  await registerAgentVersion(platformApi(url, { name: options.username, password }), options.version, image.reference);
  say(`OpenClaw ${options.version} is an agent version at ${url}.`);
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(`${usage}\n`);
    return;
  }
  const { version } = options;
  const report = (message: string, percent?: number) => say(percent === undefined ? message : `${percent}% ${message}`);
  const image = await ensureOpenClawImage({ version, cacheDirectory: cacheDirectory(), report });
  const imported = await importIntoRunning(join(options.data, 'kubernetes'), image.archive);
  say(imported ? `${image.reference} is in the local cluster.` : 'No local cluster runs: the image was not imported.');
  await enter(options, image);
  process.stdout.write(`${image.archive}\n`);
}

main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
