/** The commands that read the list, as the one part of the program that they are loaded as. */
export { list } from './list.ts';
export { get, remove, stats } from './one.ts';
