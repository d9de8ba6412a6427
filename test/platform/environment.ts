/** What `npm test` brought up, by the name of the variable that says so. */
export function provided(name: string): string {
  const value = process.env[name];
  if (!value)
    throw new Error(`${name} is not set: run this test by "npm test -- <file>", which brings up what it needs`);
  return value;
}
