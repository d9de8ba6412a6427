import { provided } from './environment.ts';

/** The folder of the built portal, for `startTestProduct({ WEB_ROOT: builtPortal() })`. */
export function builtPortal(): string {
  return provided('TEST_WEB_ROOT');
}
