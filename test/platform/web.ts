import { provided } from './environment.ts';

/** The folder of the built portal, for `startTestProduct({ webRoot })`. */
export function builtPortal(): string {
  return provided('TEST_WEB_ROOT');
}
