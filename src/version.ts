/** What `GET /` says of this release; `package.json` says the same. */
export const VERSION = '0.1.0';
