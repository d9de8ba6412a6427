import { mkdtempSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { startRealProduct } from './real-product.ts';
import { sweep } from '../platform/sweep.ts';
import { requestsPerSecond } from './load.ts';
const directory = mkdtempSync('/tmp/h11-bench-'); process.env.TEST_DIRECTORY = directory;
const kept: any[] = [];
try {
const r = await startRealProduct({ pairs: 1, directory, report: console.log, keep: (p: any) => { kept.push(p); return p; } });
const rss = () => Object.fromEntries(['api','worker','observer'].map((k) => [k, Math.round(Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${(r.product as any)[k].pid()}/status`,'utf8'))![1])/1024)]));
await delay(30000); console.log('rest', rss());
const cookie = r.administrator.headers;
await requestsPerSecond({ url: r.product.url, path: '/api/v1/instances?limit=50', headers: { ...cookie }, connections: 8, durationMs: 6000 });
console.log('after load', rss()); await delay(20000); console.log('20 s later', rss());
} finally { for (const k of kept.reverse()) await k.stop(); await sweep(directory); }
process.exit(0);
