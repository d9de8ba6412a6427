import process from 'node:process';
import { parseArgs } from 'node:util';
import { databaseConfig } from '../config.ts';
import { Database } from '../persistence/database.ts';
import { ensureAdministrator } from './commands/ensure-administrator.ts';
import { NewPassword, UserName } from './identity.schema.ts';

// DATABASE_URL=… node server/identity/ensure-administrator.ts --name admin
// Prints one line: {"name","created":true,"password"} the first time, {"name","created":false} from then on. Whoever keeps
// a password first gives it in ADMINISTRATOR_PASSWORD: it is used, and printed for as long as it is the account's.
const { values } = parseArgs({ options: { name: { type: 'string', default: 'admin' } } });
const { databaseUrl } = databaseConfig(process.env);
const db = await Database.open({
  url: databaseUrl,
  poolSize: 1,
  applicationName: 'occ-ensure-administrator',
});
try {
  const given = NewPassword.optional().parse(process.env.ADMINISTRATOR_PASSWORD);
  const outcome = await ensureAdministrator(db, UserName.parse(values.name), given);
  process.stdout.write(`${JSON.stringify(outcome)}\n`);
} finally {
  await db.close();
}
