// `node test/replay/record.ts`: carries out one operation of every kind, and of every ending that takes another way
// through its workflow, with real workers on a scripted cluster, and keeps the histories of their runs. With the name of
// a scenario (see scenarios.ts), only that one.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { historyToJSON } from '@temporalio/common/lib/proto-utils.js';
import { workflowIdOf, workflowTypes } from '../../workflows/contracts/operations.ts';
import { startOwnServers } from '../workflows/own-servers.ts';
import { startRig } from '../workflows/rig.ts';
import { carryOutAll, type Recorded } from './scenarios.ts';
import { anonymous, historiesDirectory } from './histories.ts';

const directory = mkdtempSync(join(tmpdir(), 'open-cluster-claw-record-'));
process.env.TEST_DIRECTORY = directory;
const servers = await startOwnServers();
const rig = await startRig(servers);
try {
  await Promise.all([rig.startWorker(), rig.startObserver()]);
  for await (const recorded of carryOutAll(rig, process.argv[2])) {
    const { workflowType, workflowId } = runOf(recorded);
    const handle = rig.temporal.client.workflow.getHandle(workflowId);
    await handle.result().catch(() => undefined); // a failed one ends with its error
    const history = anonymous(JSON.parse(historyToJSON(await handle.fetchHistory())));
    const name = [workflowType, ...(recorded.ending ? [recorded.ending] : [])].join('.');
    writeFileSync(join(historiesDirectory, `${name}.json`), `${JSON.stringify(history)}\n`);
    process.stdout.write(`${name}\n`);
  }
} finally {
  await rig.stop();
  await servers.stop();
  rmSync(directory, { recursive: true, force: true });
}

function runOf(recorded: Recorded): { workflowType: string; workflowId: string } {
  if (!('operation' in recorded)) return recorded;
  const { id, kind } = recorded.operation;
  return { workflowType: workflowTypes[kind], workflowId: workflowIdOf(id) };
}
