import { Problem } from '../../workflows/contracts/problem.ts';

/** A problem whose answer needs headers besides the document, such as `Allow` or `Retry-After`. */
export class ProblemWithHeaders extends Problem {
  readonly headers: Record<string, string>;

  constructor(
    code: Problem['code'],
    headers: Record<string, string>,
    options: ConstructorParameters<typeof Problem>[2] = {},
  ) {
    super(code, undefined, options);
    this.headers = headers;
  }
}
