/** A folder of this machine in the place of R2: what is written there, any web server can serve. */
/** `folder` is the service that `rollcall start` answers itself (src/cli/start/list-folder.ts). */
export function folderBucket(folder: Fetcher): NonNullable<Env['LIST_FILES']> {
  return {
    async put(key, value, { onlyIf }) {
      const headers = new Headers(onlyIf && { 'If-None-Match': onlyIf.etagDoesNotMatch });
      const response = await folder.fetch(`http://folder/${key}`, { method: 'PUT', body: value, headers });
      const reason = await response.text();
      if (!response.ok) throw new Error(reason);
    },
  };
}
