/** Whether a text has every word of a filter in it, in any order; case does not count. */
export const holds = (text: string, filter: string): boolean => filter.toLowerCase().split(/\s+/).every((word) => text.toLowerCase().includes(word));
