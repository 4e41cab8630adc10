/** What esbuild makes of files that are no TypeScript. */

declare module 'land.svg' {
  /** Where the built file is, from the script. */
  const url: string;
  export default url;
}

declare module '*.css';
