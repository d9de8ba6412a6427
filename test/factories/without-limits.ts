/** For tests that ask thousands of times at once; that the limits hold is shown in `server/limits`. */
export const withoutLimits = {
  RATE_LIMIT_ADDRESS: '0',
  RATE_LIMIT_USER: '0',
  RATE_LIMIT_TOKEN: '0',
  RATE_LIMIT_TENANT: '0',
};
