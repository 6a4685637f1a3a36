/** What a finding says in the user's language, by its code; names and numbers stand in the server's own words. */
export interface FindingText {
  message: string;
  hint: string;
}
