export const en = {
  title: 'What would you like to move?',
  lead: 'Choose, and the platform checks first what is possible. Nothing at the source is ever changed before you say so.',
  host: {
    title: 'A host',
    text: 'A Linux server, over SSH and with no agent: files, system and services, made bootable at the target and proved by a test boot.',
  },
  database: {
    title: 'A database',
    text: 'PostgreSQL, while it is in use: a first copy, then its change stream, and a cutover of seconds. The way back stays open.',
  },
  storage: {
    title: 'Object storage',
    text: 'Buckets of any S3 service, or file trees: copied, kept in step, and compared object by object.',
  },
  choose: 'Begin',
  viewer: 'Your role here lets you watch migrations. To begin one, ask an owner of the workspace to make you an operator.',
  sampleTitle: 'See one first',
  sampleText:
    'The sample moves a small file tree into a bucket on this machine, with everything that a real migration has: copy, cutover, proof, report.',
  sampleOpen: 'Open the sample',
  sampleMissing: 'It has not been run on this platform. Start it with npm start -- --sample.',
};
