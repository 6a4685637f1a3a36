/**
 * How dear an operation is to the platform, most protected first; under overload the later ones are refused first.
 *
 * - `transition`: changes a state or is needed for a change: create, pause, cutover, limits, secrets for a migrator.
 * - `sign-in`: makes an access token. Costs CPU and memory (password hashes).
 * - `read`: one thing by its name.
 * - `probe`: asks a remote endpoint before it answers, which takes seconds.
 * - `list`: pages of things.
 * - `report`: documents of any size that nobody waits for.
 * - `stream`: stays open until the client leaves.
 */
export type AdmissionClass = 'transition' | 'sign-in' | 'read' | 'probe' | 'list' | 'report' | 'stream';
