/** "1 object", "1,234 objects": the count is grouped already. */
export const many = (count: string, one: string): string => `${count} ${one}${count === '1' ? '' : 's'}`;
