import process from 'node:process';
import { allRoutes, type RouteDeps } from '../routes.ts';
import { version } from '../version.ts';
import { openApiDocument } from './openapi.ts';

// The declarations are complete without what the handlers work with, and no handler runs here.
const routes = allRoutes({} as RouteDeps);
process.stdout.write(`${JSON.stringify(openApiDocument(routes, version), null, 2)}\n`);
