/** The names of lists. */

/** The list that is meant where none is named. */
export const DEFAULT_LIST = 'default';

/** Kept to what needs no encoding, in a URL or elsewhere. */
export const LIST_NAME = /^[a-z\d][a-z\d-]{0,62}$/;
