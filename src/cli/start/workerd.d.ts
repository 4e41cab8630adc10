/** The package `workerd` comes without types: it exports the path of its binary. */
declare module 'workerd' {
  const path: string;
  export default path;
}
